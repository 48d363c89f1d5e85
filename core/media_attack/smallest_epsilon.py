"""Search the smallest epsilon at which an attack turns a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..attacks import ATTACKS
from ..detectors import Detector
from ..detectors.detector import INCONCLUSIVE
from ..pipeline import AttackCallbacks, attack
from ..progress import NO_PROGRESS, Progress
from ..types import Array, AttackResult, InputError, Settings
from ..types.arrays import check

LEVELS = (1, 2, 4, 8, 16)  # of epsilon, in 1/255
STEPS = 20


def attack_at_smallest_epsilon(
    detector: Detector,
    crop: Array,
    *,
    method: str = "pgd",
    settings: Settings | None = None,
    levels: Sequence[int] = LEVELS,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
    callbacks: AttackCallbacks | None = None,
) -> AttackResult:
    """Attack a crop with a growing epsilon until the verdict turns.

    A verdict that is merely no longer "fake", but inconclusive, has not turned; where no level turns it so far, the
    first one that changes the label counts, and else the last.

    Args:
        detector: the one that is attacked.
        crop: (H, W, 3) uint8.
        method: an attack that has an epsilon.
        settings: its other settings; where none are given, `STEPS` steps and else its defaults.
        levels: of epsilon in 1/255, from 1 to 64, tried in this order.
        seed: of what the attack samples.
        progress: told each level; a stop between two raises `StopRequested`, one within an attack keeps it.
        callbacks: follow each attack, but for its progress; None for nobody.
    """
    check(bool(levels) and all(1 <= level <= 64 for level in levels), "levels of epsilon are 1 to 64, in 1/255", levels)
    names = {param.name for param in ATTACKS[method].params}
    if "eps" not in names:
        raise InputError(f"{method} has no epsilon; a search for the smallest one wants an attack that has")
    given = dict(settings) if settings is not None else {"steps": STEPS} if "steps" in names else {}
    followed = replace(callbacks or AttackCallbacks(), progress=progress.quiet())
    flipped: AttackResult | None = None
    for number, level in enumerate(levels):
        progress.tell(number, len(levels), f"Trying {ATTACKS[method].title} at {level}/255, levels")
        progress.check_stop()
        result = attack(detector, crop, method, {**given, "eps": level / 255}, seed=seed, callbacks=followed)
        if flips_verdict(result) or result.stopped:
            return result
        flipped = flipped or (result if result.success else None)
    return flipped or result


def flips_verdict(result: AttackResult) -> bool:
    """Return whether the verdict's band went from one side to the other.

    Of an uncalibrated detector, which has no bands, whether its label did.
    """
    return result.success and result.after.band != INCONCLUSIVE
