"""Draw the bands of a verdict from 0 to 1 with the score marked."""

from __future__ import annotations

from .scale_bar import ScaleBar

# Light in both themes, with dark words: a theme that is switched live changes neither.
TINTS = ("#a6cde6", "#cfcfcf", "#f2bd9b")
WORDS = ("not manipulated", "inconclusive", "manipulated")


def band_scale(value: float, bands: tuple[float, float], *, interval: tuple[float, float] | None = None) -> ScaleBar:
    """Draw the three bands with a score in [0, 1].

    Args:
        value: the score.
        bands: the two thresholds.
        interval: of the score, drawn as a line.
    """
    low, high = bands
    ends = ((0.0, low), (low, high), (high, 1.0))
    return ScaleBar(
        tuple((*end, tint, word) for end, tint, word in zip(ends, TINTS, WORDS, strict=True)),
        ((0.0, "0"), (low, f"{low:.2f}"), (high, f"{high:.2f}"), (1.0, "1")),
        mark=value,
        line=None if interval is None else (max(0.0, interval[0]), min(1.0, interval[1])),
        hover=f"score {value:.3f}",
    )
