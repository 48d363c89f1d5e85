"""Whole media under attack: every frame attacked in turn, written to a file, and judged again from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attacks import ATTACKS
from ..detectors import Detector
from ..faces.detection import find_faces
from ..faces.tracking import track_faces
from ..media.open import evenly_spaced, open_media
from ..media.sniff import LIMIT_BYTES
from ..media.video import open_video
from ..media.write import CRF, QUALITY, VIDEOS, WrittenFile, check_target, write_media
from ..types import Array, Face, InputError, Media, Settings
from ..types.tracks import BandThresholds
from .attacked_frame import AttackedFace, Work, attack_frame, match, where

ROUNDS = 4  # attacks on a face until the verdict on the re-detected crop is "real" too
CONTAINERS = {"matroska": "MKV", "mp4": "MP4", "mov": "MOV"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class AttackedMedia:
    """A medium under attack and the file that was written; `frames` are the indices of the frames that were searched.

    `places` are those frames' places in the file, `again` is the file as it was opened again. `linf` is the largest
    change of any pixel in those frames, file against original, in [0, 1]; `stop_at` the score each attack ended at,
    `thresholds` the edges of the detector's bands.
    """

    media: Media
    written: WrittenFile
    detector: str
    attack: str
    settings: Settings
    seed: int
    frames: tuple[int, ...]
    faces: tuple[AttackedFace, ...]
    stopped: bool
    linf: float
    notes: tuple[str, ...]
    places: tuple[int, ...]
    again: Media
    stop_at: float | None = None
    thresholds: BandThresholds | None = None

    @property
    def called_fake(self) -> list[AttackedFace]:
        """The faces that were called fake before."""
        return [face for face in self.faces if face.before.label == "fake"]

    def called_real(self, where: str = "after_file") -> int:
        """How many of those called fake before are called real after ("after_crop", "after_frame", "after_file")."""
        verdicts = [getattr(face, where) for face in self.called_fake]
        return sum(verdict is not None and verdict.label == "real" for verdict in verdicts)


def attack_media(
    detector: Detector,
    media: Media,
    out: Path,
    attack: str,
    settings: Settings | None = None,
    *,
    frames: int | None = 16,
    seed: int = 0,
    stop_at: float | None = None,
    crf: int = CRF,
    rounds: int = ROUNDS,
    progress: Progress | None = None,
    on_query: Callable[[int, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> AttackedMedia:
    """Attack every judged face of an image or of `frames` frames of a video (None: all), towards "real".

    The attacked crops are put back into their frames, all other pixels and frames stay as they are, and `out` is
    written as its suffix says. The file is then opened, searched for faces and judged again: that is what counts.

    Faces found again lie a pixel or more beside where they were, which weakens an attack made for one crop. So the
    attacked frame is searched at once; where a face is not called real there, it is attacked anew, at the box where it
    is found now, up to `rounds` times; the best round is kept. Each round begins at the ORIGINAL pixels, so the budget
    against the original frame is that of one attack, however many rounds. Where a square leaves the frame, the attack
    is made through the reflection: a pixel and its mirror images are one variable, so that nothing is lost when
    the part outside is dropped. The same holds for a file that is lossless; a lossy one changes pixels once more.

    Args:
        frames: those that `pipeline.look(media, detector, frames=N)` judges.
        seed: of the first round; each further round adds one.
        stop_at: score of "real" in (0, 1] at which each attack stops; None: none stops early.
        progress: told (done, all) over both passes, attacking and judging from the file.
        on_query: told at each step of each attack the queries so far and the score of "fake".
        should_stop: asked between queries; what is done is kept, written and judged, other frames pass unchanged.

    Raises:
        InputError: the attack, a setting or `out` does not fit, or there is no face that can be judged.
    """
    given = ATTACKS[attack].settings(settings)
    check_target(out, media.kind)
    chosen = evenly_spaced(media.frames, media.frames if frames is None else frames)
    if not chosen:
        raise InputError(f"the number of frames has to be at least 1; what came is {frames}")
    if rounds < 1:
        raise InputError(f"an attack takes at least 1 round; what came is {rounds}")
    total = 2 * len(chosen)
    work = Work(detector, attack, given, seed, stop_at, rounds, should_stop, on_query)
    tell = progress or (lambda done, total: None)
    written = write_media(_attacked_frames(work, media, set(chosen), tell, total), out, like=media, crf=crf)
    reopened, notes = _reopened(written)
    faces, linf = _from_file(detector, work.places, work.faces, media, reopened, lambda n: tell(len(chosen) + n, total))
    return AttackedMedia(
        media,
        written,
        detector.version,
        attack,
        given,
        seed,
        tuple(work.places),
        tuple(faces),
        work.stopped,
        linf,
        (*written.notes, *notes),
        tuple(work.places.values()),
        reopened,
        stop_at,
        detector.band_thresholds,
    )


def recode(
    detector: Detector,
    found: AttackedMedia,
    out: Path,
    *,
    crf: int = CRF,
    quality: int = QUALITY,
    progress: Progress | None = None,
) -> AttackedMedia:
    """The attacked frames of a lossless file coded once more, as the suffix of `out` says, and judged from there.

    Nothing is attacked again: what differs is the coding (`crf` of .mp4 and .mov, `quality` of .jpg and .webp).
    `progress` is told (done, all) frames that were judged.
    """
    if not found.written.lossless:
        raise InputError(
            f"only a lossless file is coded once more; {found.written.path.name} is {found.written.coding}"
        )
    again, media = found.again, found.media
    frames = (frame for _, frame in again.source.read(tuple(range(again.frames))))
    written = write_media(frames, out, like=media, crf=crf, quality=quality)
    reopened, notes = _reopened(written)
    faces: dict[int, list[AttackedFace]] = {index: [] for index in found.frames}
    for face in found.faces:
        faces[face.face.frame].append(face)
    places = dict(zip(found.frames, found.places, strict=True))
    tell = progress or (lambda done, total: None)
    outcomes, linf = _from_file(detector, places, faces, media, reopened, lambda n: tell(n, len(places)))
    return replace(
        found, written=written, faces=tuple(outcomes), linf=linf, notes=(*written.notes, *notes), again=reopened
    )


def _attacked_frames(work: Work, media: Media, chosen: set[int], tell: Progress, total: int) -> Iterator[Array]:
    """Every frame of the medium in order, the chosen ones attacked."""
    waiting: list[list[Face]] = []

    def fed() -> Iterator[list[Face]]:
        while True:
            yield waiting.pop()

    followed = track_faces(fed())
    for place, (index, frame) in enumerate(media.source.read(tuple(range(media.frames)))):
        if index not in chosen or work.stop():
            yield frame
            continue
        waiting.append(find_faces(frame, index=index))
        changed, work.faces[index] = attack_frame(work, frame, next(followed))
        work.places[index] = place
        tell(len(work.places), total)
        yield changed
    if not any(work.faces.values()):
        raise InputError(
            f"{media.name} was stopped before a face was attacked; nothing was written"
            if work.stopped
            else f"{media.name} shows no face that can be judged in {len(chosen)} frame(s); nothing was written"
        )


def _reopened(written: WrittenFile) -> tuple[Media, list[str]]:
    """The file as a medium; one that is too large for uploads is ours all the same, and is opened and said to be."""
    if written.bytes <= LIMIT_BYTES or written.path.suffix.lower() not in VIDEOS:
        return open_media(written.path), []
    container = CONTAINERS[VIDEOS[written.path.suffix.lower()]]
    media = open_video(written.path, id=written.id, name=written.path.name, container=container)
    limit = f"{LIMIT_BYTES >> 20} MiB"
    return media, [f"The file has {written.bytes / 2**20:.0f} MiB; the dashboard and analyse open up to {limit}."]


def _from_file(
    detector: Detector,
    places: Mapping[int, int],
    attacked: Mapping[int, list[AttackedFace]],
    media: Media,
    reopened: Media,
    tell: Callable[[int], None],
) -> tuple[list[AttackedFace], float]:
    """Each attacked face with its verdict from the file and its change there; and the largest change of any pixel in
    those frames (beside the faces it is 0 in a lossless file).
    """
    faces: list[AttackedFace] = []
    largest = 0.0
    pairs = zip(media.source.read(tuple(places)), reopened.source.read(tuple(places.values())), strict=True)
    for done, ((index, original), (_, frame)) in enumerate(pairs, 1):
        high, wide = original.shape[:2]
        change = np.abs(frame[:high, :wide].astype(np.int16) - original)
        largest = max(largest, float(change.max()) / 255)
        outcomes = attacked[index]
        found = match([outcome.face.box for outcome in outcomes], find_faces(frame, index=index))
        for outcome, again in zip(outcomes, found, strict=True):
            item = pipeline.judge(detector, again) if again else None
            reason = item.reason if item else "No verdict: the face was not found again in the file."
            part = change[where(outcome.face, outcome.box, original)]
            faces.append(
                replace(
                    outcome,
                    after_file=item.verdict if item else None,
                    linf=float(part.max()) / 255,
                    unjudged=reason,
                )
            )
        tell(done)
    return faces, largest
