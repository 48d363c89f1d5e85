"""Attack whole media, write them and judge the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attack_detectors import AttackDetector
from ..attacks import ATTACKS
from ..detectors import Detector
from ..detectors.inference_queue import long_work
from ..faces.detection import find_faces
from ..faces.tracking import track_faces
from ..media.open import evenly_spaced, open_media
from ..media.video import open_video
from ..media.write import CRF, QUALITY, VIDEOS, check_target, write_media
from ..progress import NO_PROGRESS, Progress, followed_by
from ..types import Array, Face, InputError, Media, Settings, limits
from ..types.attacked_values import AttackedFace, AttackedMedia, WrittenFile
from .attacked_frame import AttackJob, attack_frame, face_region, match_faces

ROUNDS = 4  # attacks on a face until the verdict on the re-detected crop is "real" too
CONTAINERS = {"matroska": "MKV", "mp4": "MP4", "mov": "MOV"}


@long_work()
@followed_by(NO_PROGRESS)  # after a stop the remaining frames are still read, and written unchanged
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
    attack_detector: AttackDetector | None = None,
    progress: Progress = NO_PROGRESS,
) -> AttackedMedia:
    """Attack every judged face of a medium towards "real"; judge the file.

    The attacked crops are pasted into their frames, all other pixels and frames stay as they are, and `out` is written
    as its suffix says. The file is then opened, its faces detected and judged: that is what counts.

    Re-detection shifts a face by a pixel or more, which weakens an attack optimised for one crop. Each attacked frame
    is therefore re-detected at once, and faces not yet predicted real are attacked again at their new box, up to
    `rounds` times; the best round is kept. Each round starts from the ORIGINAL pixels, so the budget against the
    original frame is that of one attack, however many rounds. Where a square leaves the frame, the attack goes through
    the reflection: a pixel and its mirror images are one variable, so that nothing is lost when the part outside is
    dropped. The same holds for a lossless file; a lossy one changes pixels once more.

    Args:
        detector: the one that is attacked.
        media: an image or a video.
        out: the file to write.
        attack: its name.
        settings: of the attack.
        frames: those that `pipeline.analyse(media, detector, frames=N)` judges; None: all.
        seed: of the first round; each further round adds one.
        stop_at: score of "real" in (0, 1] at which each attack stops; None: none stops early.
        crf: constant rate factor of .mp4 and .mov.
        rounds: attacks on a face at most.
        attack_detector: for attacks that evade one; the default one if missing.
        progress: told the frames attacked, then those judged from the file; handed each `AttackStep`. A stop, between
            queries, ends the attack: what is done is written and judged, other frames pass unchanged.

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
    job = AttackJob(detector, attack, given, seed, stop_at, rounds, progress, attack_detector)
    written = write_media(_attacked_frames(job, media, set(chosen)), out, like=media, crf=crf)
    reopened, notes = _reopened(written)
    faces, linf = _from_file(detector, job.file_indices, job.faces, media, reopened, _judging(progress, written))
    return AttackedMedia(
        media,
        written,
        detector.version,
        attack,
        given,
        seed,
        tuple(job.file_indices),
        tuple(faces),
        job.stopped,
        linf,
        (*written.notes, *notes),
        tuple(job.file_indices.values()),
        reopened,
        stop_at,
        detector.band_thresholds,
    )


@long_work()
@followed_by(NO_PROGRESS)
def recode(
    detector: Detector,
    found: AttackedMedia,
    out: Path,
    *,
    crf: int = CRF,
    quality: int = QUALITY,
    progress: Progress = NO_PROGRESS,
) -> AttackedMedia:
    """Code the attacked frames of a lossless file once more, and judge the result.

    Nothing is attacked again: only the coding differs.

    Args:
        detector: the one that judges.
        found: the lossless file.
        out: the new file; its suffix names the format.
        crf: of .mp4 and .mov.
        quality: of .jpg and .webp.
        progress: told the frames judged; nothing is stopped here.
    """
    if not found.written.lossless:
        raise InputError(
            f"only a lossless file is coded once more; {found.written.path.name} is {found.written.coding}"
        )
    reopened, media = found.reopened, found.media
    frames = (frame for _, frame in reopened.source.read(tuple(range(reopened.frames))))
    written = write_media(frames, out, like=media, crf=crf, quality=quality)
    reopened, notes = _reopened(written)
    faces: dict[int, list[AttackedFace]] = {index: [] for index in found.frames}
    for face in found.faces:
        faces[face.face.frame].append(face)
    file_indices = dict(zip(found.frames, found.file_indices, strict=True))
    outcomes, linf = _from_file(detector, file_indices, faces, media, reopened, _judging(progress, written))
    return replace(
        found, written=written, faces=tuple(outcomes), linf=linf, notes=(*written.notes, *notes), reopened=reopened
    )


def _attacked_frames(job: AttackJob, media: Media, chosen: set[int]) -> Iterator[Array]:
    """Yield every frame of the medium in order, the chosen ones attacked."""
    waiting: list[list[Face]] = []

    def fed() -> Iterator[list[Face]]:
        while True:
            yield waiting.pop()

    followed = track_faces(fed())
    for place, (index, frame) in enumerate(media.source.read(tuple(range(media.frames)))):
        if index not in chosen or job.stop():
            yield frame
            continue
        waiting.append(find_faces(frame, index=index))
        changed, job.faces[index] = attack_frame(job, frame, next(followed))
        job.file_indices[index] = place
        job.progress.tell(len(job.file_indices), len(chosen), "Attacking frames")
        yield changed
    if not any(job.faces.values()):
        raise InputError(
            f"{media.name} was stopped before a face was attacked; nothing was written"
            if job.stopped
            else f"{media.name} shows no face that can be judged in {len(chosen)} frame(s); nothing was written"
        )


def _reopened(written: WrittenFile) -> tuple[Media, list[str]]:
    """Open the written file; one too large for uploads gets a note."""
    if written.bytes <= limits.MAX_FILE_BYTES or written.path.suffix.lower() not in VIDEOS:
        return open_media(written.path), []
    container = CONTAINERS[VIDEOS[written.path.suffix.lower()]]
    media = open_video(written.path, id=written.id, name=written.path.name, container=container)
    limit = f"{limits.MAX_FILE_BYTES >> 20} MiB"
    return media, [f"The file has {written.bytes / 2**20:.0f} MiB; the dashboard and analyse open up to {limit}."]


def _judging(progress: Progress, written: WrittenFile) -> Progress:
    """Name what is done while the file is judged."""
    return progress.named(f"Judging again from the {'lossless' if written.lossless else 'lossy'} file, frames")


def _from_file(
    detector: Detector,
    file_indices: Mapping[int, int],
    attacked: Mapping[int, list[AttackedFace]],
    media: Media,
    reopened: Media,
    progress: Progress,
) -> tuple[list[AttackedFace], float]:
    """Judge each attacked face from the file; measure the changes there.

    Also returns the largest change of any pixel in those frames (outside of the faces it is 0 in a lossless file).
    """
    faces: list[AttackedFace] = []
    largest = 0.0
    pairs = zip(media.source.read(tuple(file_indices)), reopened.source.read(tuple(file_indices.values())), strict=True)
    for done, ((index, original), (_, frame)) in enumerate(pairs, 1):
        high, wide = original.shape[:2]
        change = np.abs(frame[:high, :wide].astype(np.int16) - original)
        largest = max(largest, float(change.max()) / 255)
        outcomes = attacked[index]
        found = match_faces([outcome.face.box for outcome in outcomes], find_faces(frame, index=index))
        for outcome, detected in zip(outcomes, found, strict=True):
            item = pipeline.judge(detector, detected) if detected else None
            reason = item.reason if item else "No verdict: the face was not found again in the file."
            part = change[face_region(outcome.face, outcome.box, original)]
            faces.append(
                replace(
                    outcome,
                    after_file=item.verdict if item else None,
                    linf=float(part.max()) / 255,
                    unjudged=reason,
                )
            )
        progress.tell(done, len(file_indices))
    return faces, largest
