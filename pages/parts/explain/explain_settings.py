"""Hold what the page Explain was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.explain import quick
from core.registry import Value
from core.types import Target


@dataclass(slots=True)
class PrintSettings:
    """Hold the settings of the figure for print.

    methods: those in the figure, None for all that are shown; faces: its rows, by the ids of faces and attacks,
    None for the face in focus; names: of the rows by those ids, where not the usual ones; kind: "one" or "two"
    columns, or "own" for `width` mm; transposed: None for the way round that is less high; metric: the quality
    metric under each map, "own" for its first, "none", or a name.
    """

    methods: tuple[str, ...] | None = None
    faces: tuple[str, ...] | None = None
    names: dict[str, str] = field(default_factory=dict)
    kind: str = "two"
    width: float = 120.0
    transposed: bool | None = None
    difference: bool = True
    shared: bool = True
    strength: float = 1.0
    verdicts: bool = True
    metric: str = "own"
    font: str = "serif"
    points: float = 7.0
    dpi: int = 300


@dataclass(slots=True)
class MapSettings:
    """Hold the maps to make, their settings, and how they are shown.

    At first those that are not slow.
    methods: their names; values: the settings of each; target: the explained output; seed: of what they sample; shared:
        one colour scale a method; strength: of the overlay, [0, 1]; across: maps side by side; layout: "rows",
        "columns" or "paper"; measure: of similarity; share: of the pixels that are called critical, (0, 1]; samples: of
        the critical pixels' SHAP values; tab: the open one; filled: those that were open since the page was;
        one: the map that is shown large.
    """

    methods: tuple[str, ...] = field(default_factory=quick)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    target: Target = "margin"
    seed: int = 0
    shared: bool = True
    strength: float = 0.7
    across: int = 5
    layout: str = "rows"
    tab: str | None = None
    filled: tuple[str, ...] = ()
    one: str | None = None
    measure: str = "ssim"
    share: float = 0.05
    samples: int = 24
    print: PrintSettings = field(default_factory=PrintSettings)
