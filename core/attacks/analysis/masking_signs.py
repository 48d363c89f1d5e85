"""Read signs that a detector hides its gradient, rather than resists, off results.

Source: Athalye et al. 2018, arXiv:1802.00420, section 3.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from ...metrics.intervals import newcombe
from ...types import AttackResult
from ..base import ATTACKS

MAX_STILL = 1e-6  # of a score: less is no move


def _title(name: str) -> str:
    return ATTACKS[name].title


def _is_above(more: tuple[int, int], less: tuple[int, int]) -> bool:
    """Tell whether the first share (k, n) is above the second beyond chance (95 %)."""
    low, _ = newcombe((more[0], less[0]), (more[1], less[1]))
    return low > 0


def loss_stands_still(result: AttackResult) -> str | None:
    """Warn where a white-box attack asked several times and the score never moved."""
    if ATTACKS[result.attack].facts.access != "white" or result.backwards < 2 or len(result.trajectory) < 2:
        return None
    if np.ptp(result.trajectory) > MAX_STILL:
        return None
    return f"{_title(result.attack)}: the score did not move in {len(result.trajectory)} steps: a masked gradient?"


def black_beats_white(flipped: Mapping[str, tuple[int, int]]) -> str | None:
    """Warn where a black-box attack, which knows less, flips more; `flipped`: attack to (flipped, attacked).

    The attacks have to have had the same budget of the same norm; the best of each kind is compared.
    """
    best: dict[tuple[str, str], tuple[str, tuple[int, int]]] = {}
    for name, (k, n) in flipped.items():
        facts = ATTACKS[name].facts
        key = facts.norm, facts.access
        if n and (key not in best or k / n > best[key][1][0] / best[key][1][1]):
            best[key] = name, (k, n)
    for norm in {norm for norm, _ in best}:
        white, black = best.get((norm, "white")), best.get((norm, "black"))
        if white and black and _is_above(black[1], white[1]):
            return (
                f"{_title(black[0])}, a black-box attack, flipped {black[1][0]} of {black[1][1]} faces and "
                f"{_title(white[0])}, which sees the gradient, {white[1][0]} of {white[1][1]}: a masked gradient?"
            )
    return None


def larger_is_weaker(name: str, flipped: Sequence[tuple[float, int, int]]) -> str | None:
    """Warn where a larger budget flipped fewer; `flipped`: rows (epsilon, flipped, attacked) of one attack."""
    rows = sorted(flipped)
    for (small, k, n), (large, k_large, n_large) in pairwise(rows):
        if n and n_large and _is_above((k, n), (k_large, n_large)):
            return (
                f"{_title(name)} flipped {k} of {n} faces at {small * 255:g}/255 and only {k_large} of {n_large} at "
                f"{large * 255:g}/255: a masked gradient, or too few steps?"
            )
    return None
