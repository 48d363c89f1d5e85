"""One frame under attack: every judged face attacked, put back, and looked for again, in rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from .. import pipeline
from ..attacks import AttackCallbacks
from ..detectors import Detector
from ..faces.detection import CROP_SCALE, find_faces
from ..faces.tracking import match_boxes
from ..media.images import reflect_index, square_about
from ..types import Array, Box, Face, JudgedFace, Settings, Verdict

SAME = 0.3  # overlap (IoU) from which a box in the attacked frame is the same face
Corner = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True, slots=True, eq=False)
class AttackedFace:
    """One face of one frame, before and after; `face` is kept without its pixels, `box` is where it was attacked.

    `after_crop` is the verdict on the attacked crop itself, `after_frame` on the crop that is found again in the
    attacked frame in memory, `after_file` on that in the written file; None where no face was found, or it gets no
    verdict. `linf` is the largest change of a pixel inside the attacked square, file against original, in [0, 1];
    `rounds` counts the attacks, `queries` and `seconds` are those of all of them; `notes` are those of the last
    attack (a budget of 0, a face that was called real already), `unjudged` says why there is no verdict from the file.
    """

    face: Face
    box: Box
    before: Verdict
    after_crop: Verdict
    after_frame: Verdict | None
    rounds: int
    queries: int
    seconds: float
    stopped: bool
    after_file: Verdict | None = None
    linf: float | None = None
    notes: tuple[str, ...] = ()
    unjudged: str | None = None


@dataclass(slots=True, eq=False)
class Work:
    """One job: what is asked for, what came of each frame so far, and whether somebody asked to stop."""

    detector: Detector
    attack: str
    settings: Settings
    seed: int
    stop_at: float | None
    rounds: int
    should_stop: Callable[[], bool] | None
    on_query: Callable[[int, float], None] | None = None
    stopped: bool = False
    places: dict[int, int] = field(default_factory=dict)  # frame of the medium -> frame of the file
    faces: dict[int, list[AttackedFace]] = field(default_factory=dict)

    def stop(self) -> bool:
        """Whether somebody asked to stop, now or before."""
        self.stopped = self.stopped or (self.should_stop is not None and self.should_stop())
        return self.stopped


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A face while its frame is under attack: the attacked `pixels` and their `box`, and where it is found `now`."""

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
    def due(self) -> bool:
        """Whether it is to be attacked (again): not where the attack failed on the very crop that it was made for."""
        return self.pixels is None or (_is_real(self.after_crop) and not _is_real(self.after_frame))


def attack_frame(work: Work, frame: Array, faces: list[Face]) -> tuple[Array, list[AttackedFace]]:
    """The frame with every judged face attacked, and what came of each; where squares overlap, the later one holds."""
    judged = [pipeline.judge(work.detector, face) for face in faces]
    held = [_Held(item, item.face.box, item.face.box) for item in judged if item.verdict is not None]
    best, best_held, best_score = frame, held, (-1, -np.inf)
    for turn in range(work.rounds):
        if not any(item.due for item in held) or (turn and work.stop()):
            break
        for i, item in enumerate(held):
            if item.due:
                held[i] = _attack_face(work, frame, held[:i] + held[i + 1 :], item, work.seed + turn)
        changed = _put_together(frame, held)
        held = _look_again(work.detector, changed, held)
        score = sum(_is_real(item.after_frame) for item in held), -sum(_margin(item.after_frame) for item in held)
        if score > best_score:
            best, best_held, best_score = changed, list(held), score
    return best, [_outcome(item, last, work.stopped) for item, last in zip(best_held, held, strict=True)]


def _is_real(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.label == "real"


def _margin(verdict: Verdict | None) -> float:
    return 1e6 if verdict is None else verdict.margin


def _outcome(item: _Held, last: _Held, stopped: bool) -> AttackedFace:
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
    """Left, top, width and height, in whole pixels, of what is judged of a face whose box is now `box`."""
    if face.is_precropped:
        return 0, 0, round(face.box[2]), round(face.box[3])
    left, top, side = square_about(box, scale=CROP_SCALE)
    return left, top, side, side


def _lines(corner: Corner, frame: Array) -> tuple[Array, Array]:
    """The rows and columns of the frame (H, W, 3) that a square is made of, in its order, reflected ones again."""
    left, top, width, height = corner
    rows = reflect_index(np.arange(top, top + height), frame.shape[0])
    return rows, reflect_index(np.arange(left, left + width), frame.shape[1])


def where(face: Face, box: Box, frame: Array) -> tuple[slice, slice]:
    """The part of the frame that a face's crop is made of when its box is `box`: rows and columns."""
    rows, columns = _lines(_corner(face, box), frame)
    return slice(int(rows.min()), int(rows.max()) + 1), slice(int(columns.min()), int(columns.max()) + 1)


def _put_together(frame: Array, held: Sequence[_Held]) -> Array:
    changed = frame.copy()
    for item in held:
        if item.pixels is not None:
            changed[where(item.judged.face, item.box, frame)] = item.pixels
    return changed


class Reflected(nn.Module):
    """A detector of the pixels of a frame that a crop is made of, (N, 3, h, w) to (N, 2): it reflects them itself.

    The gradient of a pixel is then that of all its mirror images, and what is attacked is what the file can hold.
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


def _attack_face(work: Work, frame: Array, others: Sequence[_Held], item: _Held, seed: int) -> _Held:
    """One attack on a face at its place now, on the original pixels; where others overlap it, on theirs, held to the
    larger of the changes about the original.
    """
    part = where(item.judged.face, item.now, frame)
    rows, columns = _lines(_corner(item.judged.face, item.now), frame)
    original, base = frame[part], _put_together(frame, others)[part]
    detector = work.detector
    if base.shape[:2] != (len(rows), len(columns)):
        model = Reflected(detector.model, rows - part[0].start, columns - part[1].start)
        detector = replace(detector, model=model)
    callbacks = AttackCallbacks(work.on_query, work.stop, work.stop_at)
    result = pipeline.attack(detector, base, work.attack, work.settings, seed=seed, callbacks=callbacks)
    changed = pipeline.attacked_crop(result)
    if not np.array_equal(base, original):
        reach = round(255 * max([result.linf, *(other.linf for other in others)]))
        lower, upper = original.astype(np.int16) - reach, original.astype(np.int16) + reach
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


def match(boxes: Sequence[Box], faces: Sequence[Face]) -> list[Face | None]:
    """For each box the face that overlaps it most, at least by `SAME` (IoU); each face once."""
    chosen = match_boxes(boxes, [face.box for face in faces], min_iou=SAME)
    return [faces[chosen[i]] if i in chosen else None for i in range(len(boxes))]


def _look_again(detector: Detector, frame: Array, held: Sequence[_Held]) -> list[_Held]:
    """The faces with their verdicts and places from a fresh search of the frame."""
    found = match([item.judged.face.box for item in held], find_faces(frame))
    out = []
    for item, face in zip(held, found, strict=True):
        after = None if face is None else pipeline.judge(detector, face).verdict
        out.append(replace(item, after_frame=after, now=item.now if face is None else face.box))
    return out
