"""Register explainers and run them behind one checked door.

The door locks the detector, restores its state, sums channels, measures time and quality.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.detector import Detector
from ..detectors.networks.outputs import LogitSelector
from ..detectors.networks.preserve import preserve_state
from ..media.images import to_tensor, to_uint8
from ..progress import NO_PROGRESS, Progress
from ..registry import Param, Registry
from ..types import Array, Attribution, InputError, QualityMetric, Settings, StopRequested, Target, Verdict, content_id
from .context import AttributionContext, Metrics, RawAttribution

# An explainer takes the context of one image and its settings, and returns its attribution (1, C, H, W), signed, and
# how to measure at least one figure of quality. What a map draws comes from `context.random()`.
Explainer = Callable[..., RawAttribution]


@dataclass(frozen=True, slots=True)
class MapFacts:
    """Hold what is known of a map beside its settings.

    passes: forward and back, with the default settings.
    signed: whether it has both signs, or the setting and the value that make it so.
    quick: whether it is among the maps that are shown unless others are asked for.
    backward: which backward pass of the verdict's own graph it takes, by name; None where it takes none.
    """

    passes: int
    signed: bool | tuple[str, str] = True
    quick: bool = False
    backward: Literal["gradient", "guided"] | None = None

    def __post_init__(self) -> None:
        if self.passes < 1:
            raise ValueError(f"a map takes one pass at least; what came is {self.passes}")


EXPLAINERS: Registry[Explainer, MapFacts] = Registry("map", MapFacts)
REDUCER = "sum over the three channels"


def quick() -> tuple[str, ...]:
    """List the maps made by default: those of a few dozen passes at most."""
    return tuple(name for name, entry in EXPLAINERS.items() if entry.facts.quick)


def is_signed(name: str, settings: Settings | None = None) -> bool:
    """Tell whether a map has both signs with these settings.

    Signed maps are drawn in blue and red; the others have no negative values.
    """
    entry = EXPLAINERS[name]
    fact = entry.facts.signed
    if isinstance(fact, bool):
        return fact
    setting, value = fact
    return bool(entry.settings(settings)[setting] == value)


def run(
    name: str,
    detector: Detector,
    crop: Array,
    settings: Settings | None = None,
    *,
    target: Target = "margin",
    seed: int = 0,
    quality: bool = True,
    progress: Progress = NO_PROGRESS,
) -> Attribution:
    """Compute the map (H, W) of one crop, on the very input that the verdict sees.

    Args:
        name: of the explainer.
        detector: whose verdict is explained.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        settings: of the explainer; defaults where missing.
        target: explained output: the logit "fake", the logit "real", or their margin fake - real.
        seed: of the map's random numbers.
        quality: whether to measure the map's metrics, some of which need further passes.
        progress: asked between passes whether to stop, which raises `StopRequested`.

    Raises `InputError` for an unknown map, target or setting.
    """
    given = EXPLAINERS[name].settings(settings)
    with _prepared(detector, crop, target, seed, _backward_passes((name,), quality=quality)) as context:
        context.progress = progress
        return _map(name, given, context, content_id(to_uint8(crop)), quality=quality)


def run_all(
    names: Sequence[str],
    detector: Detector,
    crop: Array,
    settings: Mapping[str, Settings] | None = None,
    *,
    target: Target = "margin",
    seed: int = 0,
    quality: bool = True,
    progress: Progress = NO_PROGRESS,
) -> tuple[Verdict, list[Attribution]]:
    """Judge a crop and compute several maps of it.

    Verdict, Saliency and Input x Gradient come from one forward and one backward pass. Each map is the one that `run`
    makes, whatever others are computed.

    Args:
        names: of the explainers.
        detector: whose verdict is explained.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        settings: by the name of the map.
        target: explained output: "fake", "real" or "margin".
        seed: of the maps' random numbers.
        quality: whether to measure the maps' metrics.
        progress: told the maps done and their number; a stop, between passes, keeps the verdict and the finished maps.
    """
    given = {name: EXPLAINERS[name].settings((settings or {}).get(name)) for name in names}
    found: list[Attribution] = []
    of = content_id(to_uint8(crop))
    with _prepared(detector, crop, target, seed, _backward_passes(names, quality=quality)) as context:
        verdict = context.verdict()
        context.progress = progress
        try:
            for name in names:
                found.append(_map(name, given[name], context, of, quality=quality))
                progress.tell(len(found), len(names))
        except StopRequested:
            pass
    return verdict, found


def _backward_passes(names: Sequence[str], *, quality: bool) -> int:
    """Count the backward passes that some maps take through the verdict's graph.

    One for all that use the plain gradient.
    """
    ways = {way for name in names if (way := EXPLAINERS[name].facts.backward)}
    return len(ways | {"gradient"}) if ways and quality else max(1, len(ways))


@contextmanager
def _prepared(
    detector: Detector, crop: Array, target: Target, seed: int, backward_passes: int
) -> Iterator[AttributionContext]:
    """Yield the context of a crop in a turn of long work, state preserved."""
    if target not in LogitSelector.WEIGHTS:
        raise InputError(f"the target of a map is one of {', '.join(LogitSelector.WEIGHTS)}; what came is {target!r}")
    with detector.lock.long_turn(), preserve_state(detector.model), torch.inference_mode(False), torch.enable_grad():
        yield AttributionContext(detector, to_tensor(crop), target, seed=seed, backward_passes=backward_passes)


def _map(name: str, given: Settings, context: AttributionContext, of: str, *, quality: bool) -> Attribution:
    entry = EXPLAINERS[name]
    started = time.perf_counter()
    found = entry.function(context, **given)
    reduced = _sum_channels(found.values.detach()[0].numpy())
    seconds = time.perf_counter() - started
    return Attribution(
        method=name,
        settings=given,
        target=context.target,
        of=of,
        map=reduced,
        signed=is_signed(name, given),
        quality=_metrics(found, context) if quality else (),
        seconds=seconds,
    )


def _sum_channels(values: Array) -> Array:
    """Sum (C, H, W) over the channels, one by one, as memory may be channels-last."""
    total = values[0].astype(np.float32)
    for channel in values[1:]:
        total += channel
    return total


def _metrics(found: RawAttribution, context: AttributionContext) -> Metrics:
    """Measure a map's metrics; a map of zeros makes them degenerate."""
    reason = context.degenerate(found.values)
    return tuple(replace(metric, degenerate=reason or metric.degenerate) for metric in found.quality())


def output_and_gradient(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the output (N, 1) and its gradient with respect to the input (N, 3, H, W)."""
    x = x.detach().requires_grad_(True)
    out: Tensor = model(x)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    return out.detach(), gradient


def completeness_error(attribution: Tensor, at_input: float, at_baseline: float) -> float:
    """Return |sum of the map - (f(x) - f(baseline))| / |f(x) - f(baseline)|.

    0 when the whole change of the output is attributed.
    Source: Sundararajan et al. 2017, arXiv:1703.01365, proposition 1.
    """
    change = at_input - at_baseline
    return abs(float(attribution.sum()) - change) / max(abs(change), 1e-6)


SIGN = Param(
    "sign",
    "absolute",
    choices=("absolute", "signed"),
    help="The gradient's size, as in the paper, or with its sign: which way the output would move.",
)


def sampling_error(mean: Tensor, variance: Tensor, samples: int) -> QualityMetric:
    """Measure the relative standard error of a sampled map.

    `mean`, `variance`: of each value over the samples.
    """
    error = (variance.clamp(min=0) / samples).sqrt()
    return QualityMetric(
        "spread",
        float(error.mean() / max(float(mean.abs().mean()), 1e-12)),
        "lower",
        "The standard error of a pixel's value over the samples, as a multiple of the mean absolute value: above 1 "
        "a single pixel's value is noise.",
    )
