"""Prepare a face and its maps for evaluation: scores, superpixels, rankings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ...detectors.detector import Detector
from ...detectors.device import pass_sizes
from ...detectors.networks.outputs import LogitSelector
from ...detectors.networks.preserve import preserve_state
from ...media.images import to_tensor, to_uint8
from ...progress import NO_PROGRESS, StepCounter
from ...types import (
    FAKE,
    LABELS,
    REAL,
    Array,
    Attribution,
    InputError,
    QualityMetric,
    Target,
    content_id,
)
from .. import base
from ..context import AttributionContext
from ..superpixels import superpixels

SEGMENTS = 50  # superpixels of a face, Tsigos et al. 2024
COSTLY_PASSES = 50  # passes from which a map is costly: it is made anew fewer times

Rows = list[tuple[QualityMetric, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class RankedMap:
    """Hold a map as an order of pixels.

    values: (H, W) float64, evidence for `label`.
    flat: why there is no order, or None.
    """

    attribution: Attribution
    values: Array
    label: int
    flat: str | None


def passes(attribution: Attribution) -> int:
    """Estimate the passes that a map takes, by its registry entry and its settings."""
    asked = (attribution.settings.get(name) for name in ("samples", "steps"))
    known = base.EXPLAINERS[attribution.method].facts.passes
    return max(known, *(int(value) for value in asked if value is not None), 1)


@dataclass(eq=False)
class Subject:
    """Hold one crop (H, W, 3) before one detector, with the maps to evaluate.

    Metrics track the class the map explains; for a margin map, the predicted class. If that is "real", negative values
    count as evidence.
    """

    detector: Detector
    crop: Array
    attributions: Sequence[Attribution]
    seed: int
    steps: StepCounter = field(default_factory=lambda: NO_PROGRESS.counter(0))

    def __post_init__(self) -> None:
        expected = content_id(to_uint8(self.crop))
        other = [found.method for found in self.attributions if found.of != expected]
        if other or any(found.map.shape != self.crop.shape[:2] for found in self.attributions):
            raise InputError(f"the maps have to be of this crop; those of another one are {', '.join(other) or 'some'}")

    @cached_property
    def x(self) -> Tensor:
        """Return the crop as a tensor (1, 3, H, W) in [0, 1]."""
        return to_tensor(self.crop)

    @cached_property
    def predicted(self) -> int:
        """Return the predicted label."""
        return int(self.logits(self.x)[0].argmax())

    @cached_property
    def ranked(self) -> list[RankedMap]:
        """Return the maps as orders of pixels."""
        return [self._ranked(found) for found in self.attributions]

    @cached_property
    def segments(self) -> Array:
        """Return each pixel's superpixel (H, W), about 50 of them, as LIME's."""
        context = AttributionContext(self.detector, self.x, "margin")
        return np.asarray(superpixels(context, SEGMENTS, "mean colour").labels.numpy())

    def superpixel_order(self, values: Array, rng: np.random.Generator) -> Array:
        """Order the superpixels by the mean of `values` (H, W), ties at random."""
        indices = self.segments.ravel()
        sizes = np.bincount(indices)
        means = np.bincount(indices, values.ravel()) / np.maximum(sizes, 1)
        order = np.lexsort((rng.random(len(means)), -means))
        return order[sizes[order] > 0]

    @cached_property
    def labels(self) -> list[int]:
        """List the labels that some map explains."""
        return sorted({one.label for one in self.ranked})

    def rng(self, purpose: int) -> np.random.Generator:
        """Return a generator for one metric, independent of the others."""
        return np.random.default_rng((self.seed, purpose))

    def logits(self, images: Tensor) -> Tensor:
        """Compute logits (N, 2) of images (N, 3, H, W) in [0, 1]."""
        out = []
        for part in images.split(pass_sizes(self.detector.model).outputs):
            with self.detector.lock.long_turn(), preserve_state(self.detector.model), torch.inference_mode():
                out.append(self.detector.model(part))
        return torch.cat(out).clone()

    def score(self, logits: Tensor, label: int) -> Array:
        """Return a label's probability (N,) from logits (N, 2), calibrated where possible."""
        p_fake = np.array([self.detector.p_fake(row) for row in logits.numpy()])
        return p_fake if label == FAKE else 1 - p_fake

    def scores(self, images: Tensor, label: int) -> Array:
        """Return a label's probability (N,) for images (N, 3, H, W)."""
        return self.score(self.logits(images), label)

    def output(self, images: Tensor, target: Target) -> Array:
        """Return the explained output (N,) of images: a logit, or the margin."""
        weights = torch.tensor(LogitSelector.WEIGHTS[target])
        return np.asarray((self.logits(images) * weights).sum(1).numpy(), np.float64)

    def recompute(self, found: Attribution, detector: Detector, crop: Array) -> Array:
        """Compute the same map (H, W) for another detector or crop (H, W, 3)."""
        made = base.run(
            found.method,
            detector,
            crop,
            found.settings,
            target=found.target,
            seed=self.seed,
            quality=False,
            progress=self.steps.progress,
        )
        return made.map

    def _ranked(self, found: Attribution) -> RankedMap:
        label = {"fake": FAKE, "real": REAL}.get(found.target, self.predicted)
        turned = found.signed and found.target == "margin" and label == REAL
        values = found.map.astype(np.float64) * (-1 if turned else 1)
        flat = None
        if np.ptp(values) == 0:
            flat = "The map is zero everywhere." if not values.any() else "The map has one value everywhere."
        return RankedMap(found, values, label, flat)


def score_of(label: int) -> str:
    """Name the score of a label."""
    return f"the score of “{LABELS[label]}”"
