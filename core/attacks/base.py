"""The registry of attacks and the checked door: budget, 8 bits, seed, course, stop, measured norms, both verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.base import Detector
from ..images import decode_png, encode_png, psnr, to_array, to_tensor, to_uint8
from ..registry import Param, Registry
from ..types import FAKE, LABELS, Array, AttackResult, InputError, Settings, StopRequested, content_id

Attack = Callable[..., Tensor]
ATTACKS: Registry[Attack] = Registry("attack")

EPS = Param(
    "eps", 16 / 255, low=0, high=64 / 255, unit="/255", scale=255, step=1,
    help="The largest change of a pixel's channel (L-inf), in steps of 1/255. Pinhasov et al. use 16/255.",
)  # fmt: skip


@dataclass(slots=True)
class AttackWatch:
    """What watches an attack: told p_fake at each query, asked at each query whether to stop."""

    on_query: Callable[[int, float], None] | None = None
    should_stop: Callable[[], bool] | None = None


@dataclass(slots=True)
class _Course:
    p_fake: list[float] = field(default_factory=list)
    best: Tensor | None = None
    best_margin: float = float("inf")
    finite: bool = True


class _Watched(nn.Module):
    """The detector as the attack sees it: counts queries, keeps the course and the best input so far, can stop."""

    def __init__(self, model: nn.Module, target: int, watch: AttackWatch) -> None:
        super().__init__()
        self.model, self.target, self.watch = model, target, watch
        self.course = _Course()

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.model(x)
        course = self.course
        values = logits.detach()[0]
        course.finite = course.finite and bool(torch.isfinite(values).all())
        margin = float(values[1 - self.target] - values[self.target])
        if margin < course.best_margin:
            course.best, course.best_margin = x.detach().clone(), margin
        course.p_fake.append(float(values.softmax(0)[FAKE]))
        if self.watch.on_query:
            self.watch.on_query(len(course.p_fake), course.p_fake[-1])
        if self.watch.should_stop and self.watch.should_stop():
            raise StopRequested
        return logits


def within(clean: Tensor, changed: Tensor, eps: float) -> Tensor:
    """`changed` brought into the L-inf ball of `eps` about `clean`, into [0, 1] and onto multiples of 1/255.

    `clean` holds multiples of 1/255; rounding goes towards it where nearest would leave the ball.
    """
    base, reach = (clean * 255).round(), int(np.floor(eps * 255 + 1e-6))
    whole = (changed * 255).round()
    return torch.minimum(torch.maximum(whole, base - reach), base + reach).clamp(0, 255) / 255


def perturb(
    model: nn.Module, clean: Tensor, name: str, settings: Settings | None = None, *, target: str = "real", seed: int = 0
) -> Tensor:
    """A whole batch (N, 3, H, W) in [0, 1] under an attack, held to its budget and to 8 bits: what trainers use.

    The model is in eval mode during the attack and as before after it, whatever happens; the global random state too.
    """
    entry = ATTACKS[name]
    given = entry.settings(settings)
    y = torch.full((len(clean),), LABELS.index(target), dtype=torch.long)
    training = model.training
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            model.eval()
            changed = entry.function(model, clean, y, **given)
        finally:
            model.train(training)
    if changed.shape != clean.shape:
        raise ValueError(f"{name} returned {tuple(changed.shape)} for {tuple(clean.shape)}")
    return within(clean, changed.detach(), float(given["eps"]))


def run(
    name: str,
    detector: Detector,
    crop: Array,
    settings: Settings | None = None,
    *,
    target: str = "real",
    seed: int = 0,
    watch: AttackWatch | None = None,
) -> AttackResult:
    """Attack one crop (H, W, 3) uint8 so that `detector` calls it `target`; the verdict is that of the saved PNG.

    A stop keeps the best picture so far. Raises `InputError` for an unknown attack or a setting out of its range.
    """
    entry = ATTACKS[name]
    given = entry.settings(settings)
    if target not in LABELS:
        raise InputError(f"the target of an attack is one of {', '.join(LABELS)}; what came is {target!r}")
    clean = to_tensor(to_uint8(crop))
    begun, stopped, notes = time.perf_counter(), False, []
    before = detector.verdict(to_uint8(crop))
    watched = _Watched(detector.model, LABELS.index(target), watch or AttackWatch())
    changed = clean
    if given["eps"] == 0:
        notes.append("Epsilon is 0: the face comes back unchanged.")
    else:
        with detector.lock:
            try:
                changed = perturb(watched, clean, name, given, target=target, seed=seed)
            except StopRequested:
                stopped = True
                best = watched.course.best
                changed = within(clean, clean if best is None else best, float(given["eps"]))
    if not watched.course.finite:
        notes.append("The detector's logits were not finite during the attack: its result means nothing.")
    if before.label == target:
        notes.append(f"The detector called this face {target} before the attack: there was nothing to turn.")
    image = to_array(changed)
    png = encode_png(image)
    after = detector.verdict(decode_png(png))
    change = image.astype(np.float64) - to_array(clean)
    return AttackResult(
        id=content_id(png), attack=name, settings=given, seed=seed, image=image, png=png, before=before, after=after,
        linf=float(np.abs(change).max()), l2=float(np.sqrt((change**2).sum())), psnr=psnr(to_array(clean), image),
        queries=len(watched.course.p_fake), seconds=time.perf_counter() - begun, course=tuple(watched.course.p_fake),
        stopped=stopped, notes=tuple(notes),
    )  # fmt: skip
