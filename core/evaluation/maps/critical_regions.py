"""Measure the effect of attacks kept in critical pixels, over many faces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ... import explain, pipeline
from ...detectors import Detector
from ...explain.analysis.critical_pixels import DRAWS, METHOD, largest, logits_with_masks, random_shifts
from ...metrics.summary import mean_of
from ...progress import NO_PROGRESS, Progress
from ...types import FAKE, REAL, Array
from ...types.map_summaries import CriticalRegions, KeptRow, MeanEffect

ATTACK = "pgd"
SHARES = (0.01, 0.05, 0.1)
SAMPLES = 24  # of the SHAP values
MIN_EFFECT = 0.1  # of the margin: an attack that moves it by less has no effect to share out
PLACES = ("critical", "moved", "random")


@dataclass(frozen=True, slots=True)
class KeptAttack:
    """Hold the effect of an attack kept in some pixels.

    fall: of `p_fake`, in [-1, 1].
    part: change of the margin as a share of the whole attack's.
    real: how often the face is then predicted real, in [0, 1].
    """

    fall: float
    part: float
    real: float


def of_faces(
    detector: Detector, crops: Sequence[Array], *, seed: int = 0, progress: Progress = NO_PROGRESS
) -> CriticalRegions:
    """Measure PGD kept in some pixels, by purpose, share of pixels and place.

    Places: the critical pixels; their mask shifted at random, which keeps neighbourhoods; as many random pixels.
        "than_moved" and "than_random": the paired difference of `fall` in the critical pixels' favour.

    Args:
        detector: the one that is attacked.
        crops: (H, W, 3) uint8, predicted fake.
        seed: of attacks and places.
        progress: told each face; a stop raises `StopRequested`.
    """
    rows: dict[tuple[str, float, str], list[KeptAttack]] = defaultdict(list)
    whole: list[KeptAttack] = []
    without = 0
    for number, crop in enumerate(progress.each(crops, "Critical pixels of faces")):
        result = pipeline.attack(detector, crop, ATTACK, seed=seed + number)
        attacked = pipeline.attacked_crop(result)
        if result.before.margin - result.after.margin < MIN_EFFECT:
            without += 1
            continue
        whole.append(KeptAttack(result.before.p_fake - result.after.p_fake, 1.0, float(result.after.label == "real")))
        for key, one in of_face(detector, crop, attacked, seed=seed + number).items():
            rows[key].append(one)
    purposes = dict.fromkeys(purpose for purpose, *_ in rows)
    return CriticalRegions(
        attack=ATTACK,
        settings=dict(result.settings) if len(crops) else {},
        samples=SAMPLES,
        n=len(whole),
        without_effect=without,
        whole_attack=_means(whole),
        rows=tuple(_row(rows, purpose, share) for purpose in purposes for share in SHARES),
    )


def of_face(
    detector: Detector, clean: Array, attacked: Array, *, seed: int
) -> dict[tuple[str, float, str], KeptAttack]:
    """Measure one face: (purpose, share, place) -> effect; random places average 8 draws.

    Args:
        detector: the one that was attacked.
        clean: (H, W, 3) uint8.
        attacked: (H, W, 3) uint8.
        seed: of maps and places.
    """
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
            for place, count in zip(PLACES, (1, DRAWS, DRAWS), strict=True):
                out[purpose, share, place] = _effect(detector, ends, np.stack([*islice(logits, count)]))
    return out


def _effect(detector: Detector, ends: Array, logits: Array) -> KeptAttack:
    """Average the effect of logits (N, 2) between the clean and attacked `ends` (2, 2)."""
    clean, attacked = ends[:, FAKE] - ends[:, REAL]
    margins = logits[:, FAKE] - logits[:, REAL]
    p_clean = detector.p_fake(ends[0])
    return KeptAttack(
        float(np.mean([p_clean - detector.p_fake(one) for one in logits])),
        float(((clean - margins) / (clean - attacked)).mean()),
        float((margins <= 0).mean()),
    )


def _means(ones: Sequence[KeptAttack]) -> MeanEffect:
    falls, parts = mean_of([one.fall for one in ones]), mean_of([one.part for one in ones])
    return MeanEffect(falls, parts, mean_of([one.real for one in ones], share=True))


def _row(rows: dict[tuple[str, float, str], list[KeptAttack]], purpose: str, share: float) -> KeptRow:
    critical, moved, random = (rows[purpose, share, place] for place in PLACES)
    than_moved, than_random = (
        mean_of([one.fall - other.fall for one, other in zip(critical, those, strict=True)])
        for those in (moved, random)
    )
    return KeptRow(purpose, share, _means(critical), _means(moved), _means(random), than_moved, than_random)
