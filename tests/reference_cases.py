"""Attacks on small networks with integer weights, whose gradients are exact: what they leave, as numbers and hashes.

Run as a program it prints the table that `test_reference_results` compares with: keep it only for a wanted change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import torch
from known_models import CARD
from recorded_progress import RecordedProgress
from torch import nn

from core.attacks import ATTACKS, AttackCallbacks, EvadedDetector, perturb, run
from core.detectors import Detector
from core.detectors.detector import prepare
from core.media.images import decode_png, to_array, to_tensor
from core.media_attack.samples import portrait
from core.types import Array, AttackResult, AttackStep

SIDE, STEP = 16, 2**-10
SETTINGS = {
    "eps": 8 / 255,
    "steps": 6,
    "queries": 40,
    "population": 8,
    "samples": 6,
    "restarts": 2,
    "searches": 2,
    "c": 10.0,
    "pixels": 5,
}
SMALL = {"eps": 1.5 / 255, "pixels": 1}
IN_L2 = {"eps": 1.5}


class _Rounded(torch.autograd.Function):
    """To a multiple of `STEP`, there and back: what comes after it is a sum of whole numbers, the same in any order."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return (x / STEP).round() * STEP

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return _Rounded.apply(gradients[0])


class Integer(nn.Module):
    """One logit from integer weights, straight or bent: scores and gradients hardly depend on the processor."""

    def __init__(self, *, bent: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1), nn.ReLU())
        self.flatten, self.last = nn.Flatten(), nn.Linear(4 * 4 * 4 if bent else 3 * SIDE * SIDE, 1)
        self.bent, self.scale = bent, 1 / 256 if bent else 1 / 64
        generator = torch.Generator().manual_seed(11)
        for parameter in self.parameters():
            whole = torch.randint(1, 4, parameter.shape, generator=generator)
            parameter.data = (whole * (1 - 2 * torch.randint(0, 2, parameter.shape, generator=generator))).float()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x * 2 - 1
        fake = self.last(self.flatten(self.body(x) if self.bent else x)) * self.scale
        return _Rounded.apply(torch.cat([torch.zeros_like(fake), fake], 1))


@cache
def detectors() -> list[Detector]:
    """A straight one and a bent one."""
    return [prepare(f"bent {bent}", Integer(bent=bent), CARD) for bent in (False, True)]


@cache
def crops() -> list[Array]:
    """Six faces (SIDE, SIDE, 3) uint8: one from the portrait, the others drawn."""
    face = portrait()[60:220:10, 140:300:10][:SIDE, :SIDE]
    drawn = np.random.default_rng(7).integers(20, 236, (5, SIDE, SIDE, 3)).astype(np.uint8)
    return [np.ascontiguousarray(face), *drawn]


def _attacked(x: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    return torch.stack([maps.square().mean((1, 2, 3)), x.mean((1, 2, 3))], 1)


EVADED = EvadedDetector(_attacked, "input-x-gradient")


def _score(crop: Array) -> float | None:
    """An attack detector's score that any machine computes alike."""
    return None if crop[0, 0, 0] % 2 else int(crop[-1, -1, 0]) / 255


def _settings(name: str, **more: float) -> dict[str, Any]:
    known = ATTACKS[name].settings()
    given: dict[str, Any] = {**SETTINGS, **(IN_L2 if ATTACKS[name].facts.norm == "L2" else {}), **more}
    return {key: value for key, value in given.items() if key in known}


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "small": {"settings": SMALL},
    "stop": {"stop_at": 0.7},
    "sure": {"stop_at": 0.95},
    "bf16": {"bf16": True},
    "bf16-stop": {"bf16": True, "stop_at": 0.7},
    "watched": {"watched": True},
    "stopped": {"most": 3},
    "there": {"there": True},
}
BATCHES: dict[str, dict[str, Any]] = {
    "batch": {},
    "batch-stop": {"stop_at": 0.8},
    "batch-bf16": {"bf16": True, "stop_at": 0.8},
}


def variants(name: str) -> list[str]:
    """Those that mean something for an attack."""
    known = [*VARIANTS, *BATCHES]
    return known if ATTACKS[name].facts.bf16 else [variant for variant in known if "bf16" not in variant]


def _run(name: str, variant: str, detector: Detector, crop: Array) -> AttackResult:
    given = VARIANTS[variant]
    most = given.get("most")
    progress = RecordedProgress(lambda at: most is not None and len(at.emitted) >= most)
    callbacks = AttackCallbacks(progress, given.get("stop_at"))
    if given.get("watched"):
        callbacks.p_attacked, callbacks.every = _score, 3
    label = detector.verdict(crop).label
    target = label if given.get("there") else ("real" if label == "fake" else "fake")
    result = run(
        name,
        detector,
        crop,
        _settings(name, **given.get("settings", {})),
        target=target,
        seed=3,
        callbacks=callbacks,
        detector_to_evade=EVADED,
        bf16=given.get("bf16", False),
    )
    seen = [step for step in progress.emitted if isinstance(step, AttackStep) and step.p_attacked is None]
    assert [step.p_fake for step in seen] == list(result.trajectory)
    return result


def _sha(parts: Iterable[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def case(name: str, variant: str) -> dict[str, Any]:
    """What an attack leaves of every face on every detector: the images' SHA-256, counts, rounded scores, notes."""
    if variant in BATCHES:
        given = BATCHES[variant]
        x = torch.cat([to_tensor(crop) for crop in crops()])
        out = [
            perturb(
                detector.model,
                x,
                name,
                _settings(name),
                target="real",
                seed=5,
                stop_confidence=given.get("stop_at"),
                detector_to_evade=EVADED,
                bf16=given.get("bf16", False),
            )
            for detector in detectors()
        ]
        change = [(batch - x).flatten(1) for batch in out]
        return {
            "images": _sha(np.rint(to_array(image) * 255).astype(np.uint8).tobytes() for part in out for image in part),
            "l2": [round(float(row.norm()), 2) for part in change for row in part],
        }
    results = [_run(name, variant, *pair) for pair in zip(detectors(), crops()[:2], strict=True)]
    found = {
        "images": _sha(decode_png(result.png).tobytes() for result in results),
        "queries": [result.queries for result in results],
        "backwards": [result.backwards for result in results],
        "l2": [round(result.l2, 2) for result in results],
        "after": [round(result.after.p_fake, 3) for result in results],
        "course": [
            [round(p, 3) for p in result.trajectory[:: max(1, len(result.trajectory) // 4)]] for result in results
        ],
        "notes": [len(result.notes) for result in results],
        "stopped": [int(result.stopped) for result in results],
    }
    if VARIANTS[variant].get("watched"):
        found["attacked"] = [
            [[step, score and round(score, 4)] for step, score in r.detector_trajectory] for r in results
        ]
    return found


def table() -> dict[str, Any]:
    """Every attack in every variant."""
    return {name: {variant: case(name, variant) for variant in variants(name)} for name in ATTACKS}


if __name__ == "__main__":
    torch.set_num_threads(1)
    lines = [
        f' "{name}": {{\n'
        + ",\n".join(f'  "{k}": {json.dumps(v, separators=(",", ":"))}' for k, v in found.items())
        + "\n }"
        for name, found in table().items()
    ]
    print("{\n" + ",\n".join(lines) + "\n}")
