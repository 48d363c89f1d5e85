"""Hold maps of faces with their metrics, and how alike two maps are."""

from __future__ import annotations

from dataclasses import dataclass

from .explanations import Attribution, QualityMetric


@dataclass(frozen=True, slots=True)
class Similarity:
    """Hold the similarity of two maps; 1 for equal maps.

    ssim, rank: in [-1, 1] (rank: Spearman); top_k: in [0, 1].
    degenerate: why a metric that is None means nothing for these maps.
    """

    ssim: float | None
    rank: float | None
    top_k: float | None
    degenerate: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredMap:
    """Hold a map with all its metrics.

    face: "clean" or "attacked"; seed: of its samples; metrics: those that were measured later, too.
    """

    face: str
    attribution: Attribution
    seed: int
    metrics: tuple[QualityMetric, ...]
