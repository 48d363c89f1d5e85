"""Refuse what cannot be attacked, and write the notes beside a result."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...types import LABELS, Array, InputError, Verdict
from ...types.verdicts import OUTPUTS
from .attack_run import AttackRun

UNDECIDED = 1e-6
ROUNDED = 0.01  # of a score: what rounding to 8 bits may take away


def check_batch(clean: Tensor, target: str, stop_confidence: float | None) -> None:
    """Refuse an unknown target, a stop confidence outside (0, 1], and bad images."""
    if target not in LABELS:
        raise InputError(f"the target of an attack is one of {', '.join(LABELS)}; what came is {target!r}")
    if stop_confidence is not None and not 0 < stop_confidence <= 1:
        raise InputError(f"the score to stop at lies above 0 and up to 1; what came is {stop_confidence}")
    if clean.ndim != 4 or clean.shape[1] != 3 or not clean.numel():
        raise InputError(f"an attack takes images (N, 3, H, W); what came is {tuple(clean.shape)}")
    low, high = float(clean.min()), float(clean.max())
    if not (low >= 0 and high <= 1):  # also where a value is not a number
        raise InputError(f"the images of an attack lie in [0, 1]; what came lies in [{low:.3g}, {high:.3g}]")


def check_classes(clean: Tensor, labels: Tensor, classes: int) -> None:
    """Refuse labels that are none of the classes, and bad images."""
    if classes < 2:
        raise InputError(f"a classifier has two classes or more; what came is {classes}")
    if clean.ndim != 4 or clean.shape[1] not in (1, 3) or not clean.numel():
        raise InputError(f"an attack takes images (N, 1 or 3, H, W); what came is {tuple(clean.shape)}")
    low, high = float(clean.min()), float(clean.max())
    if not (low >= 0 and high <= 1):  # also where a value is not a number
        raise InputError(f"the images of an attack lie in [0, 1]; what came lies in [{low:.3g}, {high:.3g}]")
    if labels.shape != clean.shape[:1] or labels.dtype != torch.long:
        raise InputError(f"an attack takes a whole number as each image's label; what came is {tuple(labels.shape)}")
    if not (int(labels.min()) >= 0 and int(labels.max()) < classes):
        raise InputError(
            f"labels lie in 0 to {classes - 1}; what came lies in {int(labels.min())} to {int(labels.max())}"
        )


def check_crop(crop: Array) -> None:
    """Refuse what is no face (H, W, 3), uint8 or in [0, 1]."""
    if crop.ndim != 3 or crop.shape[2] != 3 or not crop.size:
        raise InputError(f"an attack takes a face (H, W, 3); what came is {crop.shape}")
    if crop.dtype != np.uint8 and not (float(crop.min()) >= 0 and float(crop.max()) <= 1):
        raise InputError(
            f"a face that is not uint8 lies in [0, 1]; what came lies in [{crop.min():.3g}, {crop.max():.3g}]"
        )


def target_score(verdict: Verdict, target: str) -> float:
    """Return a verdict's score of the target."""
    return verdict.p_fake if target == "fake" else 1 - verdict.p_fake


def already_confident(before: Verdict, target: str, stop_confidence: float | None) -> bool:
    """Tell whether the unattacked face is predicted the target with that score."""
    if stop_confidence is None or before.label != target:
        return False
    return target_score(before, target) >= stop_confidence


def notes(run: AttackRun, before: Verdict, after: Verdict) -> tuple[str, ...]:
    """Say what has to be said beside the numbers, one sentence each."""
    if run.goal.size == 0:
        return ("Epsilon is 0: the face comes back unchanged.",)
    found, model, target = [], run.model, run.goal.target
    if before.label == target:
        found.append(f"The larger output was “{OUTPUTS[target]}” before the attack: there was nothing to flip.")
    if abs(before.margin) < UNDECIDED:
        found.append("The detector was undecided about this face: its two logits are equal.")
    if not model.finite:
        found.append("The detector's logits were not finite during the attack: its result means nothing.")
    if before.label != target and int(model.backwards[0]) and not bool(model.has_gradient[0]):
        found.append("The gradient was zero at every step: a masked gradient? A black-box attack does not need one.")
    if run.stopped:
        found.append(f"Stopped after {int(model.forwards[0])} queries: this is the best image up to then.")
    asked, score = run.goal.stop_confidence, target_score(after, target)
    if asked is not None and before.label != target == after.label and score < asked - ROUNDED:
        found.append(f"Called {target} with a score of {score:.2f}; {asked:.2f} was asked for and not reached.")
    if bool(run.candidates.adversarial[0]) and after.label != target:
        found.append("The attack succeeded on the way, but not with an 8-bit image within the budget.")
    return tuple(found)
