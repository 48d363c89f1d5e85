"""What the door of the attacks refuses, and what it says beside the figures."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from ...types import LABELS, Array, InputError, Verdict
from .counted_model import Oracle

UNDECIDED = 1e-6
ROUNDED = 0.01  # of a score: what rounding to 8 bits may take away


def there_already(before: Verdict, target: str, stop_at: float | None) -> bool:
    """Whether the face is called the target with the score to stop at before any attack."""
    score = before.p_fake if target == "fake" else 1 - before.p_fake
    return stop_at is not None and before.label == target and score >= stop_at


def check(clean: Tensor, target: str, stop_at: float | None) -> None:
    """Refuse an unknown target, a score to stop at outside (0, 1], and what is no batch of pictures in [0, 1]."""
    if target not in LABELS:
        raise InputError(f"the target of an attack is one of {', '.join(LABELS)}; what came is {target!r}")
    if stop_at is not None and not 0 < stop_at <= 1:
        raise InputError(f"the score to stop at lies above 0 and up to 1; what came is {stop_at}")
    if clean.ndim != 4 or clean.shape[1] != 3 or not clean.numel():
        raise InputError(f"an attack takes pictures (N, 3, H, W); what came is {tuple(clean.shape)}")
    low, high = float(clean.min()), float(clean.max())
    if not (low >= 0 and high <= 1):  # also where a value is not a number
        raise InputError(f"the pictures of an attack lie in [0, 1]; what came lies in [{low:.3g}, {high:.3g}]")


def check_crop(crop: Array) -> None:
    """Refuse what is no face (H, W, 3), uint8 or in [0, 1]."""
    if crop.ndim != 3 or crop.shape[2] != 3 or not crop.size:
        raise InputError(f"an attack takes a face (H, W, 3); what came is {crop.shape}")
    if crop.dtype != np.uint8 and not (float(crop.min()) >= 0 and float(crop.max()) <= 1):
        raise InputError(
            f"a face that is not uint8 lies in [0, 1]; what came lies in [{crop.min():.3g}, {crop.max():.3g}]"
        )


def notes(size: float, oracle: Oracle, before: Verdict, after: Verdict, target: str, stopped: bool) -> tuple[str, ...]:
    """What has to be said beside the figures, one sentence each."""
    if size == 0:
        return ("Epsilon is 0: the face comes back unchanged.",)
    said = []
    if before.label == target:
        said.append(f"The detector called this face {target} before the attack: there was nothing to turn.")
    if abs(before.margin) < UNDECIDED:
        said.append("The detector was undecided about this face: its two logits are equal.")
    if not oracle.finite:
        said.append("The detector's logits were not finite during the attack: its result means nothing.")
    if before.label != target and int(oracle.backwards[0]) and not bool(oracle.sloped[0]):
        said.append("The gradient was zero at every step: a masked gradient? A black-box attack does not need one.")
    if stopped:
        said.append(f"Stopped after {int(oracle.forwards[0])} queries: this is the best picture up to then.")
    asked, score = oracle.watch.stop_at, after.p_fake if target == "fake" else 1 - after.p_fake
    if asked is not None and before.label != target == after.label and score < asked - ROUNDED:
        said.append(f"Called {target} with a score of {score:.2f}; {asked:.2f} was asked for and not reached.")
    if bool(oracle.fooled[0]) and after.label != target:
        said.append("The detector was fooled during the attack, but not by the picture as 8 bits within the budget.")
    return tuple(said)
