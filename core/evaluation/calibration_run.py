"""Calibrate a detector on a folder of labelled media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..detectors.calibration.fit import calibrate, sharpness_limit
from ..detectors.calibration.out_of_distribution import fit_ood_model
from ..detectors.inference_queue import long_work
from ..detectors.video_rules import longest_track
from ..faces.rejection import rejection_reason, sharpness, yaw_ratio
from ..media.datasets import open_dataset
from ..progress import NO_PROGRESS, Progress
from ..types import FAKE, REAL, Array, Face, InputError, JudgedFace, content_id
from ..types.calibration import BlurLevel, Calibration, CalibrationFaces, RejectionLimits
from .fold_judges import source_of

BLURS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)  # sigma in pixels of a crop of 200
MAX_BLURRED = 120  # faces of each class that the blur is measured on
TURN_QUANTILE = 0.999  # the share of calibration faces that is turned no farther than what is allowed
MIN_LIMIT_FACES = 100  # faces, below which no limit and no distance is set


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    face: Face
    label: int
    group: str
    margin: float
    features: Array


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutFolder:
    """Hold a folder that a detector was trained on, with detectors that were not.

    data: the folder.
    judges: a source, as `source_of` names it, to the detector of the same training that never saw it. Media of other
        sources do not count.
    frames: of a video.
    """

    data: Path
    judges: Mapping[str, Detector]
    frames: int = 16


@long_work()
def calibrate_on(
    detector: Detector,
    data: Path,
    *,
    method: str = "temperature",
    risk: float = 0.1,
    frames: int = 8,
    held_out: HeldOutFolder | None = None,
    progress: Progress = NO_PROGRESS,
) -> Calibration:
    """Calibrate a detector on real/ and folders of forgeries, or on FaceForensics++'s layout.

    Besides `calibration.fit.calibrate`: `ood`, `limits` for rejection (sharpness and yaw, with the table that the
    sharpness was read from) and `rows`, from which a stacked ensemble can be trained.

    Args:
        detector: is not changed.
        data: the folder.
        method: "temperature", "platt" or "isotonic".
        risk: share of each class that may be misclassified outside of the inconclusive band.
        frames: of a video.
        held_out: media that count too, their scores by weights that were not trained on them.
        progress: told each medium, kind by kind; a stop raises `StopRequested`.
    """
    bare = replace(detector, calibration=None)
    rows, missing = _judge_all(bare, data, frames, progress)
    rows += _held_out_rows(bare, held_out) if held_out else []
    margins, labels = np.asarray([r.margin for r in rows]), np.asarray([r.label for r in rows])
    groups = np.asarray([r.group for r in rows])
    found = calibrate(margins, labels, groups, method=method, risk=risk, data=f"{data.name} ({len(rows)} faces)")
    found = replace(found, no_verdict=missing, rows=_faces(rows))
    if len(rows) < MIN_LIMIT_FACES:
        return found
    limits, blur = _limits(bare, rows)
    ood = fit_ood_model(np.stack([r.features for r in rows]), groups)
    return replace(found, ood=ood, limits=limits, blur=blur)


def _faces(rows: list[_Row]) -> CalibrationFaces:
    return CalibrationFaces(
        id=tuple(content_id(row.face.crop)[:20] for row in rows),
        margin=tuple(round(row.margin, 4) for row in rows),
        label=tuple(row.label for row in rows),
        group=tuple(row.group for row in rows),
        sharpness=tuple(round(float(sharpness(row.face.crop)), 4) for row in rows),
    )


def _judge_all(bare: Detector, data: Path, frames: int, progress: Progress) -> tuple[list[_Row], int]:
    """Judge a folder's faces; also count the media without any."""
    rows: list[_Row] = []
    missing = 0
    for kind, items in open_dataset(data).kinds.items():
        before = len(rows)
        for item in progress.each(items, f"Judging {kind}, media"):
            found = [row for file in item.files for row in _rows(bare, file, label=int(kind != "real"), frames=frames)]
            missing += not found
            rows += found
        progress.emit(f"{kind}: {len(rows) - before} faces judged")
    if not rows:
        raise InputError(f"{data}: no face could be judged in any of its media")
    return rows, missing


def _rows(bare: Detector, path: Path, *, label: int, frames: int) -> Iterator[_Row]:
    """Yield the judged faces of a medium's longest track, whatever their scores."""
    judged, known = [], {}
    try:
        for face in pipeline.detect_faces(pipeline.open_searched(path, frames=frames), frames=frames):
            if rejection_reason(face) is None:
                logits, known[face.id] = bare.features(face.crop)
                judged.append(JudgedFace(face, bare.verdict_of(logits)))
    except InputError:
        return
    if track := longest_track(judged):
        for item, margin in zip(track.judged, track.margins.tolist(), strict=True):
            yield _Row(item.face, label, source_of(path), margin, known[item.face.id])


def _held_out_rows(bare: Detector, held_out: HeldOutFolder) -> list[_Row]:
    """Judge media by weights that never saw them; keep the detector's features."""
    rows = []
    for kind, items in open_dataset(held_out.data).kinds.items():
        for file in (file for item in items for file in item.files):
            judge = held_out.judges.get(source_of(file))
            if judge:
                found = _rows(replace(judge, calibration=None), file, label=int(kind != "real"), frames=held_out.frames)
                rows += [replace(row, features=bare.features(row.face.crop)[1]) for row in found]
    return rows


def _limits(bare: Detector, rows: list[_Row]) -> tuple[RejectionLimits, tuple[BlurLevel, ...]]:
    """Measure the lowest sharpness, by AUC on blurred faces, and the largest yaw."""
    rng = np.random.default_rng(0)
    sampled = [
        [rows[i] for i in rng.permutation([i for i, row in enumerate(rows) if row.label == k])[:MAX_BLURRED]]
        for k in (0, 1)
    ]
    sharp: dict[float, Array] = {}
    scores: dict[float, tuple[Array, Array]] = {}
    for blur in BLURS:
        crops = [[_blurred(row.face.crop, blur) for row in part] for part in sampled]
        sharp[blur] = np.asarray([sharpness(crop) for part in crops for crop in part])
        real, fake = (np.asarray([_margin(bare, crop) for crop in part]) for part in crops)
        scores[blur] = (real, fake)
    least, table = sharpness_limit(sharp, scores)
    aside = np.quantile([yaw_ratio(row.face.landmarks) for row in rows], TURN_QUANTILE)
    return RejectionLimits(least, float(aside)), table


def _blurred(crop: Array, blur: float) -> Array:
    sigma = blur * crop.shape[0] / 200
    return cv2.GaussianBlur(crop, (0, 0), sigma) if sigma > 0 else crop


def _margin(bare: Detector, crop: Array) -> float:
    logits, _ = bare.features(crop)
    return float(logits[FAKE] - logits[REAL])
