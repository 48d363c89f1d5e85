"""Compare our maps with captum, zennit and shap in units of one pass.

The unit is one forward and backward pass of the detector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import explain, pipeline
from ..detectors import Detector
from ..detectors.base import DEFAULT
from ..detectors.networks.outputs import LogitSelector
from ..detectors.random_init import installed_or_random
from ..explain.base import output_and_gradient
from ..media.images import to_tensor
from ..media_attack import samples
from ..output.records import number
from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError, Settings
from ..types.bench_results import FineDistance, MapBench, MapBenchRow, MapDifference
from .map_metrics import completeness_metric
from .map_peers import PEERS
from .timing import SELF, Counted, Ratio, Work, median_of, median_ratio, threads, time_in_turn

TOGETHER = "verdict+saliency+input-x-gradient"
XCEPTION = "xception-deepfakebench"
NODES = 9  # of Integrated Gradients: ten passes with the one at the baseline
SMALL_SAMPLES, LARGE_SAMPLES = 24, 4  # samples of a small network and of a large one
LARGE = 10_000_000  # weights
FINE = {False: 300, True: 100}  # nodes of the map that Integrated Gradients is compared with, by whether it is large
PAPER = {"saliency": 0.19, "input-x-gradient": 0.21, "guided-backprop": 0.52, "integrated-gradients": 15.39}


def names_of(maps: str) -> tuple[str, ...]:
    """Parse the maps: "all" that have a peer, or names joined by commas."""
    known = (TOGETHER, *PEERS)
    names = known if maps == "all" else tuple(name.strip() for name in maps.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise InputError(f"no library is timed against {name!r}; maps with a peer are: {', '.join(known)}")
    return names


def measure(
    names: Sequence[str],
    detectors: Sequence[str] = (DEFAULT, XCEPTION),
    *,
    pairs: int = 15,
    seed: int = 0,
    on: int = 1,
    progress: Progress = NO_PROGRESS,
) -> MapBench:
    """Measure one row per map and detector, the pipeline's overhead, and the unit's steadiness.

    Large networks are measured for the paper's maps, LRP and SHAP only, with fewer samples.

    Args:
        names: of the maps.
        detectors: names.
        pairs: timed runs of each row.
        seed: of random weights and sampled maps.
        on: number of threads.
        progress: told each row; a stop raises `StopRequested`.
    """
    rows: list[MapBenchRow] = []
    overheads: dict[str, dict[str, float]] = {}
    steady: Ratio | None = None
    with threads(on):
        for name in detectors:
            detector, weights = installed_or_random(name, seed)
            path = samples.sample("portrait.png", detector)
            crop = pipeline.faces_of(pipeline.open_media(path))[0].crop
            steady = steady or steadiness(detector, crop, pairs=pairs)
            wanted = [known for known in names if known == TOGETHER or known in explain.quick() or not large(detector)]
            for map_name in progress.each(wanted, f"Maps on {name}"):
                rows.append(row(map_name, detector, crop, pairs=pairs, seed=seed, weights=weights))
                progress.emit(format_row(rows[-1]))
            quick = [known for known in wanted if known in explain.quick()]
            overheads[name] = pipeline_overheads(detector, path, quick, pairs=pairs)
            progress.emit(f"{name}, the whole pipeline: {_percents(overheads[name])}")
    assert steady is not None
    return MapBench(
        rows=tuple(rows),
        pipeline=overheads[detectors[0]],
        pipelines=overheads,
        paper=PAPER,
        self_ratio=number(steady.value),
        steady=SELF[0] <= steady.value <= SELF[1],
        pairs=pairs,
        threads=on,
        seed=seed,
        torch=torch.__version__,
    )


def _percents(overheads: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {share:+.0%}" for name, share in overheads.items())


def large(detector: Detector) -> bool:
    """Tell whether a network is too slow for all maps."""
    return sum(weight.numel() for weight in detector.model.parameters()) > LARGE


def steadiness(detector: Detector, crop: Array, *, pairs: int) -> Ratio:
    """Time the unit against itself: 1 on a steady machine.

    Ten repetitions each, as one is short.
    """
    unit = unit_of(detector, crop)

    def ten() -> None:
        for _ in range(1 if large(detector) else 10):
            unit()

    return median_ratio(ten, ten, pairs=pairs)


def unit_of(detector: Detector, crop: Array) -> Work:
    """Make the unit: one forward and backward pass to the image."""
    return partial(output_and_gradient, LogitSelector(detector.model, "margin").eval(), to_tensor(crop))


def works_of(name: str, detector: Detector, crop: Array, settings: Settings, samples: int) -> dict[str, Work]:
    """Make our call and the library's for a map, without quality metrics.

    Args:
        name: of the map.
        detector: the one that is explained.
        crop: (H, W, 3) uint8.
        settings: of ours.
        samples: of the library's.
    """
    x = to_tensor(crop)
    if name == TOGETHER:
        both = ("saliency", "input-x-gradient")

        def libraries() -> list[object]:
            return [detector.verdict(crop), *(PEERS[one][1](detector, x, 0) for one in both)]

        return {"ours": partial(explain.run_all, both, detector, crop, quality=False), "peer": libraries}
    return {
        "ours": partial(explain.run, name, detector, crop, settings, quality=False),
        "peer": partial(PEERS[name][1], detector, x, samples),
    }


def row(name: str, detector: Detector, crop: Array, *, pairs: int, seed: int, weights: str) -> MapBenchRow:
    """Measure a map's cost and quality, and its peer's.

    Args:
        name: of the map.
        detector: the one that is explained.
        crop: (H, W, 3) uint8.
        pairs: timed runs.
        seed: of sampled maps.
        weights: of the detector, "installed" or "random".
    """
    samples = LARGE_SAMPLES if large(detector) else SMALL_SAMPLES
    found = _Compared(None, None, None)
    settings: Settings = {}
    if name != TOGETHER:
        theirs = PEERS[name][1](detector, to_tensor(crop), samples).detach()
        settings, found = _beside_peer(name, detector, crop, theirs, samples=samples, seed=seed)
    works = works_of(name, detector, crop, settings, samples)
    counted = replace(detector, model=Counted(detector.model))
    passes = {who: _counted(counted, work) for who, work in works_of(name, counted, crop, settings, samples).items()}
    times = time_in_turn({"unit": unit_of(detector, crop), **works}, rounds=pairs)
    ratio = median_of([time["peer"] / time["ours"] for time in times], seed=seed)
    cost, peer_cost = (median_of([time[who] / time["unit"] for time in times], seed=seed) for who in ("ours", "peer"))
    return MapBenchRow(
        map=name,
        detector=detector.name,
        cost=number(cost.value, 3),
        peer="the verdict, captum Saliency and InputXGradient" if name == TOGETHER else PEERS[name][0],
        peer_cost=number(peer_cost.value, 3),
        ratio=number(ratio.value, 3),
        interval=_pair(ratio),
        passes=passes["ours"][0],
        quality=found.quality,
        peer_quality=found.peer_quality,
        beside=found.beside,
        cost_interval=_pair(cost),
        peer_cost_interval=_pair(peer_cost),
        backwards=passes["ours"][1],
        peer_passes=passes["peer"][0],
        peer_backwards=passes["peer"][1],
        settings=settings,
        unit_seconds=number(float(np.median([time["unit"] for time in times]))),
        weights=weights,
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Hold the quality of our map and of the peer's, and their difference."""

    quality: float | None
    peer_quality: float | None
    beside: MapDifference | None


def _beside_peer(
    name: str, detector: Detector, crop: Array, theirs: Tensor, *, samples: int, seed: int
) -> tuple[Settings, _Compared]:
    """Return our settings, and both maps' quality with their difference."""
    what, measured = completeness_metric(name, detector, crop)
    peer_quality = measured(theirs)
    settings = settings_of(name, samples, peer_quality)
    ours = explain.run(name, detector, crop, settings, seed=seed, quality=False)
    fine = to_fine(detector, crop, ours.map, theirs.sum(1)[0].numpy()) if name == "integrated-gradients" else None
    beside = MapDifference(what, number(difference(ours.map, theirs)), fine)
    return settings, _Compared(number(measured(torch.from_numpy(ours.map)[None, None])), number(peer_quality), beside)


def settings_of(name: str, samples: int, peer_quality: float) -> Settings:
    """Return our settings for equal samples, or for the peer's completeness error."""
    if name == "integrated-gradients":
        return {"steps": NODES, "tolerance": min(1.0, max(1e-6, peer_quality))}
    return {"samples": samples} if name in ("shap", "smoothgrad") else {}


def difference(ours: Array, theirs: Tensor) -> float:
    """Return the largest difference of two maps over the peer's largest value."""
    theirs_ = theirs.sum(1)[0].numpy()
    return float(np.abs(ours - theirs_).max() / max(float(np.abs(theirs_).max()), 1e-30))


def to_fine(detector: Detector, crop: Array, ours: Array, theirs: Array) -> FineDistance:
    """Return the relative distance of two maps (H, W) to Integrated Gradients with many nodes.

    Completeness alone would not tell: ours corrects the nodes' weights until the sum is exact.

    Args:
        detector: the one that is explained.
        crop: (H, W, 3) uint8.
        ours: our map.
        theirs: the peer's map.
    """
    nodes = FINE[large(detector)]
    fine = explain.run("integrated-gradients", detector, crop, {"steps": nodes}, quality=False).map
    one, other = (float(np.linalg.norm(values - fine) / np.linalg.norm(fine)) for values in (ours, theirs))
    return FineDistance(number(one), number(other), nodes)


def _counted(detector: Detector, work: Work) -> tuple[int, int]:
    counter = detector.model
    assert isinstance(counter, Counted)
    counter.passes.update(forwards=0, backwards=0)
    work()
    return counter.forwards, counter.backwards


def pipeline_overheads(detector: Detector, path: Any, names: Sequence[str], *, pairs: int) -> dict[str, float]:
    """Measure each map's overhead as a share of the whole pipeline.

    The pipeline: file opened, face detected and judged. The maps as in the rows, Integrated Gradients with ten passes.
    Source: Pinhasov et al. 2024, table 9.

    Args:
        detector: the one that is explained.
        path: of an image.
        names: of the maps.
        pairs: timed runs.
    """

    def whole(names: Sequence[str]) -> None:
        settings = {
            name: settings_of(name, LARGE_SAMPLES if large(detector) else SMALL_SAMPLES, 0.05) for name in names
        }
        face = pipeline.faces_of(pipeline.open_media(path))[0]
        explain.run_all(names, detector, face.crop, settings, quality=False) if names else pipeline.judge(
            detector, face
        )

    works: dict[str, Work] = {"": partial(whole, ())}
    works |= {name: partial(whole, (name,)) for name in names}
    times = time_in_turn(works, rounds=pairs)
    return {name: round(median_of([time[name] / time[""] for time in times]).value - 1, 4) for name in names}


def _pair(ratio: Ratio) -> tuple[float | None, float | None]:
    low, high = (number(end, 3) for end in ratio.interval)
    return low, high


def format_row(found: MapBenchRow) -> str:
    """Format a row as a line."""
    quality = ""
    if found.quality is not None and found.beside:
        quality = f"; {found.beside.figure} {found.quality:.3g}, {found.peer_quality:.3g}"
    low, high = found.interval
    return (
        f"{found.map} on {found.detector}: {found.cost:.2f} units, {found.peer}: {found.peer_cost:.2f}, "
        f"ratio {found.ratio:.2f} [{low:.2f}, {high:.2f}], passes {found.passes} to {found.peer_passes}"
        f"{quality}"
    )


def table(found: MapBench) -> str:
    """Format the measurements in a few lines."""
    lines = [format_row(one) for one in found.rows]
    lines += [
        f"{name}, the whole pipeline: " + ", ".join(f"{map_name} {share:+.0%}" for map_name, share in shares.items())
        for name, shares in found.pipelines.items()
    ]
    steady = "" if found.steady else f": outside {SELF[0]} to {SELF[1]}, measure again on a steadier machine"
    return "\n".join([*lines, f"the unit against itself: {found.self_ratio:.3f}{steady}"])
