"""Compute SHAP values by expected gradients, DeepLIFT, or superpixels."""

from __future__ import annotations

import copy
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...detectors.device import pass_sizes
from ...detectors.networks.outputs import LogitSelector
from ...registry import Param
from ...types import Array, QualityMetric
from ..base import EXPLAINERS, MapFacts, completeness_error, sampling_error
from ..context import AttributionContext, RawAttribution
from ..superpixels import superpixels

_NUMPY_LOCK = threading.Lock()


def background(x: Tensor) -> Tensor:
    """Make four backgrounds (4, 3, H, W) from the face: black, mean colour, two blurs.

    No other person's face is needed, or shipped, to explain this one.
    """
    from torchvision.transforms.functional import gaussian_blur  # here: a second to import

    mean = x.mean((2, 3), keepdim=True).expand_as(x)
    size = max(3, x.shape[-1] // 8) | 1
    return torch.cat(
        [torch.zeros_like(x), mean, gaussian_blur(x, [size] * 2), gaussian_blur(x, [size // 4 * 2 + 1] * 2)]
    )


def draws(samples: int, backgrounds: int, seed: int) -> tuple[list[int], list[float]]:
    """Sample backgrounds and path positions as shap.GradientExplainer does with `rseed=seed`."""
    random = np.random.RandomState(seed)
    pairs = [(int(random.choice(backgrounds)), float(random.uniform())) for _ in range(samples)]
    return [which for which, _ in pairs], [at for _, at in pairs]


def expected_gradients(context: AttributionContext, samples: int, seed: int) -> RawAttribution:
    """Average gradient times difference at random points on paths from the background.

    One pass a sample.
    """
    x, behind = context.x, background(context.x)
    which, at = draws(samples, len(behind), seed)
    total, squares = torch.zeros_like(x, dtype=torch.float64), torch.zeros_like(x, dtype=torch.float64)
    size = pass_sizes(context.detector.model).maps
    for first in range(0, samples, size):
        begin = behind[which[first : first + size]]
        part = torch.tensor(at[first : first + size], dtype=x.dtype).view(-1, 1, 1, 1)
        _, gradients = context.gradients(part * x + (1 - part) * begin)
        values = (gradients * (x - begin)).double()
        total += values.sum(0, keepdim=True)
        squares += values.square().sum(0, keepdim=True)
    mean = total / samples
    count = QualityMetric("samples", float(samples), "higher", "How many random points the map is an average of.")
    return RawAttribution(
        mean.float(), lambda: (count, sampling_error(mean, squares / samples - mean.square(), samples))
    )


def deep(context: AttributionContext) -> RawAttribution:
    """Average DeepLIFT's multipliers over the backgrounds, on a copy of the detector.

    A copy, because shap leaves hooks behind.
    Source: Shrikumar et al. 2017, arXiv:1704.02685; Lundberg and Lee 2017, arXiv:1705.07874, section 4.2 (Deep SHAP).
    """
    import shap  # here: it brings numba and matplotlib, and expected gradients need none of it

    x, behind = context.x, background(context.x)
    network = copy.deepcopy(LogitSelector(context.detector.model, context.target).eval())
    context.progress.check_stop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shap tells which modules it takes the gradient of, sums and gates among them
        values = shap.DeepExplainer(network, behind).shap_values(x, check_additivity=False)
    found = torch.from_numpy(np.asarray(values, np.float32).reshape(x.shape))
    return RawAttribution(found, lambda: (_additivity(context, found, _mean_output(context, behind)),))


def of_superpixels(
    context: AttributionContext, explainer: str, samples: int, segments: int, seed: int
) -> RawAttribution:
    """Compute Owen or sampled Shapley values of superpixels.

    Replaced superpixels show the blurred face.

    Args:
        context: of the image.
        explainer: "partition": Owen values along a tree of neighbouring superpixels; "kernel": Shapley values by a
            weighted regression.
        samples: images that are judged.
        segments: about how many superpixels.
        seed: of the samples.

    Source: Lundberg and Lee 2017, arXiv:1705.07874, section 4.1 (kernel); shap's PartitionExplainer.
    """
    import shap

    parts = superpixels(context, segments, "blurred")
    none, whole = np.zeros((1, parts.count)), np.ones((1, parts.count))
    with _SeededNumpy(seed) as seeded:
        outputs = seeded.paused(parts.outputs)
        if explainer == "kernel":
            kernel = shap.KernelExplainer(outputs, none)
            values = kernel.shap_values(whole, nsamples=samples, l1_reg=False, silent=True)
        else:
            masker = shap.maskers.Partition(none, clustering=parts.tree())
            values = shap.PartitionExplainer(outputs, masker)(whole, max_evals=samples, silent=True).values
    found = parts.to_pixels(np.asarray(values).reshape(-1))
    count = QualityMetric("superpixels", float(parts.count), "", "How many values the map is made of.")
    return RawAttribution(found, lambda: (_additivity(context, found, context.baseline_value("blurred")), count))


class _SeededNumpy:
    """Lend shap NumPy's global generator, seeded; put its state back.

    One at a time, or two would draw from each other's. While the detector is asked it is given back, as others may
    have their turn then.
    """

    def __init__(self, seed: int) -> None:
        self._own: Any = np.random.RandomState(seed % 2**32).get_state()
        self._others: Any = None

    def __enter__(self) -> _SeededNumpy:
        _NUMPY_LOCK.acquire()
        self._others = np.random.get_state()
        np.random.set_state(self._own)
        return self

    def __exit__(self, *error: object) -> None:
        self._own = np.random.get_state()
        np.random.set_state(self._others)
        _NUMPY_LOCK.release()

    def paused(self, outputs: Callable[[Array], Array]) -> Callable[[Array], Array]:
        """Return `outputs`, which no longer keeps the generator from others."""

        def call(present: Array) -> Array:
            self.__exit__()
            try:
                return outputs(present)
            finally:
                self.__enter__()

        return call


def _mean_output(context: AttributionContext, behind: Tensor) -> float:
    return float(np.mean([context.value_at(one[None]) for one in behind]))


def _additivity(context: AttributionContext, values: Tensor, expected: float) -> QualityMetric:
    return QualityMetric(
        "completeness error",
        completeness_error(values, context.value, expected),
        "lower",
        "How far the map's sum is from the output here minus that for the background: Shapley values guarantee 0, this "
        "approximation keeps it only as far as this metric says.",
    )


@EXPLAINERS.add(
    "shap",
    title="SHAP",
    source="Lundberg and Lee 2017, arXiv:1705.07874; Erion et al. 2021 (expected gradients), arXiv:1906.10670; shap",
    params=(
        Param(
            "samples",
            24,
            low=4,
            high=5000,
            step=1,
            help="gradient: random points on paths from the background. partition, kernel: images that are judged.",
        ),
        Param(
            "explainer",
            "gradient",
            choices=("gradient", "deep", "partition", "kernel"),
            help="Expected gradients; DeepLIFT's rules; Owen values, or sampled Shapley values, of superpixels.",
        ),
        Param("segments", 40, low=5, high=200, step=1, help="partition, kernel: about how many superpixels."),
    ),
    facts=MapFacts(passes=24, quick=True),
)
def shap_values(context: AttributionContext, *, samples: int, explainer: str, segments: int) -> RawAttribution:
    """Compute SHAP values of pixels over four backgrounds, or of superpixels.

    Args:
        context: of the image.
        samples: random points, or images that are judged.
        explainer: "gradient", "deep", "partition" or "kernel".
        segments: about how many superpixels, for the last two.
    """
    random = context.random()
    torch.rand(2, generator=random)  # a seed's map is then the one of earlier versions, which drew these two before
    seed = int(torch.randint(2**31 - 1, (1,), generator=random))
    if explainer == "gradient":
        return expected_gradients(context, samples, seed)
    if explainer == "deep":
        return deep(context)
    return of_superpixels(context, explainer, samples, segments, seed)
