"""Make Arif's case 3: how attacks change the penultimate layer."""

from __future__ import annotations

import numpy as np

from ..types import Array
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from .attacked_digits import ATTACKS_OF_ARIF
from .digit_signatures import EPSILON
from .study_figures import QUANTILES, UNIT_COLUMNS
from .unit_changes import UnitChanges, corrected, unit_changes

LEVEL = 0.05


def units_table(units: Array, settings: dict[str, StudyCell]) -> StudyTable:
    """Rank units by their change under each attack, and test all.

    units: (1 + attacks, n, U), clean first.
    """
    clean, n = units[0], units.shape[1]
    changes = [unit_changes(clean, one) for one in units[1:]]
    p = corrected(changes)
    rows: list[StudyRow] = []
    for attack, one, own, values in zip(ATTACKS_OF_ARIF, changes, p, units[1:], strict=True):
        rows += [_row(attack.title, unit, one, own, clean, values) for unit in np.argsort(-np.abs(one.effect))]
    count = {one.title: int((own < LEVEL).sum()) for one, own in zip(ATTACKS_OF_ARIF, p, strict=True)}
    strongest, every = max(rows, key=lambda row: abs(float(row[4] or 0))), units.shape[2]
    said = ", ".join(f"{number} under {name}" for name, number in count.items())
    size = [np.linalg.norm(one - clean, axis=1).mean() for one in units[1:]]
    return StudyTable(
        "arif",
        "case 3",
        UNIT_COLUMNS,
        tuple(rows),
        None,
        {**settings, "epsilon": EPSILON, "test": "Wilcoxon signed-rank, paired", "correction": f"Holm, {every} x 4"},
        n,
        "Penultimate units that change most under attack",
        f"Of {every} units these change with p below {LEVEL} after correction: {said}. Unit {strongest[1]} changes "
        f"most, under {strongest[0]}: by {float(strongest[4] or 0):+.1f} standard deviations of its change.",
        (
            f"Every unit is tested under every attack, the same {n} digits clean and attacked, and p is corrected for "
            f"all {4 * every} tests. With so many digits small changes count as sure: read the size of the change.",
            "The paper names this case without a number. A digit's activations move on average by "
            + ", ".join(f"{value:.1f} ({one.title})" for one, value in zip(ATTACKS_OF_ARIF, size, strict=True))
            + f"; a clean digit's activations have a length of {np.linalg.norm(clean, axis=1).mean():.1f}.",
        ),
    )


def _row(attack: str, unit: int, change: UnitChanges, p: Array, clean: Array, values: Array) -> StudyRow:
    before, after = (np.percentile(one[:, unit], QUANTILES) for one in (clean, values))
    means = (round(float(one[:, unit].mean()), 4) for one in (clean, values))
    sure = (round(float(change.effect[unit]), 4), float(change.p[unit]), float(p[unit]))
    return (attack, int(unit), *means, *sure, *(round(float(value), 4) for value in (*before, *after)))
