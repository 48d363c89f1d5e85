"""The registry of explainers and the checked door: lock, eval mode, hooks gone, channels summed, time and honesty."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ..detectors.detector import Detector
from ..detectors.networks.outputs import LogitSelector
from ..detectors.networks.preserve import preserve_state
from ..media.images import to_tensor, to_uint8
from ..registry import Entry, Param, Registry
from ..types import Array, Attribution, InputError, QualityMetric, Settings, StopRequested, Target, Verdict, content_id
from .context import Context, Figures, Found

# An explainer takes the context of one image and its settings, and returns its attribution (1, C, H, W), signed, and
# how to measure at least one figure of honesty. Facts: `signed`, or the setting and the value that make it so;
# `passes`, forward and back, with the default settings; `quick`, among the maps that are shown unless others are asked;
# `way`, which way back through the verdict's own pass it takes. What a map draws comes from `context.random()`.
Explainer = Callable[..., Found]
EXPLAINERS: Registry[Explainer] = Registry("map")
REDUCER = "sum over the three channels"


def quick() -> tuple[str, ...]:
    """The maps that are made unless others are asked for: those of a few dozen passes at most."""
    return tuple(name for name, entry in EXPLAINERS.items() if entry.facts.get("quick"))


def is_signed(name: str, settings: Settings | None = None) -> bool:
    """Whether a map has both signs with these settings (a blue and red scale), or none is negative."""
    entry = EXPLAINERS[name]
    fact = entry.facts.get("signed", True)
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
    should_stop: Callable[[], bool] | None = None,
) -> Attribution:
    """The map (H, W) of one crop (H, W, 3), uint8 or float32 in [0, 1]: the very input that the verdict sees.

    `target` is what is explained: the logit "fake", the logit "real", or their margin fake - real. `quality` False
    leaves the figures out, and their passes. Raises `InputError` for an unknown map, target or setting, and
    `StopRequested` when `should_stop` says so between two passes.
    """
    given = EXPLAINERS[name].settings(settings)
    tick, backs = _Ticker(should_stop), _backs((name,), quality=quality)
    with _at_work(detector, crop, target, seed, tick, backs) as context:
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
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Verdict, list[Attribution]]:
    """The verdict on a crop and several maps of it; `settings` by the name of the map.

    Verdict, Saliency and Input x Gradient come out of one pass forward and one back. Each map is the one that `run`
    makes, whatever others are asked for. A stop keeps the maps that are done.
    """
    given = {name: EXPLAINERS[name].settings((settings or {}).get(name)) for name in names}
    found: list[Attribution] = []
    of = content_id(to_uint8(crop))
    tick, backs = _Ticker(), _backs(names, quality=quality)
    with _at_work(detector, crop, target, seed, tick, backs) as context:
        verdict = context.verdict()
        tick.should_stop = should_stop
        try:
            for name in names:
                found.append(_map(name, given[name], context, of, quality=quality))
                if progress:
                    progress(len(found), len(names))
        except StopRequested:
            pass
    return verdict, found


def _backs(names: Sequence[str], *, quality: bool) -> int:
    """How many ways back through the verdict's own pass some maps take: one for all that use the plain gradient."""
    ways = {EXPLAINERS[name].facts["way"] for name in names if "way" in EXPLAINERS[name].facts}
    return len(ways | {"gradient"}) if ways and quality else max(1, len(ways))


@dataclass(slots=True)
class _Ticker:
    """Raises `StopRequested` where somebody asked to stop."""

    should_stop: Callable[[], bool] | None = None

    def __call__(self) -> None:
        if self.should_stop and self.should_stop():
            raise StopRequested


@contextmanager
def _at_work(
    detector: Detector, crop: Array, target: Target, seed: int, tick: Callable[[], None], backs: int
) -> Iterator[Context]:
    """The context of a crop; meanwhile nobody else uses the network, and afterwards it is as it was."""
    if target not in LogitSelector.WEIGHTS:
        raise InputError(f"the target of a map is one of {', '.join(LogitSelector.WEIGHTS)}; what came is {target!r}")
    with detector.lock, preserve_state(detector.model), torch.inference_mode(False), torch.enable_grad():
        yield Context(detector, to_tensor(crop), target, seed=seed, backs=backs, tick=tick)


def _map(name: str, given: Settings, context: Context, of: str, *, quality: bool) -> Attribution:
    entry: Entry[Explainer] = EXPLAINERS[name]
    begun = time.perf_counter()
    found = entry.function(context, **given)
    reduced = _over_channels(found.values.detach()[0].numpy())
    seconds = time.perf_counter() - begun
    return Attribution(
        method=name,
        settings=given,
        target=context.target,
        of=of,
        map=reduced,
        signed=is_signed(name, given),
        quality=_figures(found, context) if quality else (),
        seconds=seconds,
    )


def _over_channels(values: Array) -> Array:
    """The sum (H, W) over the channels of (C, H, W): channel by channel, as they may lie side by side in memory."""
    total = values[0].astype(np.float32)
    for channel in values[1:]:
        total += channel
    return total


def _figures(found: Found, context: Context) -> Figures:
    """The figures of a map, each with the reason where it means nothing because the map is zero."""
    why = context.degenerate(found.values)
    return tuple(replace(figure, degenerate=why or figure.degenerate) for figure in found.quality())


def scalar_and_gradient(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """The network's output (N, 1) and its gradient for the input (N, 3, H, W), from one graph."""
    x = x.detach().requires_grad_(True)
    out: Tensor = model(x)
    (gradient,) = torch.autograd.grad(out.sum(), x)
    return out.detach(), gradient


def completeness_error(attribution: Tensor, at_input: float, at_baseline: float) -> float:
    """|sum of the map - (f(x) - f(baseline))| / |f(x) - f(baseline)|: 0 when every bit of the output is accounted for.

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


def spread(mean: Tensor, variance: Tensor, samples: int) -> QualityMetric:
    """How much a sampled map scatters: `mean` and `variance` over the samples, of each value."""
    error = (variance.clamp(min=0) / samples).sqrt()
    return QualityMetric(
        "spread",
        float(error.mean() / max(float(mean.abs().mean()), 1e-12)),
        "lower",
        "The standard error of a pixel's value over the samples, as a multiple of the mean absolute value: above 1 "
        "a single pixel's value is noise.",
    )
