"""Critical pixels over many faces: what an attack does when it is kept in them alone, and in as many others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ... import explain, pipeline
from ...detectors import Detector
from ...explain.analysis.critical_pixels import DRAWS, METHOD, largest, logits_with_masks, random_shifts
from ...metrics.summary import Metrics, mean_of
from ...types import FAKE, REAL, Array

ATTACK = "pgd"
SHARES = (0.01, 0.05, 0.1)
SAMPLES = 24  # of the SHAP values
LEAST = 0.1  # of the margin: an attack that moves it by less has no effect to share out
WHERE = ("critical", "moved", "random")


@dataclass(frozen=True, slots=True)
class KeptAttack:
    """The attack kept in some pixels: `p_fake` falls by `fall` in [-1, 1], the margin by `part` of what the whole
    attack takes from it; `real` in [0, 1]: how often the face is then called real."""

    fall: float
    part: float
    real: float


def of_faces(
    detector: Detector, crops: Sequence[Array], *, seed: int = 0, report: Callable[[str], None] = lambda _: None
) -> Metrics:
    """By purpose, share of pixels and place: the effect of PGD kept there; over crops (H, W, 3) uint8 called fake.

    Places: the critical pixels; their mask moved to random places, so that as many pixels lie as near to one another;
    as many pixels at random. "than_moved" and "than_random": the paired difference of `fall` in the critical pixels'
    favour.
    """
    rows: dict[tuple[str, float, str], list[KeptAttack]] = defaultdict(list)
    whole: list[KeptAttack] = []
    without = 0
    for number, crop in enumerate(crops):
        result = pipeline.attack(detector, crop, ATTACK, seed=seed + number)
        attacked = pipeline.attacked_crop(result)
        if result.before.margin - result.after.margin < LEAST:
            without += 1
            continue
        whole.append(KeptAttack(result.before.p_fake - result.after.p_fake, 1.0, float(result.after.label == "real")))
        for key, one in of_face(detector, crop, attacked, seed=seed + number).items():
            rows[key].append(one)
        report(f"critical pixels: {number + 1} of {len(crops)} faces")
    found = {
        "attack": ATTACK,
        "settings": dict(result.settings) if len(crops) else {},
        "samples": SAMPLES,
        "n": len(whole),
        "without_effect": without,
        "whole_attack": _means(whole),
    }
    purposes = dict.fromkeys(purpose for purpose, *_ in rows)
    return {**found, "rows": [_row(rows, purpose, share) for purpose in purposes for share in SHARES]}


def of_face(
    detector: Detector, clean: Array, attacked: Array, *, seed: int
) -> dict[tuple[str, float, str], KeptAttack]:
    """Of one face: (purpose, share, place) -> what the attack does there alone; places by chance: the mean of 8."""
    before, after = (
        explain.run(METHOD, detector, crop, {"samples": SAMPLES}, seed=seed, quality=False).map
        for crop in (clean, attacked)
    )
    rng = np.random.default_rng(seed)
    ends = logits_with_masks(detector, clean, attacked, [np.zeros(before.shape, bool), np.ones(before.shape, bool)])
    out = {}
    for purpose, values in (("attack generation", after), ("attack detection", after - before)):
        for share in SHARES:
            mask = largest(values, share)
            scattered = [rng.permuted(mask.ravel()).reshape(mask.shape) for _ in range(DRAWS)]
            logits = iter(logits_with_masks(detector, clean, attacked, [mask, *random_shifts(mask, rng), *scattered]))
            for place, count in zip(WHERE, (1, DRAWS, DRAWS), strict=True):
                out[purpose, share, place] = _effect(detector, ends, np.stack([*islice(logits, count)]))
    return out


def _effect(detector: Detector, ends: Array, logits: Array) -> KeptAttack:
    """The mean effect of images with logits (N, 2), between the clean and the attacked one's `ends` (2, 2)."""
    clean, attacked = ends[:, FAKE] - ends[:, REAL]
    margins = logits[:, FAKE] - logits[:, REAL]
    p_clean = detector.p_fake(ends[0])
    return KeptAttack(
        float(np.mean([p_clean - detector.p_fake(one) for one in logits])),
        float(((clean - margins) / (clean - attacked)).mean()),
        float((margins <= 0).mean()),
    )


def _means(ones: Sequence[KeptAttack]) -> Metrics:
    return {
        name: mean_of([getattr(one, name) for one in ones], share=name == "real") for name in ("fall", "part", "real")
    }


def _row(rows: dict[tuple[str, float, str], list[KeptAttack]], purpose: str, share: float) -> Metrics:
    by_place = {place: rows[purpose, share, place] for place in WHERE}
    row: Metrics = {"purpose": purpose, "share": share, **{place: _means(ones) for place, ones in by_place.items()}}
    for place in WHERE[1:]:
        pairs = zip(by_place["critical"], by_place[place], strict=True)
        row[f"than_{place}"] = mean_of([one.fall - other.fall for one, other in pairs])
    return row
