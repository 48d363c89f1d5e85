"""The registry of attacks and the checked door: budget, 8 bits, seed, course, stop, measured norms, both verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.detector import Detector
from ..detectors.networks.preserve import as_it_was
from ..media.images import decode_png, encode_png, psnr, to_array, to_tensor, to_uint8
from ..registry import Entry, Param, Registry
from ..types import LABELS, Array, AttackResult, InputError, Settings, StopRequested, Verdict, content_id
from .engine.checks import check, check_crop, notes, there_already
from .engine.counted_model import AttackWatch, Finished, Oracle
from .engine.precision import half_pays
from .engine.projection import held
from .engine.quantisation import stretched

# An attack takes the oracle, pictures x (N, 3, H, W) in [0, 1], the labels wanted y (N,) and its settings; it returns
# the changed pictures. Its facts: `norm` "Linf", "L2" or "L0", of the budget in the setting `budget` ("eps" unless
# told); `box` "white", "black" or "control"; `presets` of papers; `passes`, from settings to the most forward and
# backward passes of one picture; `least` where the smallest change is sought; `half` where only a gradient's sign is
# followed and bfloat16 will do; `needs`, what the door has to be handed.
Attack = Callable[..., Tensor]
ATTACKS: Registry[Attack] = Registry("attack")

EPS = Param(
    "eps",
    16 / 255,
    low=0,
    high=64 / 255,
    unit="/255",
    scale=255,
    step=1,
    help="The largest change of a pixel's channel (L-inf), in steps of 1/255. Pinhasov et al. use 16/255.",
)
EPS_L2 = Param(
    "eps",
    10.0,
    low=0,
    high=200,
    unit="of [0, 1]",
    step=0.5,
    help="The largest Euclidean length of the whole change, values in 0 to 1: longer ones are cut to it.",
)


@dataclass(frozen=True, slots=True)
class Watcher:
    """An attack detector as an attack needs it: `logits` is differentiable, from crops (N, 3, H, W) and raw maps
    (N, 1, H, W) to (N, 2) [unattacked, attacked]; `map` is the name of the map that it reads."""

    logits: Callable[[Tensor, Tensor], Tensor]
    map: str


Helpers = Mapping[str, Any]


def budget(entry: Entry[Attack], given: Settings) -> float:
    """The size of the budget: in units of [0, 1] for "Linf" and "L2", pixels for "L0"."""
    return float(given[entry.facts.get("budget", "eps")])


def perturb(
    model: nn.Module,
    clean: Tensor,
    name: str,
    settings: Settings | None = None,
    *,
    target: str = "real",
    seed: int = 0,
    stop_at: float | None = None,
    helpers: Helpers | None = None,
    half: bool | None = None,
) -> Tensor:
    """A whole batch (N, 3, H, W) in [0, 1] under an attack, held to its budget and to 8 bits: what trainers use.

    Random numbers are drawn once for all pictures, so that a picture's result is the same in any batch. `stop_at` in
    (0, 1]: pictures called the target with that score leave the batch. `half`: gradients in bfloat16, for attacks that
    follow their sign; None where that is faster. The verdicts never are. Whatever happens, the model is afterwards as
    it was before; the global random state too.
    """
    entry = ATTACKS[name]
    given = entry.settings(settings)
    check(clean, target, stop_at)
    y = torch.full((len(clean),), LABELS.index(target), dtype=torch.long)
    watch = AttackWatch(stop_at=stop_at)
    oracle = _oracle(entry, given, model, clean, y, watch, half)
    return _attack(entry, given, oracle, seed, helpers)[0]


def run(
    name: str,
    detector: Detector,
    crop: Array,
    settings: Settings | None = None,
    *,
    target: str = "real",
    seed: int = 0,
    watch: AttackWatch | None = None,
    helpers: Helpers | None = None,
    half: bool | None = None,
) -> AttackResult:
    """Attack one crop (H, W, 3), uint8 or in [0, 1], so that `detector` calls it `target`; judged from the saved PNG.

    A stop keeps the best picture so far. Raises `InputError` for an unknown attack, a setting out of its range, a
    picture that is none, a detector without two logits, or where an attack lacks what it `needs` among `helpers`.
    """
    entry, watch = ATTACKS[name], watch or AttackWatch()
    given = entry.settings(settings)
    check_crop(crop)
    clean = to_tensor(to_uint8(crop))
    check(clean, target, watch.stop_at)
    begun, y = time.perf_counter(), torch.tensor([LABELS.index(target)])
    before = detector.verdict(to_uint8(crop))
    oracle = _oracle(entry, given, detector.model, clean, y, watch, half, detector.p_fake)
    changed, stopped = clean, False
    if budget(entry, given) > 0 and not there_already(before, target, watch.stop_at):
        with detector.lock:
            changed, stopped = _attack(entry, given, oracle, seed, helpers)
    try:
        image, png, after = _saved(changed, detector)
    except InputError:  # the detector's answer to what came out is no number: the face is given back as it was
        oracle.finite, (image, png, after) = False, _saved(clean, detector)
    if after.label != target and bool(oracle.fooled[0]):  # the last picture is not always the best that was seen
        other = _saved(held(clean, oracle.best, entry.facts["norm"], budget(entry, given)), detector)
        if other[2].label == target:
            image, png, after = other
    change = image.astype(np.float64) - to_array(clean)
    return AttackResult(
        id=content_id(png),
        attack=name,
        settings=given,
        seed=seed,
        image=image,
        png=png,
        before=before,
        after=after,
        linf=float(np.abs(change).max()),
        l2=float(np.sqrt((change**2).sum())),
        psnr=psnr(to_array(clean), image),
        queries=int(oracle.forwards[0]),
        seconds=time.perf_counter() - begun - oracle.watched,
        course=tuple(oracle.course),
        attacked_course=tuple(oracle.attacked),
        stopped=stopped,
        notes=notes(budget(entry, given), oracle, before, after, target, stopped),
        backwards=int(oracle.backwards[0]),
        l0=int((change != 0).any(2).sum()),
    )


def _saved(changed: Tensor, detector: Detector) -> tuple[Array, bytes, Verdict]:
    """The picture, its PNG, and the verdict on that PNG, re-opened."""
    image = to_array(changed)
    png = encode_png(image)
    return image, png, detector.verdict(decode_png(png))


def _attack(
    entry: Entry[Attack], given: dict[str, Any], oracle: Oracle, seed: int, helpers: Helpers | None
) -> tuple[Tensor, bool]:
    """The attacked pictures within budget, and whether somebody stopped the attack."""
    needed = {name: (helpers or {}).get(name) for name in entry.facts.get("needs", ())}
    for name, helper in needed.items():
        if helper is None:
            raise InputError(f"{entry.name} needs the attack detector it is to fool: no {name} was handed over")
    clean, size, stopped = oracle.clean, budget(entry, given), False
    with as_it_was(oracle.model), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # the one that is put back: torch.manual_seed seeds all devices'
        try:
            changed = entry.function(oracle, clean, oracle.y, **given, **needed).detach()
        except Finished:
            changed = oracle.best
        except StopRequested:
            changed, stopped = oracle.best, True
        if changed.shape != clean.shape:
            raise ValueError(f"{entry.name} returned {tuple(changed.shape)} for {tuple(clean.shape)}")
        changed = torch.where(oracle.active[:, None, None, None], changed, oracle.best)
        if entry.facts.get("least"):
            changed = torch.where(oracle.fooled[:, None, None, None], changed, oracle.best)
            return stretched(oracle, changed), stopped
    return held(clean, changed, entry.facts["norm"], size), stopped


def _oracle(
    entry: Entry[Attack],
    given: Settings,
    model: nn.Module,
    clean: Tensor,
    y: Tensor,
    watch: AttackWatch,
    half: bool | None,
    p_fake: Callable[[Array], float] | None = None,
) -> Oracle:
    return Oracle(
        model,
        clean,
        y,
        watch=watch,
        p_fake=p_fake,
        least=bool(entry.facts.get("least")),
        norm=entry.facts["norm"],
        size=budget(entry, given),
        half=_half(entry, model, half),
    )


def _half(entry: Entry[Attack], model: nn.Module, wanted: bool | None) -> bool:
    """Whether gradients are taken in bfloat16: for attacks along their sign, where it is faster."""
    return bool(entry.facts.get("half")) and (half_pays(model) if wanted is None else wanted)
