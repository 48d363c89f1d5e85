"""Hold attribution maps and their quality metrics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array, Settings, Target, check


@dataclass(frozen=True, slots=True, eq=False)
class QualityMetric:
    """Hold one quality metric of an attribution map.

    better: "lower", "higher", "near one", or "" for a plain fact.
    meaning: one sentence for people.
    degenerate: why the value means nothing here (a constant map, a zero gradient); None when it does.
    """

    name: str
    value: float
    better: str
    meaning: str
    degenerate: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Hold the attribution map of one face crop.

    target: the explained output.
    of: content id of the crop that was explained.
    map: (H, W) float32, unnormalised; signed where `signed`.
    quality: its metrics; empty when they were not asked for.
    """

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

    def metrics(self) -> MapMetrics:
        """Return all but the map's values."""
        return MapMetrics(self.method, self.settings, self.target, self.quality, self.seconds)


@dataclass(frozen=True, slots=True)
class MapMetrics:
    """Hold what an `Attribution` says of its map, without the map's values."""

    method: str
    settings: Settings
    target: Target
    quality: tuple[QualityMetric, ...]
    seconds: float
