"""Cut training pairs out of videos: fakes beside their originals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import pipeline
from ..evaluation.fold_judges import source_of
from ..evaluation.labelled_faces import most_seen
from ..faces.detection import CROP_SCALE
from ..media.datasets import media_in
from ..media.images import crop_square, square_about
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Face, InputError, Media
from .training_faces import FaceSet
from .training_recipe import MIN_DIFFERENCE, SAME_FRAME, SIDE, PairSet, difference, to_side

FRAMES = 40  # of each original, evenly spaced


@dataclass(frozen=True, slots=True)
class VideoTraining:
    """Say which videos are trained or calibrated on.

    folder: real/ and a folder for each forgery.
    without: sources that are left out.
    trained: whether they are trained on; if not, they calibrate, judged by the weights themselves.
    folds: folders that `train detector` wrote for other runs, each without some sources: they judge these, so that
        the calibration holds for people who were not trained on.
    """

    folder: Path
    without: tuple[str, ...] = ()
    folds: tuple[Path, ...] = ()
    trained: bool = True


def load_video_pairs(videos: VideoTraining, *, frames: int = FRAMES, progress: Progress = NO_PROGRESS) -> PairSet:
    """Cut pairs out of videos in real/ and a folder for each forgery.

    A fake is named after its original as in FaceForensics++: `253_183.mp4` is `253.mp4` with the face of 183. Both
    crops of a pair are the same square of the same frame; a fake without its original counts for nothing.

    Args:
        videos: the folder, and which sources are left out, as target or as the person whose face is put there.
        frames: of each original, evenly spaced.
        progress: told each original; a stop raises `StopRequested`.
    """
    data, without = videos.folder, set(videos.without)
    fakes = [
        path for kind in sorted(data.iterdir()) if kind.is_dir() and kind.name != "real" for path in media_in(kind)
    ]
    images: list[Array] = []
    changed: list[Array] = []
    landmarks, names, original_of, same = [], [], [], []
    originals = [path for path in media_in(data / "real") if not {path.stem, source_of(path)} & without]
    for path in progress.each(originals, "Cutting pairs out of videos, originals"):
        media = pipeline.open_media(path)
        faces = {face.frame: face for face in most_seen(media, frames)}
        place = {}
        for number, face in faces.items():
            place[number] = len(images)
            images.append(to_side(face.crop))
            landmarks.append(_landmarks(face))
            names.append(f"{path.name}:{number}")
        for fake in fakes:
            if source_of(fake) != source_of(path) or set(fake.stem.split("_")) & without:
                continue
            for number, crop in _crops_at(pipeline.open_media(fake), faces, media.size):
                centre, border = difference(crop, images[place[number]])
                if centre >= MIN_DIFFERENCE:
                    changed.append(crop)
                    original_of.append(place[number])
                    same.append(border < SAME_FRAME)  # not where a fake begins a little later than its original
        progress.emit(f"{path.name}: {len(faces)} faces, {len(changed)} pairs so far")
    if not changed:
        raise InputError(f"{data} holds no fake beside its original: wanted is real/253.mp4 beside KIND/253_183.mp4")
    reals = FaceSet(np.stack(images), np.stack(landmarks), tuple(names))
    return PairSet(reals, np.stack(changed), np.asarray(original_of), np.asarray(same))


def _landmarks(face: Face) -> Array:
    """Return the landmarks (5, 2) in pixels of the training image."""
    left, top, side = square_about(face.box, scale=CROP_SCALE)
    return np.asarray((face.landmarks - np.asarray((left, top))) * (SIDE / side), np.float32)


def _crops_at(media: Media, faces: dict[int, Face], size: tuple[int, int]) -> list[tuple[int, Array]]:
    """Cut a fake's frames at the faces of its original, at any size."""
    scale = media.size[0] / size[0]
    wanted = tuple(number for number in faces if number < media.frames)
    crops = []
    for number, frame in media.source.read(wanted):
        left, top, right, bottom = (value * scale for value in faces[number].box)
        crops.append((number, to_side(crop_square(frame, (left, top, right, bottom), scale=CROP_SCALE))))
    return crops
