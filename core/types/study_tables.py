"""Hold a table or figure of a study, measured here and in the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .arrays import Array, check
from .recorded_fields import UNRECORDED

StudyCell = str | int | float | None
StudyRow = tuple[StudyCell, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StudyPanel:
    """Hold a picture of a figure with its map.

    name: over it; lines: under it; image: (H, W, 3) uint8; map: (H, W) float32; method: what the map is; signed:
    whether it has both signs. Panels of one name show one image by several methods.
    """

    name: str
    lines: tuple[str, ...]
    image: Array
    map: Array
    method: str = "LRP"
    signed: bool = True

    def __post_init__(self) -> None:
        fine = self.image.ndim == 3 and self.image.dtype == np.uint8 and self.image.shape[2] == 3
        check(fine, "a panel's image is (H, W, 3) uint8", f"{self.image.shape} {self.image.dtype}")
        check(self.map.shape == self.image.shape[:2], "a panel's map is as large as its image", str(self.map.shape))


def panels_by_method(panels: Sequence[StudyPanel]) -> dict[str, list[StudyPanel]]:
    """Sort panels by method, each list in the order of the images."""
    groups: dict[str, list[StudyPanel]] = {}
    for panel in panels:
        groups.setdefault(panel.method, []).append(panel)
    return groups


@dataclass(frozen=True, slots=True, eq=False)
class StudyTable:
    """Hold one table of a study, which may be what a figure draws.

    study: its name; table: which one, as "table 3" or "figure 5".
    columns: names, one a cell of each row.
    rows: as measured here.
    paper: the same rows as printed in the paper; None where it prints no numbers; a cell is None where it has none.
    settings: of everything that was computed.
    n: how many examples were measured.
    paper_n: of how many the paper's counts are; None where it prints none.
    panels: the pictures that the table is of; None where it is of none. They go into no record.
    title: what the table shows.
    conclusion: what was found, in a sentence.
    notes: what has to be known beside the numbers, one sentence each.
    """

    study: str
    table: str
    columns: tuple[str, ...]
    rows: tuple[StudyRow, ...]
    paper: tuple[StudyRow, ...] | None
    settings: Mapping[str, StudyCell]
    n: int
    title: str
    conclusion: str
    notes: tuple[str, ...] = ()
    paper_n: int | None = None
    panels: tuple[StudyPanel, ...] | None = field(default=None, metadata=UNRECORDED)

    def __post_init__(self) -> None:
        for row in (*self.rows, *(self.paper or ())):
            check(len(row) == len(self.columns), f"a row of a study has {len(self.columns)} cells", str(len(row)))
        check(self.n >= 0, "a study counts its examples", str(self.n))
