"""Look for three signs that a detector hides its gradient.

Source: Athalye et al. 2018, arXiv:1802.00420, section 3.1; Carlini et al. 2019, arXiv:1902.06705, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...detectors.detector import Detector
from ...detectors.inference_queue import long_work
from ...media.images import to_uint8
from ...metrics.intervals import newcombe
from ...progress import NO_PROGRESS, Progress
from ...types import Array, AttackResult, InputError, Settings
from ...types.attack_metrics import Finding
from ..base import ATTACKS
from ..door import run
from ..engine.callbacks import AttackCallbacks
from .epsilon_sweep import can_be_swept
from .masking_signs import black_beats_white, larger_is_weaker, loss_stands_still

BLACK_BOX = "square"
FACTORS = (0.25, 0.5, 1.0, 2.0)  # of the epsilon asked for
STOP_CONFIDENCE = 0.6  # surer than just adversarial: the score has to be seen moving, the 8-bit image has to hold
Rows = dict[tuple[str, float], list[AttackResult]]


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """Hold what was found on `faces` faces predicted fake.

    By a white-box `attack` at `eps`, and by Square beside it.
    """

    attack: str
    eps: float
    faces: int
    findings: tuple[Finding, ...]
    stopped: bool = False


def can_be_checked(name: str) -> bool:
    """Tell whether an attack is white-box and bounded by an L-inf epsilon."""
    facts = ATTACKS[name].facts
    alone = name != "autoattack2"  # it holds Square: a black box could not beat it
    return bool(facts.access == "white" and can_be_swept(name) and alone and not facts.minimum_norm)


def check_attack(attack: str, given: Settings) -> None:
    """Refuse an attack that cannot be checked with, or an epsilon of 0."""
    if not can_be_checked(attack):
        raise InputError(f"the check needs an attack that sees the gradient within an L-inf epsilon; {attack} is none")
    if not float(given["eps"]) > 0:
        raise InputError("the check needs an epsilon above 0")


@long_work()
def gradient_check(
    detector: Detector,
    crops: Sequence[Array],
    attack: str = "pgd",
    settings: Settings | None = None,
    *,
    queries: int = 300,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> GradientCheck:
    """Attack faces predicted fake at four epsilons, and by Square; look for three signs.

    Args:
        detector: deepfake detector checked.
        crops: faces (H, W, 3) uint8.
        attack: one for which `can_be_checked`; its eps above 0.
        settings: of the attack.
        queries: of Square, a face.
        seed: of all random numbers.
        progress: told the attacks done, and by which; handed a sentence after each attack on all faces. A stop, at any
            step of an attack, keeps the attacks that all faces were put under.

    Raises:
        InputError: no face is called fake, the attack cannot be checked, or its epsilon is 0.
    """
    given = ATTACKS[attack].settings(settings)
    check_attack(attack, given)
    fake = [crop for crop in map(to_uint8, crops) if detector.verdict(crop).label == "fake"]
    if not fake:
        raise InputError(
            "“manipulated” is the larger output for no face, so there is none to attack: the check says nothing"
        )
    eps, most = float(given["eps"]), float(next(p.high or 1.0 for p in ATTACKS[attack].params if p.name == "eps"))
    asked = [(attack, size, {**given, "eps": size}) for size in sorted({min(eps * f, most) for f in FACTORS})]
    asked.append((BLACK_BOX, eps, ATTACKS[BLACK_BOX].settings({"eps": eps, "queries": queries})))
    rows, stopped = _attacked(detector, fake, asked, seed, progress)
    findings = (_loss_moves(attack, rows), _larger_is_stronger(attack, rows), _gradient_helps(attack, eps, rows))
    return GradientCheck(attack, eps, len(fake), tuple(f for f in findings if f), stopped)


def _attacked(
    detector: Detector,
    fake: list[Array],
    asked: Sequence[tuple[str, float, Settings]],
    seed: int,
    progress: Progress,
) -> tuple[Rows, bool]:
    """Put all faces under each attack; drop an attack that was stopped half-way."""
    rows: Rows = {}
    total = len(asked) * len(fake)
    callbacks = AttackCallbacks(progress.quiet(), stop_confidence=STOP_CONFIDENCE)
    for name, size, settings in asked:
        found: list[AttackResult] = []
        title = f"{ATTACKS[name].title} at {size * 255:g}/255"
        for crop in fake:
            result = run(name, detector, crop, settings, seed=seed, callbacks=callbacks)
            if result.stopped:
                return rows, True
            found.append(result)
            progress.tell(len(rows) * len(fake) + len(found), total, f"{title}, attacks")
        rows[name, size] = found
        progress.emit(f"{title}: {len(fake)} faces")
    return rows, False


def _loss_moves(attack: str, rows: Rows) -> Finding | None:
    """Look whether the score moves under an attack of several steps."""
    results = [result for (name, _), found in rows.items() for result in found if name == attack]
    asked = [result for result in results if len(result.trajectory) > 1]
    title, sign = ATTACKS[attack].title, "Loss does not move"
    if not results:
        return None
    if not asked:
        said = f"{title} asks once only, so nothing is known of how the score moves: an attack of several steps tells."
        return Finding(sign, False, said, possible=False)
    still = sum(loss_stands_still(result) is not None for result in asked)
    moved = [float(np.ptp(result.trajectory)) for result in asked]
    said = (
        f"{title}: the score of “manipulated” moved by {np.median(moved):.3f} (median; {min(moved):.3f} to "
        f"{max(moved):.3f}) in {len(asked)} attacks of several steps"
    )
    return Finding(sign, still > 0, f"{said}; in {still} it did not move at all" if still else said)


def _larger_is_stronger(attack: str, rows: Rows) -> Finding | None:
    """Look whether a larger epsilon flips at least as many."""
    points = sorted((size, _flipped(found), len(found)) for (name, size), found in rows.items() if name == attack)
    if len(points) < 2:
        return None
    faces = points[0][2]
    listed = ", ".join(f"{k} of {n} at {size * 255:g}/255" for size, k, n in points)
    warning = larger_is_weaker(attack, points)
    said = f"{ATTACKS[attack].title} flipped {listed}"
    return Finding("Larger epsilon is weaker", warning is not None, said, _possible(faces))


def _gradient_helps(attack: str, eps: float, rows: Rows) -> Finding | None:
    """Look whether seeing the gradient flips at least as many as not seeing it."""
    white, black = rows.get((attack, eps)), rows.get((BLACK_BOX, eps))
    if not white or not black:
        return None
    warning = black_beats_white(
        {name: (_flipped(found), len(found)) for name, found in ((attack, white), (BLACK_BOX, black))}
    )
    said = (
        f"At {eps * 255:g}/255 {ATTACKS[attack].title}, which sees the gradient, flipped {_flipped(white)} of "
        f"{len(white)}; {ATTACKS[BLACK_BOX].title}, which sees scores only, {_flipped(black)} of {len(black)} "
        f"(at most {black[0].settings['queries']} queries each)"
    )
    return Finding("Black box beats white box", warning is not None, said, _possible(len(white)))


def _flipped(found: Sequence[AttackResult]) -> int:
    return sum(result.success for result in found)


def _possible(faces: int) -> bool:
    """Tell whether all against none of so many faces would be beyond chance (95 %)."""
    return newcombe((faces, 0), (faces, faces))[0] > 0


def fewest() -> int:
    """Return how many faces it takes for all against none to be beyond chance."""
    return next(n for n in range(1, 100) if _possible(n))
