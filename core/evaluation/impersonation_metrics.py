"""Count successful impersonations: targeted, non-targeted, DHF, DHC, DHS and SIC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..metrics.intervals import bootstrap, wilson
from ..types import InputError
from ..types.impersonation_result import BETA, GAMMA, ImpersonationRow, Rate

MIN_PEOPLE = 5  # people below which the bootstrap over people is too narrow: Wilson's interval, counting people
NAMES = ("TA", "NA", "DHF", "DHC", "DHS", "SIC")


def rate_by_person(values: Mapping[str, Sequence[bool]]) -> Rate:
    """Return the share of successes and its interval, people resampled whole.

    `values`: of each person. Below `MIN_PEOPLE`, or where all people are alike, Wilson's interval with people as the
    sample size.
    """
    groups = [np.asarray(one, np.float64) for one in values.values() if len(one)]
    count = sum(map(len, groups))
    if not count:
        return Rate(None, None, 0)
    share = float(np.concatenate(groups).mean())
    found = bootstrap(lambda x: float(x.mean()), groups) if len(groups) >= MIN_PEOPLE else None
    return Rate(share, found or wilson(share * len(groups), len(groups)), count)


def impersonation_metrics(
    rows: Sequence[ImpersonationRow], *, beta: float = BETA, gamma: float = GAMMA
) -> dict[str, Rate]:
    """Compute TA, NA, DHF, DHC, DHS (shares of fakes) and SIC (share of targets with a success).

    Args:
        rows: one a fake.
        beta: confidence in [0, 1] above which DHC counts.
        gamma: resemblance in [0, 1] above which DHS counts.

    Source: Tariq et al. 2022, equations 3 to 8.
    """
    if not (0 <= beta <= 1 and 0 <= gamma <= 1):
        raise InputError(f"beta and gamma lie between 0 and 1; what came is {beta:g} and {gamma:g}")
    tests: dict[str, Callable[[ImpersonationRow], bool]] = {
        "TA": lambda row: row.targeted,
        "NA": lambda row: row.non_targeted,
        "DHF": lambda row: row.high_fidelity,
        "DHC": lambda row: row.high_confidence(beta),
        "DHS": lambda row: row.high_similarity(gamma),
    }
    found = {name: rate_by_person(by_person(rows, test)) for name, test in tests.items()}
    return {**found, "SIC": rate_by_person({person: [hit] for person, hit in impersonated(rows).items()})}


def by_person(rows: Sequence[ImpersonationRow], test: Callable[[ImpersonationRow], bool]) -> dict[str, list[bool]]:
    """Group what a test says of each fake by its first target."""
    found: dict[str, list[bool]] = {}
    for row in rows:
        found.setdefault(row.person, []).append(test(row))
    return found


def impersonated(rows: Sequence[ImpersonationRow]) -> dict[str, bool]:
    """Say of each target whether any fake of it succeeds (equation 8)."""
    found: dict[str, bool] = {}
    for row in rows:
        for target in row.targets:
            found[target.person] = found.get(target.person, False) or row.impersonates(target)
    return found
