"""Choose a video's frames."""

from __future__ import annotations

FRAMES = 16  # of a video that are judged where nothing else is asked for


def evenly_spaced(frames: int, count: int) -> tuple[int, ...]:
    """Return `count` evenly spaced indices of `frames`, each centred in its share.

    All indices when count >= frames; ascending, unique, deterministic; empty when either number is below 1.
    """
    if count >= frames:
        return tuple(range(frames))
    return tuple((2 * index + 1) * frames // (2 * count) for index in range(count))
