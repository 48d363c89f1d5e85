"""Run attacks behind one checked door: budget, 8 bits, seed, stop, norms, both verdicts."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.detector import Detector
from ..detectors.inference_queue import long_work
from ..detectors.networks.preserve import preserve_state
from ..media.images import decode_png, encode_png, psnr, to_array, to_tensor, to_uint8
from ..types import LABELS, Array, AttackResult, InputError, Settings, StopRequested, Verdict, content_id
from .base import ATTACKS, AttackEntry, EvadedDetector, budget
from .engine.attack_run import AttackRun
from .engine.callbacks import AttackCallbacks
from .engine.checks import already_confident, check_batch, check_classes, check_crop, notes
from .engine.counted_model import Finished
from .engine.goal import Goal
from .engine.logits import per_image
from .engine.precision import bf16_is_faster
from .engine.quantisation import scale_until_adversarial

Saved = tuple[Array, bytes, Verdict]  # the image, its PNG, and the verdict on that PNG, re-opened


def perturb(
    model: nn.Module,
    clean: Tensor,
    name: str,
    settings: Settings | None = None,
    *,
    target: str = "real",
    seed: int = 0,
    stop_confidence: float | None = None,
    detector_to_evade: EvadedDetector | None = None,
    bf16: bool | None = None,
) -> Tensor:
    """Attack a whole batch, within budget and in 8 bits, for trainers and sweeps.

    Random numbers are drawn once for all images, so that an image's result is the same in any batch. Whatever happens,
    the model is afterwards as it was before; the global random state is never touched.

    Args:
        model: (N, 3, H, W) in [0, 1] to logits (N, 2) [real, fake].
        clean: images (N, 3, H, W) in [0, 1].
        name: of the attack.
        settings: of the attack, over its defaults.
        target: label wanted.
        seed: of all random numbers.
        stop_confidence: in (0, 1]; images predicted the target with this score leave the batch; None: none does.
        detector_to_evade: for attacks that need one.
        bf16: gradients in bfloat16, for attacks that follow their sign; None where that is faster. Verdicts never are.
    """
    entry = ATTACKS[name]
    given = entry.settings(settings)
    goal = _goal(entry, given, clean, target, stop_confidence)
    run = AttackRun(goal, model, AttackCallbacks(), seed=seed, bf16=_bf16(entry, model, bf16))
    return _attack(entry, given, run, detector_to_evade)


def perturb_classes(
    model: nn.Module,
    clean: Tensor,
    labels: Tensor,
    name: str,
    settings: Settings | None = None,
    *,
    classes: int,
    seed: int = 0,
    eight_bit: bool = False,
) -> Tensor:
    """Attack a batch so that a classifier takes no image for its label.

    As `perturb`, with the same attacks, away from labels and not towards one: in floating point as the papers' own
    libraries do, or in 8 bits. Gradients are never in bfloat16.

    Args:
        model: (N, C, H, W) in [0, 1] to logits (N, classes).
        clean: images (N, C, H, W) in [0, 1], of one channel or three.
        labels: (N,) in 0 to classes - 1, that are to be lost.
        name: of the attack.
        settings: of the attack, over its defaults.
        classes: of the classifier, 2 or more.
        seed: of all random numbers.
        eight_bit: whether images are multiples of 1/255.
    """
    entry = ATTACKS[name]
    given = entry.settings(settings)
    if entry.facts.detectors_only:
        raise InputError(f"{name} attacks deepfake detectors only; it knows no other classifier")
    check_classes(clean, labels, classes)
    goal = Goal(
        clean,
        ~labels,
        entry.facts.norm,
        budget(entry, given),
        entry.facts.minimum_norm,
        classes=classes,
        eight_bit=eight_bit,
    )
    return _attack(entry, given, AttackRun(goal, model, AttackCallbacks(), seed=seed), None)


@long_work()
def run(
    name: str,
    detector: Detector,
    crop: Array,
    settings: Settings | None = None,
    *,
    target: str = "real",
    seed: int = 0,
    callbacks: AttackCallbacks | None = None,
    detector_to_evade: EvadedDetector | None = None,
    bf16: bool | None = None,
) -> AttackResult:
    """Attack one crop so that `detector` predicts `target`, and judge the saved PNG.

    A stop keeps the best image so far. Verdicts of others come between its steps.

    Args:
        name: of the attack.
        detector: deepfake detector attacked.
        crop: face (H, W, 3), uint8 or in [0, 1].
        settings: of the attack, over its defaults.
        target: label wanted.
        seed: of all random numbers.
        callbacks: who follows the attack, and what ends it.
        detector_to_evade: for attacks that need one.
        bf16: gradients in bfloat16; None where that is faster.

    Raises:
        InputError: an unknown attack, a setting out of its range, an image that is none, a detector without two logits,
            or no `detector_to_evade` where the attack needs one.
    """
    entry, callbacks = ATTACKS[name], callbacks or AttackCallbacks()
    given = entry.settings(settings)
    check_crop(crop)
    pixels = to_uint8(crop)
    goal = _goal(entry, given, to_tensor(pixels), target, callbacks.stop_confidence)
    begun = time.perf_counter()
    before = detector.verdict(pixels)
    attack = AttackRun(
        goal, detector.model, callbacks, seed=seed, p_fake=detector.p_fake, bf16=_bf16(entry, detector.model, bf16)
    )
    changed = goal.clean
    if goal.size > 0 and not already_confident(before, target, goal.stop_confidence):
        with detector.lock.long_turn():
            changed = _attack(entry, given, attack, detector_to_evade)
    saved = _best_saved(changed, attack, detector)
    seconds = time.perf_counter() - begun - attack.trajectory.seconds
    return _result(attack, before, saved, attack=name, settings=given, seed=seed, seconds=seconds)


def _result(run: AttackRun, before: Verdict, saved: Saved, **told: Any) -> AttackResult:
    """Measure what an attack left; `told` are fields that it was started with."""
    image, png, after = saved
    clean = to_array(run.goal.clean)
    change = image.astype(np.float64) - clean
    return AttackResult(
        **told,
        id=content_id(png),
        image=image,
        png=png,
        before=before,
        after=after,
        linf=float(np.abs(change).max()),
        l2=float(np.sqrt((change**2).sum())),
        psnr=psnr(clean, image),
        l0=int((change != 0).any(2).sum()),
        queries=int(run.model.forwards[0]),
        backwards=int(run.model.backwards[0]),
        trajectory=tuple(run.trajectory.p_fake),
        detector_trajectory=tuple(run.trajectory.p_attacked),
        stopped=run.stopped,
        notes=notes(run, before, after),
    )


def _goal(entry: AttackEntry, given: Settings, clean: Tensor, target: str, stop_confidence: float | None) -> Goal:
    """Check what an attack is asked for, and hold it."""
    check_batch(clean, target, stop_confidence)
    y = torch.full((len(clean),), LABELS.index(target), dtype=torch.long)
    minimum_norm = entry.facts.minimum_norm
    return Goal(clean, y, entry.facts.norm, budget(entry, given), minimum_norm, stop_confidence)


def _bf16(entry: AttackEntry, model: nn.Module, wanted: bool | None) -> bool:
    """Decide whether gradients are taken in bfloat16: only by attacks along their sign."""
    return entry.facts.bf16 and (bf16_is_faster(model) if wanted is None else wanted)


def _attack(
    entry: AttackEntry,
    given: dict[str, Any],
    run: AttackRun,
    detector_to_evade: EvadedDetector | None,
) -> Tensor:
    """Run the registered function; return the images within budget, as the goal has them."""
    needed, kept, clean = _needed(entry, detector_to_evade), run.candidates, run.goal.clean
    with preserve_state(run.network):
        try:
            changed = entry.function(run, clean, run.goal.y, **given, **needed).detach()
        except Finished:
            changed = kept.best
        except StopRequested:
            changed, run.stopped = kept.best, True
        if changed.shape != clean.shape:
            raise ValueError(f"{entry.name} returned {tuple(changed.shape)} for {tuple(clean.shape)}")
        run.trajectory.judge_snapshots()
        changed = torch.where(per_image(run.model.active), changed, kept.best)
        if run.goal.minimum_norm and run.goal.eight_bit:
            return scale_until_adversarial(run, torch.where(per_image(kept.adversarial), changed, kept.best))
        if run.goal.minimum_norm:
            changed = torch.where(per_image(kept.adversarial), kept.best, changed)
    return run.goal.project(changed)


def _needed(entry: AttackEntry, detector_to_evade: EvadedDetector | None) -> dict[str, Any]:
    """Return what the attack needs beside its settings, or refuse to run without it."""
    if not entry.facts.needs:
        return {}
    if detector_to_evade is None:
        raise InputError(f"{entry.name} needs the attack detector that it has to evade; none was handed over")
    return {"detector_to_evade": detector_to_evade}


def _best_saved(changed: Tensor, run: AttackRun, detector: Detector) -> Saved:
    """Save the attacked image, or the best one seen where the last fails."""
    try:
        saved = _saved(changed, detector)
    except InputError:  # the detector's answer to what came out is no number: the face is given back as it was
        run.model.finite, saved = False, _saved(run.goal.clean, detector)
    if saved[2].label != run.goal.target and bool(run.candidates.adversarial[0]):
        other = _saved(run.goal.project(run.candidates.best), detector)
        if other[2].label == run.goal.target:
            return other
    return saved


def _saved(changed: Tensor, detector: Detector) -> Saved:
    """Write an image (1, 3, H, W) as PNG and judge what is read back."""
    image = to_array(changed)
    png = encode_png(image)
    return image, png, detector.verdict(decode_png(png))
