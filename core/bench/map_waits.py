"""Time maps over the passes that they are made of."""

from __future__ import annotations

import time
from functools import partial

from .. import explain
from ..detectors import Detector
from ..detectors.random_init import installed_or_random
from ..types import Array, Settings
from .map_bench import XCEPTION, unit_of
from .pipeline_rows import PipelineRow, ratio_row
from .timing import Work, time_pairs

XCEPTION_SAMPLES = 8  # of SHAP: two passes of several images; more cost as much each
TOGETHER = ("saliency", "input-x-gradient")


def map_rows(detector: Detector, crop: Array, *, pairs: int, repeats: int, samples: int = 24) -> list[PipelineRow]:
    """Time maps of a crop over plain passes forward and back.

    Their quality metrics are not measured.

    Args:
        detector: the one that is explained; LRP is timed on Xception's network, too.
        crop: (H, W, 3) uint8.
        pairs: timed runs in turn.
        repeats: calls in one timing of what takes milliseconds.
        samples: of SHAP; fewer on Xception's network.
    """
    xception, weights = installed_or_random(XCEPTION, 0)
    like = XCEPTION if weights == "installed" else f"{XCEPTION}'s network with random weights"
    together = partial(explain.run_all, TOGETHER, detector, crop, quality=False)
    few = min(samples, XCEPTION_SAMPLES)
    return [
        _row(
            "verdict, Saliency and Input x Gradient",
            together,
            detector,
            crop,
            1,
            pairs=pairs,
            repeats=repeats,
            aim=1.05,
        ),
        _row("LRP", _map("lrp", detector, crop), detector, crop, 1, pairs=pairs, repeats=repeats, aim=2.0),
        _row(f"LRP on {like}", _map("lrp", xception, crop), xception, crop, 1, pairs=pairs, repeats=1, aim=2.0),
        _row(
            f"SHAP of {samples} samples",
            _map("shap", detector, crop, {"samples": samples}),
            detector,
            crop,
            samples,
            pairs=pairs,
            repeats=1,
            aim=1.0,
        ),
        _row(
            f"SHAP of {few} samples on {like}",
            _map("shap", xception, crop, {"samples": few}),
            xception,
            crop,
            few,
            pairs=pairs,
            repeats=1,
            aim=1.0,
        ),
    ]


def _map(name: str, detector: Detector, crop: Array, settings: Settings | None = None) -> Work:
    return partial(explain.run, name, detector, crop, settings, quality=False)


def _row(
    what: str, ours: Work, detector: Detector, crop: Array, passes: int, *, pairs: int, repeats: int, aim: float
) -> PipelineRow:
    """Time a call over so many passes forward and back, each of one image."""
    unit = unit_of(detector, crop)
    times = time_pairs(
        partial(repeat, ours, repeats), partial(repeat, unit, passes * repeats), pairs=pairs, clock=time.perf_counter
    )
    over = f"{passes} passes forward and back" if passes > 1 else "one pass forward and back"
    return ratio_row(what, over, [(one / repeats, other / repeats) for one, other in times], aim=aim)


def repeat(work: Work, times: int) -> None:
    """Call some times in a row."""
    for _ in range(times):
        work()
