"""Measure the two-step search for faces beside the search at full size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..faces.detection import find_faces
from ..faces.rejection import rejection_reason
from ..faces.tracking import iou, match_boxes
from ..faces.video_search import VideoSearch
from ..media.datasets import VIDEOS, count_reasons, media_in, subsample, without_name
from ..media.frame_choice import FRAMES
from ..media.open import evenly_spaced, open_media
from ..progress import NO_PROGRESS, Progress
from ..types import Face, InputError
from ..types.face_search_metrics import BoxAgreement, FaceRecall, FaceSearchEvaluation

SAME = 0.5  # IoU from which two boxes are of one face


@dataclass(slots=True)
class _Counts:
    """Count over frames.

    seen: of each face of the full search, whether it is judgeable, and whether it was found.
    """

    frames: int = 0
    whole: int = 0
    added: int = 0
    seen: list[tuple[bool, bool]] = field(default_factory=list)
    ious: list[float] = field(default_factory=list)

    def add(self, found: Sequence[Face], expected: Sequence[Face]) -> None:
        """Count a frame's faces of both searches."""
        boxes, others = [face.box for face in expected], [face.box for face in found]
        matched = match_boxes(boxes, others, min_iou=SAME)
        self.frames += 1
        self.added += len(found) - len(matched)
        self.seen += [(rejection_reason(face) is None, i in matched) for i, face in enumerate(expected)]
        self.ious += [float(iou([boxes[i]], [others[j]])[0, 0]) for i, j in matched.items()]

    def join(self, other: _Counts) -> None:
        """Add what was counted in one video."""
        self.frames += other.frames
        self.whole += other.whole
        self.added += other.added
        self.seen += other.seen
        self.ious += other.ious


def evaluate_face_search(
    data: Path, *, frames: int = FRAMES, limit: int | None = None, progress: Progress = NO_PROGRESS
) -> FaceSearchEvaluation:
    """Compare both searches on the videos of a folder, frame by frame.

    Pictures are searched at full size only.

    Args:
        data: a folder; videos also in subfolders.
        frames: of a video, evenly spaced.
        limit: how many videos, evenly spaced; all if missing.
        progress: told each video; a stop raises `StopRequested`.
    """
    if not data.is_dir():
        raise InputError(f"{data} is not a folder; the search for faces is measured on a folder with videos")
    paths = [path for path in media_in(data) if path.suffix.lower() in VIDEOS]
    if not paths:
        raise InputError(f"{data} has no videos (by their suffix: {', '.join(sorted(VIDEOS))})")
    counts, left_out, videos = _Counts(), list[str](), 0
    for path in progress.each(subsample(paths, limit or len(paths)), "Searching for faces, videos"):
        try:
            counts.join(_search(path, frames))
            videos += 1
        except InputError as error:
            left_out.append(without_name(error, path))
    if not counts.frames:
        raise InputError(f"{data}: no frame of its videos could be read: {'; '.join(count_reasons(left_out))}")
    return FaceSearchEvaluation(
        videos=videos,
        frames=counts.frames,
        all=_recall([found for _, found in counts.seen]),
        judgeable=_recall([found for judgeable, found in counts.seen if judgeable]),
        added=counts.added,
        iou=_agreement(counts.ious),
        at_full_size=counts.whole / counts.frames,
        no_frame=count_reasons(left_out),
    )


def _search(path: Path, frames: int) -> _Counts:
    """Search the frames of one video twice."""
    counts = _Counts()
    media = open_media(path, frames=frames)
    search = VideoSearch()
    for index, frame in media.source.read(evenly_spaced(media.frames, frames)):
        counts.add(search.find(frame, index=index), find_faces(frame, index=index))
        counts.whole += search.at_full_size
    return counts


def _recall(found: Sequence[bool]) -> FaceRecall:
    return FaceRecall(len(found), sum(found), sum(found) / len(found) if found else None)


def _agreement(ious: Sequence[float]) -> BoxAgreement | None:
    if not ious:
        return None
    return BoxAgreement(float(np.mean(ious)), float(np.quantile(ious, 0.05)), min(ious))
