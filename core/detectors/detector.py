"""Hold a loaded deepfake detector with its calibration and its lock."""

from __future__ import annotations

import copy
import functools
import json
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from ..storage.calibration_values import calibration_values
from ..types import FAKE, REAL, Array, Verdict, content_id
from ..types.calibration import Bands, Calibration, ProbabilityMap
from ..types.model_card import DetectorCard
from ..types.tracks import BandThresholds
from .architectures.layers import Resize, fuse_batchnorm
from .calibration.fit import band, band_thresholds, probability, score_interval
from .calibration.out_of_distribution import ood_reason
from .device import pass_sizes
from .face_batches import batch_features
from .inference_queue import InferenceQueue

INCONCLUSIVE = "Inconclusive"
UNCALIBRATED = ("Inconclusive, low score, uncalibrated", "Inconclusive, high score, uncalibrated")


@dataclass(frozen=True, slots=True, eq=False)
class Detector:
    """Hold a loaded deepfake detector.

    model: maps (N, 3, H, W) in [0, 1] to (N, 2) logits [real, fake]; in eval mode, batch normalisation fused, no weight
        gradients.
    card: what is known of the weights.
    lock: the turns of those who use the model: nobody else has one while hooks are on it.
    calibration: made for these weights; None where it is not calibrated.
    """

    name: str
    model: nn.Module
    card: DetectorCard
    lock: InferenceQueue = field(default_factory=InferenceQueue)
    calibration: Calibration | None = None

    def verdict(self, crop: Array) -> Verdict:
        """Judge one crop (H, W, 3), uint8 or float32 in [0, 1]."""
        return self.verdicts([crop])[0]

    def verdicts(self, crops: list[Array]) -> list[Verdict]:
        """Judge crops, a few in each pass; other verdicts come between the passes.

        A crop's `p_fake` depends on its neighbours by rounding only, below 1e-6.
        """
        found: list[tuple[Array, Array]] = []
        size = pass_sizes(self.model).faces
        for start in range(0, len(crops), size):
            with self.lock, torch.inference_mode():
                found += batch_features(self.model, crops[start : start + size])
        return [self.verdict_of(*one) for one in found]

    def verdict_of(self, logits: Array, features: Array | None = None) -> Verdict:
        """Turn two logits [real, fake] into a verdict.

        Probability and bands where calibrated, else the softmax as a score. `features` (D,) of the penultimate layer: a
        face out of the calibration's distribution gets an inconclusive verdict that says so.
        """
        values = np.asarray(logits, np.float32)
        p_fake = self.p_fake(values)
        known = self.calibration
        if known is None:
            return Verdict(self.name, values, p_fake, UNCALIBRATED[int(values[FAKE] > values[REAL])])
        why = ood_reason(features, known.ood) if features is not None and known.ood else None
        word = INCONCLUSIVE if why else band(p_fake, known.bands)
        return Verdict(self.name, values, p_fake, word, True, why, score_interval(p_fake, known))

    def p_fake(self, logits: Array) -> float:
        """Return the calibrated probability of "fake", or the softmax where uncalibrated."""
        if self.calibration is None:
            from scipy.special import softmax  # here: it is slow to import

            return float(softmax(logits.astype(np.float64))[FAKE])
        return probability(float(logits[FAKE]) - float(logits[REAL]), self.calibration)

    def features(self, crop: Array) -> tuple[Array, Array]:
        """Compute logits (2,) and the penultimate layer's activation (D,) of a crop."""
        with self.lock, torch.inference_mode():
            return next(batch_features(self.model, [crop]))

    @property
    def version(self) -> str:
        """Identify name, weights and calibration, for cache keys and records.

        Also the size of the input, where it is not the one that the network is built with.
        """
        known, resize = self.calibration_id, getattr(self.model, "resize", None)
        sized = f":{resize.size}px" if isinstance(resize, Resize) and resize.size != resize.usual else ""
        return f"{self.name}:{str(self.card.sha256)[:12]}:{known and known[:12]}{sized}"

    @property
    def calibration_id(self) -> str | None:
        """Return the SHA-256 of the calibration's map and bands. None where it is not calibrated."""
        known = self.calibration
        return _calibration_id(known.map, known.bands) if known else None

    @property
    def bands(self) -> tuple[float, float] | None:
        """Return both thresholds on `p_fake`; None where the detector is not calibrated."""
        bands = self.calibration and self.calibration.bands
        return (bands.low, bands.high) if bands else None

    @property
    def band_thresholds(self) -> BandThresholds | None:
        """Return the thresholds of its bands, also for several faces; None where uncalibrated."""
        return band_thresholds(self.calibration) if self.calibration else None


@functools.lru_cache(maxsize=64)
def _calibration_id(found: ProbabilityMap, bands: Bands) -> str:
    return content_id(json.dumps(calibration_values((found, bands))))


def prepare(name: str, model: nn.Module, card: DetectorCard) -> Detector:
    """Make a detector from a copy of a network; the network is not changed.

    Channels-last memory saves a tenth to a third of the time of the convolutions.
    """
    fused = fuse_batchnorm(copy.deepcopy(model).eval())
    return Detector(name, fused.requires_grad_(False).to(memory_format=torch.channels_last), card)
