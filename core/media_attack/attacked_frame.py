"""Attack every judged face of one frame and re-detect it, in rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from .. import pipeline
from ..attack_detectors import AttackDetector
from ..attacks import AttackCallbacks
from ..detectors import Detector
from ..faces.detection import CROP_SCALE, find_faces
from ..faces.tracking import match_boxes
from ..media.images import reflect_index, square_about
from ..progress import Progress
from ..types import Array, Box, Face, JudgedFace, Settings, Verdict
from ..types.attacked_values import AttackedFace

MIN_IOU = 0.3  # overlap (IoU) from which a box in the attacked frame is the same face
Corner = tuple[int, int, int, int]  # left, top, width, height


@dataclass(slots=True, eq=False)
class AttackJob:
    """Hold an attack's request and what came of each frame so far."""

    detector: Detector
    attack: str
    settings: Settings
    seed: int
    stop_at: float | None
    rounds: int
    progress: Progress
    attack_detector: AttackDetector | None = None  # for attacks that evade one; the default one if missing
    stopped: bool = False
    file_indices: dict[int, int] = field(default_factory=dict)  # frame of the medium -> frame of the file
    faces: dict[int, list[AttackedFace]] = field(default_factory=dict)

    def stop(self) -> bool:
        """Tell whether somebody asked to stop, now or before."""
        self.stopped = self.stopped or self.progress.should_stop()
        return self.stopped


@dataclass(frozen=True, slots=True, eq=False)
class _FaceState:
    """Hold a face while its frame is attacked.

    pixels, box: of the attacked region; now: the box where it is detected at present.
    """

    judged: JudgedFace
    box: Box
    now: Box
    pixels: Array | None = None
    after_crop: Verdict | None = None
    after_frame: Verdict | None = None
    rounds: int = 0
    queries: int = 0
    seconds: float = 0.0
    linf: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def needs_attack(self) -> bool:
        """Tell whether to attack it (again): not where the attack failed on its own crop."""
        return self.pixels is None or (_is_real(self.after_crop) and not _is_real(self.after_frame))


def attack_frame(job: AttackJob, frame: Array, faces: list[Face]) -> tuple[Array, list[AttackedFace]]:
    """Attack every judged face of a frame; return the frame and the outcomes.

    Where squares overlap, the later one holds.
    """
    judged = [pipeline.judge(job.detector, face) for face in faces]
    states = [_FaceState(item, item.face.box, item.face.box) for item in judged if item.verdict is not None]
    best, best_held, best_score = frame, states, (-1, -np.inf)
    for number in range(job.rounds):
        if not any(item.needs_attack for item in states) or (number and job.stop()):
            break
        for i, item in enumerate(states):
            if item.needs_attack:
                states[i] = _attack_face(job, frame, states[:i] + states[i + 1 :], item, job.seed + number)
        changed = _paste(frame, states)
        states = _redetect(job.detector, changed, states)
        score = sum(_is_real(item.after_frame) for item in states), -sum(_margin(item.after_frame) for item in states)
        if score > best_score:
            best, best_held, best_score = changed, list(states), score
    return best, [_outcome(item, last, job.stopped) for item, last in zip(best_held, states, strict=True)]


def _is_real(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.label == "real"


def _margin(verdict: Verdict | None) -> float:
    return 1e6 if verdict is None else verdict.margin


def _outcome(item: _FaceState, last: _FaceState, stopped: bool) -> AttackedFace:
    face, before = item.judged.face, item.judged.verdict
    assert before is not None
    assert item.after_crop is not None
    # A video's crops would fill the memory: one pixel of each is kept.
    small = replace(face, crop=face.crop[:1, :1].copy())
    return AttackedFace(
        small,
        item.box,
        before,
        item.after_crop,
        item.after_frame,
        last.rounds,
        last.queries,
        last.seconds,
        stopped,
        notes=item.notes,
    )


def _corner(face: Face, box: Box) -> Corner:
    """Return left, top, width and height of what is judged.

    `box`: where it is at present.
    """
    if face.is_precropped:
        return 0, 0, round(face.box[2]), round(face.box[3])
    left, top, side = square_about(box, scale=CROP_SCALE)
    return left, top, side, side


def _lines(corner: Corner, frame: Array) -> tuple[Array, Array]:
    """Return the rows and columns of the frame (H, W, 3) in a square, reflected ones repeated."""
    left, top, width, height = corner
    rows = reflect_index(np.arange(top, top + height), frame.shape[0])
    return rows, reflect_index(np.arange(left, left + width), frame.shape[1])


def face_region(face: Face, box: Box, frame: Array) -> tuple[slice, slice]:
    """Return the rows and columns of the frame that a face's crop consists of."""
    rows, columns = _lines(_corner(face, box), frame)
    return slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)


def _paste(frame: Array, states: Sequence[_FaceState]) -> Array:
    changed = frame.copy()
    for item in states:
        if item.pixels is not None:
            changed[face_region(item.judged.face, item.box, frame)] = item.pixels
    return changed


class Reflected(nn.Module):
    """Judge the pixels of a frame that a crop consists of, reflecting them inside.

    (N, 3, h, w) to (N, 2). The gradient of a pixel is then that of all its mirror images, and what is attacked is what
    the file can hold.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, model: nn.Module, rows: Array, columns: Array) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("rows", torch.from_numpy(rows), persistent=False)
        self.register_buffer("columns", torch.from_numpy(columns), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the logits of the reflected crops."""
        out: Tensor = self.model(x.index_select(2, self.rows).index_select(3, self.columns))
        return out


def _attack_face(job: AttackJob, frame: Array, others: Sequence[_FaceState], item: _FaceState, seed: int) -> _FaceState:
    """Attack a face at its present box, on the original pixels.

    Where others overlap it, on theirs, projected to the larger of the budgets around the original.
    """
    part = face_region(item.judged.face, item.now, frame)
    rows, columns = _lines(_corner(item.judged.face, item.now), frame)
    original, base = frame[part], _paste(frame, others)[part]
    detector = job.detector
    if base.shape[:2] != (len(rows), len(columns)):
        model = Reflected(detector.model, rows - part[0].start, columns - part[1].start)
        detector = replace(detector, model=model)
    callbacks = AttackCallbacks(job.progress, job.stop_at)
    result = pipeline.attack(
        detector, base, job.attack, job.settings, seed=seed, callbacks=callbacks, attack_detector=job.attack_detector
    )
    job.stopped = job.stopped or result.stopped
    changed = pipeline.attacked_crop(result)
    if not np.array_equal(base, original):
        budget = round(255 * max([result.linf, *(other.linf for other in others)]))
        lower, upper = original.astype(np.int16) - budget, original.astype(np.int16) + budget
        changed = np.clip(changed, np.clip(lower, 0, 255), np.clip(upper, 0, 255)).astype(np.uint8)
    return replace(
        item,
        box=item.now,
        pixels=changed,
        after_crop=result.after,
        rounds=item.rounds + 1,
        queries=item.queries + result.queries,
        seconds=item.seconds + result.seconds,
        linf=result.linf,
        notes=result.notes,
    )


def match_faces(boxes: Sequence[Box], faces: Sequence[Face]) -> list[Face | None]:
    """Match each box to the face that overlaps it most."""
    chosen = match_boxes(boxes, [face.box for face in faces], min_iou=MIN_IOU)
    return [faces[chosen[i]] if i in chosen else None for i in range(len(boxes))]


def _redetect(detector: Detector, frame: Array, states: Sequence[_FaceState]) -> list[_FaceState]:
    """Detect and judge the faces of the changed frame again."""
    found = match_faces([item.judged.face.box for item in states], find_faces(frame))
    out = []
    for item, face in zip(states, found, strict=True):
        after = None if face is None else pipeline.judge(detector, face).verdict
        out.append(replace(item, after_frame=after, now=item.now if face is None else face.box))
    return out
