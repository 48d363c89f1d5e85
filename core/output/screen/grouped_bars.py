"""Hold bars in groups with a line at each, drawn without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...types.arrays import check


@dataclass(frozen=True, slots=True, eq=False)
class GroupedBars:
    """Hold shares in [0, 1] by group.

    groups: their names; rows: a name to its colour and its share in each group, None where there is none; marks: the
    share at which each group's line stands; mark: what the lines are; about: what the bars are shares of.
    """

    groups: tuple[str, ...]
    rows: Mapping[str, tuple[str, tuple[float | None, ...]]]
    marks: tuple[float, ...]
    mark: str
    about: str

    def __post_init__(self) -> None:
        count = len(self.groups)
        lengths = [len(values) for _, values in self.rows.values()] + [len(self.marks)]
        check(lengths == [count] * len(lengths), f"{count} groups have {count} bars of each row and lines", lengths)
        shares = [share for share in self._shares() if not 0 <= share <= 1]
        check(not shares, "bars and lines are shares in [0, 1]", shares)

    def record(self) -> dict[str, Any]:
        """Return it as the browser reads it; the scale ends at a tenth."""
        return {
            "groups": list(self.groups),
            "rows": [
                {"name": name, "colour": colour, "values": list(row)} for name, (colour, row) in self.rows.items()
            ],
            "marks": list(self.marks),
            "mark": self.mark,
            "about": self.about,
            "end": max(1, math.ceil(max(self._shares(), default=0.0) * 10 - 1e-9)) / 10,
        }

    def _shares(self) -> list[float]:
        bars = [share for _, values in self.rows.values() for share in values if share is not None]
        return [*bars, *self.marks]
