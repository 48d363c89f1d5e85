"""Attribution maps and their quality metrics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, Settings, Target, check


@dataclass(frozen=True, slots=True, eq=False)
class QualityMetric:
    """One figure of what a map is worth here: `better` is "lower", "higher", "near one" or "" for a plain fact.

    `degenerate`: why the figure means nothing here (a constant map, a gradient of zero); None when it does.
    """

    name: str
    value: float
    better: str
    meaning: str
    degenerate: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """A map of one face: `map` (H, W) float32, signed and unnormalised, of the crop the verdict saw; `of` is its id."""

    method: str
    settings: Settings
    target: Target
    of: str
    map: Array
    signed: bool
    quality: tuple[QualityMetric, ...]
    seconds: float

    def __post_init__(self) -> None:
        check(self.map.ndim == 2 and self.map.dtype == np.float32, "a map is (H, W) float32", self.map.dtype)
        check(bool(np.isfinite(self.map).all()), "a map is finite everywhere", "not finite")
