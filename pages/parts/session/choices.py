"""Settings of the pages, kept while a page is left."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from core.explain import quick
from core.media.write import CRF, QUALITY
from core.registry import Value
from core.types import (
    Target,
)


@dataclass(slots=True)
class AttackChoice:
    """The settings on the attack page, shared by one face and the whole file."""

    method: str = "pgd"
    values: dict[str, Value] = field(default_factory=dict)
    seed: int = 0
    factor: int = 8
    stop_at: float | None = None  # the score of "real" at which an attack ends; None: none ends early
    asks: str = "some"  # how often the attack detector is asked while an attack runs: "none", "some", "each" step
    tab: str | None = None


@dataclass(slots=True)
class WholeChoice:
    """What is attacked of a file, and how it is written."""

    frames: int | None = 16  # of a video; None: all
    lossy: bool = True
    crf: int = CRF
    quality: int = QUALITY
    shown: int | None = None  # the frame that is looked at


@dataclass(slots=True)
class SweepChoice:
    """The settings of a sweep."""

    attacks: tuple[str, ...] = ("fgsm", "pgd", "noise")
    epsilons: str = "0, 1, 2, 4, 8, 16"
    which: str = "fake"  # faces called fake, or "all"
    most: int = 8
    steps: int = 20
    queries: int = 300
    seed: int = 0


@dataclass(slots=True)
class PaperChoice:
    """The settings of the figure for print; `methods` None means all that are shown."""

    methods: tuple[str, ...] | None = None
    faces: tuple[str, ...] | None = None  # the rows, by the ids of faces and attacks; None: the one in focus
    names: dict[str, str] = field(default_factory=dict)  # by those ids, where not the usual one
    kind: str = "two"  # one column, two columns, or "own": `width` millimetres
    width: float = 120.0
    transposed: bool = False
    difference: bool = True
    shared: bool = True
    strength: float = 1.0
    verdicts: bool = True
    honesty: str = "own"  # which figure stands under each map: its own, "none", or one by its name
    font: str = "serif"
    points: float = 7.0
    dpi: int = 300


@dataclass(slots=True)
class MapChoice:
    """The settings on the explain page; `methods` at first those that are not slow."""

    methods: tuple[str, ...] = field(default_factory=quick)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    target: Target = "margin"
    seed: int = 0
    shared: bool = True
    strength: float = 0.7
    across: int = 5  # maps side by side
    layout: str = "rows"  # or "columns", or "paper"
    tab: str | None = None
    measure: str = "ssim"  # of similarity
    share: float = 0.05  # of the pixels that are called critical
    samples: int = 24  # of the critical pixels' SHAP values
    paper: PaperChoice = field(default_factory=PaperChoice)


Choice: TypeAlias = "AttackChoice | WholeChoice | SweepChoice | MapChoice | PaperChoice"


def changed(choice: Choice, **values: Any) -> bool:
    """Set fields of a page's settings; whether anything was new."""
    known = {f.name for f in fields(choice)}
    new = {name: value for name, value in values.items() if name in known and getattr(choice, name) != value}
    for name, value in new.items():
        setattr(choice, name, value)
    return bool(new)
