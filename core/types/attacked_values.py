"""Hold attacked media: faces, written files, and what is counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .arrays import Array, Box, Settings
from .calibration import Interval
from .media import Face, Media
from .tracks import BandThresholds, FileVerdict
from .verdicts import Verdict

STAGES = {"before": "Before", "after_frame": "In memory", "lossless": "Lossless file", "lossy": "Lossy file"}


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """Hold facts about a file that was written.

    id: SHA-256 of its bytes; size: (width, height) in pixels as stored.
    lossless: every byte of every frame (RGB, 8 bit) comes back when the file is read.
    """

    path: Path
    id: str
    bytes: int
    frames: int
    size: tuple[int, int]
    coding: str
    lossless: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class AttackedFace:
    """Hold one face of one frame before and after the attack.

    face: without its pixels; box: where it was attacked.
    after_crop: verdict on the attacked crop itself.
    after_frame: on the crop re-detected in the attacked frame in memory.
    after_file: on that in the written file; None where no face was detected, or it gets no verdict.
    linf: largest change of a pixel inside the attacked square, file against original, in [0, 1].
    rounds: number of attacks; queries, seconds: of all of them.
    notes: of the last attack (a budget of 0, a face that was predicted real already).
    unjudged: why there is no verdict from the file.
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


@dataclass(frozen=True, slots=True, eq=False)
class AttackedMedia:
    """Hold an attacked medium and the file that was written.

    frames: indices of the frames that were searched; file_indices: theirs in the file.
    reopened: the written file, opened again.
    linf: largest change of any pixel in those frames, file against original, in [0, 1].
    stop_at: score at which each attack stopped; thresholds: of the detector's bands.
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
    file_indices: tuple[int, ...]
    reopened: Media
    stop_at: float | None = None
    thresholds: BandThresholds | None = None

    @property
    def predicted_fake(self) -> list[AttackedFace]:
        """Return the faces that were predicted fake before."""
        return [face for face in self.faces if face.before.label == "fake"]

    def count_real(self, where: str = "after_file") -> int:
        """Count those predicted fake before that are predicted real at a later stage.

        `where`: "after_crop", "after_frame" or "after_file".
        """
        verdicts = [getattr(face, where) for face in self.predicted_fake]
        return sum(verdict is not None and verdict.label == "real" for verdict in verdicts)


@dataclass(frozen=True, slots=True, eq=False)
class AttackedFiles:
    """Hold one attack on a medium, written losslessly and, on request, lossily.

    Both hold the same faces in the same order; `after_file`, `linf` and the file differ.
    """

    lossless: AttackedMedia
    lossy: AttackedMedia | None = None

    @property
    def rows(self) -> list[tuple[AttackedFace, AttackedFace | None]]:
        """Return each face from the lossless file, and from the lossy one."""
        if self.lossy is None:
            return [(face, None) for face in self.lossless.faces]
        return list(zip(self.lossless.faces, self.lossy.faces, strict=True))

    def verdicts(self, stage: str) -> list[Verdict | None]:
        """Return each face's verdict at one of `STAGES`."""
        if stage == "lossless":
            return [face.after_file for face in self.lossless.faces]
        if stage == "lossy":
            return [face.after_file for face in self.lossy.faces] if self.lossy else []
        return [getattr(face, stage) for face in self.lossless.faces]

    @property
    def stages(self) -> list[str]:
        """List the stages that there are, in order."""
        return [stage for stage in STAGES if stage != "lossy" or self.lossy]

    def frame(self, index: int, *, lossy: bool = False) -> Array:
        """Read a frame (H, W, 3) uint8 of the written file by its index in the medium.

        A padded edge is cropped.
        """
        found = self.lossy if lossy and self.lossy else self.lossless
        width, height = found.media.size
        return found.reopened.frame(found.file_indices[found.frames.index(index)])[:height, :width]


@dataclass(frozen=True, slots=True)
class Share:
    """Count the `judged` faces predicted fake at a `stage`; `unjudged` got no verdict.

    interval: 95 %: Wilson's in an image, a block bootstrap over the frames of a video.
    """

    stage: str
    fake: int
    judged: int
    unjudged: int
    interval: Interval

    @property
    def share(self) -> float | None:
        """Return fake / judged; None where no face was judged."""
        return self.fake / self.judged if self.judged else None


@dataclass(frozen=True, slots=True, eq=False)
class AttackOutcome:
    """Hold attacked media with what is counted of them.

    before, after: verdict on the whole file, and on what was written.
    interval: 95 % (Wilson), of the share of faces predicted fake that are predicted real after.
    """

    media: AttackedMedia
    before: FileVerdict
    after: FileVerdict
    interval: Interval


@dataclass(frozen=True, slots=True, eq=False)
class FilesOutcome:
    """Hold both files of an attack, and the shares at each stage."""

    lossless: AttackOutcome
    lossy: AttackOutcome | None
    shares: tuple[Share, ...]
