"""Make Pinhasov's table 9: what a map costs beside the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch

from ..attack_detectors.base import scale_map
from ..detectors import Detector
from ..detectors.device import chosen_device, put_on
from ..media.images import to_tensor
from ..types import Array
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from . import pinhasov_paper as paper
from .attack_examples import CLEAN, face_maps
from .detect_backbones import build_detect_resnet
from .detect_study import DetectStudy
from .detect_tables import NAME, padded, stands_for

MAX_FACES = 15  # faces
BASELINE = "Baseline"


def overhead_table(study: DetectStudy) -> StudyTable:
    """Time verdict and attack detector, without a map and with each."""
    with torch.random.fork_rng(devices=[]):
        judge = put_on(build_detect_resnet(study.given.backbone, study.context.data), chosen_device()).eval()
    found = study.collect([study.lane(one, "test", (), ()) for one in study.detectors])
    counts, rows = [], []
    for examples in reversed(found):
        faces = [crop for block in examples.blocks(CLEAN) for crop in block.crops][:MAX_FACES]
        seconds = _seconds(study, examples.lane.detector, judge, faces)
        counts.append(len(seconds[BASELINE]))
        rows.append((examples.lane.detector.name, *_cells(seconds)))
    clock = "processor time" if chosen_device() == "cpu" else "time by the clock"
    shares = {title: rows[-1][2 + place] for place, title in enumerate(paper.MAPS.values()) if rows[-1][2 + place]}
    said = ", ".join(f"{title} {cell}" for title, cell in shares.items())
    return StudyTable(
        NAME,
        "table 9",
        ("model", BASELINE, *paper.MAPS.values()),
        tuple(rows),
        _printed(len(study.detectors)),
        study.settings(),
        min(counts),
        "Milliseconds of a face: verdict and attack detector without a map, and with each",
        f"On {rows[-1][0]} a face takes {rows[-1][1]} ms; with a map {said}.",
        (
            f"Median {clock} of a face, {' and '.join(map(str, counts))} faces; per cent are medians over the faces, "
            f"each timed with and without. {torch.get_num_threads()} threads.",
            stands_for(study),
            "Memory is not measured: the paper prints about 1 GB more with a map.",
        ),
    )


def _seconds(
    study: DetectStudy, detector: Detector, judge: torch.nn.Module, faces: list[Array]
) -> dict[str, list[float]]:
    """Time each way on each face, after one face that warms up."""
    ways: dict[str, Callable[[Array], None]] = {BASELINE: lambda crop: _without(detector, judge, crop)}
    for name in study.maps:
        ways[name] = lambda crop, name=name: _with(detector, judge, crop, name, study.context.seed)  # type: ignore[misc]
    found: dict[str, list[float]] = {name: [] for name in ways}
    clock = time.process_time if chosen_device() == "cpu" else time.perf_counter
    steps = study.context.progress.counter(len(faces) + 1, f"Timing on {detector.name}, faces")
    for number, crop in enumerate([faces[0], *faces]):
        if number > 2 and study.context.out_of_time():
            break
        for name, work in ways.items():
            begun = clock()
            work(crop)
            if number:
                found[name].append(clock() - begun)
        steps.step()
    return found


@torch.inference_mode()
def _without(detector: Detector, judge: torch.nn.Module, crop: Array) -> None:
    detector.verdict(crop)
    x = to_tensor(crop)
    judge(x, torch.zeros_like(x[:, :1]))


def _with(detector: Detector, judge: torch.nn.Module, crop: Array, name: str, seed: int) -> None:
    (made,) = face_maps(detector, crop, (name,), seed=seed)  # the verdict comes from the same passes
    with torch.inference_mode():
        judge(to_tensor(crop), scale_map(torch.from_numpy(made)[None, None]))


def _cells(seconds: dict[str, list[float]]) -> tuple[StudyCell, ...]:
    plain = np.asarray(seconds[BASELINE])
    cells: list[StudyCell] = [round(1000 * float(np.median(plain)), 1)]
    for name in paper.MAPS:
        own = np.asarray(seconds.get(name, ()))
        if not len(own):
            cells.append(None)
            continue
        more = 100 * (float(np.median(own / plain)) - 1)
        cells.append(f"{1000 * float(np.median(own)):.1f} ({more:+.0f}%)")
    return tuple(cells)


def _printed(detectors: int) -> tuple[StudyRow, ...]:
    """Return the paper's rows beside ours: the second detector's comes first."""
    names = (paper.DETECTORS[1], "EfficientNet")
    rows: list[StudyRow] = [
        (name, plain, *padded([f"{ms} (+{more}%)" for ms, more in cells], len(paper.MAPS)))
        for name, (plain, cells) in zip(names, paper.OVERHEAD, strict=True)
    ]
    empty: StudyRow = ("", *padded((), 1 + len(paper.MAPS)))
    return (rows[1],) if detectors == 1 else (*(empty for _ in range(detectors - 2)), *rows)
