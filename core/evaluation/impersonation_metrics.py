"""Count successful impersonations: targeted, non-targeted, DHF, DHC, DHS and SIC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..metrics.intervals import Interval, bootstrap, wilson
from ..types import InputError

BETA, GAMMA = 0.9, 0.8  # Tariq et al. 2022, section 5.2
MIN_PEOPLE = 5  # people below which the bootstrap over people is too narrow: Wilson's interval, counting people
NAMES = ("TA", "NA", "DHF", "DHC", "DHS", "SIC")


@dataclass(frozen=True, slots=True)
class TargetPrediction:
    """Hold what the recogniser says of a target's real photo.

    person: the target.
    photo: name of the real photo; it is left out of the gallery while it is recognised.
    name, confidence: P_T, what the photo is recognised as; None where nobody is near enough.
    similarity: of the photo and the fake, in the recogniser's own scale.
    resemblance: what this similarity means, in [0, 1].
    """

    person: str
    photo: str
    name: str | None
    confidence: float | None
    similarity: float
    resemblance: float


@dataclass(frozen=True, slots=True)
class ImpersonationRow:
    """Hold a fake and what the recogniser says of it.

    fake: its name; kind: how it was made.
    predicted, confidence: P_D, what it is recognised as; None where nobody is near enough.
    targets: whom it shows: one person, or both of a blend.
    reference: whose head or movement it has, where known.
    similarity: of the fake and the nearest person, in the recogniser's own scale.
    """

    fake: str
    kind: str
    predicted: str | None
    confidence: float | None
    targets: tuple[TargetPrediction, ...]
    reference: str | None = None
    similarity: float | None = None

    def __post_init__(self) -> None:
        if not self.targets:
            raise InputError(f"{self.fake} shows no target: an impersonation is of somebody")

    @property
    def person(self) -> str:
        """Return the first target, by whom rows are grouped for intervals."""
        return self.targets[0].person

    @property
    def people(self) -> frozenset[str]:
        """Return everybody in the picture: its targets, and its reference where known."""
        return frozenset({target.person for target in self.targets} | ({self.reference} if self.reference else set()))

    def impersonates(self, target: TargetPrediction) -> bool:
        """Return whether fake and real photo are both recognised as the target.

        Source: Tariq et al. 2022, equation 3.
        """
        return self.predicted == target.person == target.name

    @property
    def targeted(self) -> bool:
        """Return the success of the targeted attack (equation 3)."""
        return any(map(self.impersonates, self.targets))

    @property
    def non_targeted(self) -> bool:
        """Return whether the fake is recognised as anybody (equation 4)."""
        return self.predicted is not None

    @property
    def high_fidelity(self) -> bool:
        """Return whether it is recognised with more confidence than the real photo (equation 5).

        A real photo that is not recognised has a confidence of 0; of two targets the more confident one counts.
        """
        real = max(one.confidence or 0.0 for one in self.targets)
        return self.predicted is not None and (self.confidence or 0.0) > real

    def high_confidence(self, beta: float = BETA) -> bool:
        """Return whether it is recognised with a confidence above `beta` (equation 6)."""
        return self.predicted is not None and (self.confidence or 0.0) > beta

    def high_similarity(self, gamma: float = GAMMA) -> bool:
        """Return whether it resembles the real photo by more than `gamma`, unrecognised (equation 7)."""
        return self.predicted is None and max(one.resemblance for one in self.targets) > gamma


@dataclass(frozen=True, slots=True)
class Rate:
    """Hold a share in [0, 1] with its 95 % interval by person.

    value: None where there is nothing to count.
    n: fakes or photos; people for SIC.
    """

    value: float | None
    interval: Interval | None
    n: int


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
