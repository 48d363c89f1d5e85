"""Attack a medium once and write it losslessly and lossily."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..detectors import Detector
from ..media.write import CRF, QUALITY
from ..metrics.intervals import Interval, block_bootstrap, wilson
from ..output.records import Record, number
from ..progress import NO_PROGRESS, Progress
from ..storage.files import safe_name
from ..types import Array, Media, Settings, Verdict
from ..types.tracks import FileVerdict
from .attacked_frame import AttackedFace
from .attacked_media import AttackedMedia, attack_media, recode
from .attacked_record import record, verdict_at

LOSSLESS, LOSSY = {"image": ".png", "video": ".mkv"}, {"image": ".jpg", "video": ".mp4"}
STAGES = {"before": "Before", "after_frame": "In memory", "lossless": "Lossless file", "lossy": "Lossy file"}


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


def attack_files(
    detector: Detector,
    media: Media,
    folder: Path,
    attack: str,
    settings: Settings | None = None,
    *,
    frames: int | None = 16,
    seed: int = 0,
    stop_at: float | None = None,
    lossy: bool = True,
    crf: int = CRF,
    quality: int = QUALITY,
    progress: Progress = NO_PROGRESS,
) -> AttackedFiles:
    """Run `attack_media` into `folder` as NAME-attacked.png or .mkv, and as .jpg or .mp4.

    Args:
        detector: the one that is attacked.
        media: an image or a video.
        folder: for the files.
        attack: its name.
        settings: of the attack.
        frames: of a video, evenly spaced; None: all.
        seed: of the first round.
        stop_at: score of "real" at which each attack stops.
        lossy: whether to write the lossy file, too.
        crf: of .mp4.
        quality: of .jpg.
        progress: as in `attack_media`, for each file; after a stop, what was attacked is written and judged in both.
    """
    found = attack_media(
        detector,
        media,
        _path(folder, media, LOSSLESS),
        attack,
        settings,
        frames=frames,
        seed=seed,
        stop_at=stop_at,
        progress=progress,
    )
    path = _path(folder, media, LOSSY)
    again = recode(detector, found, path, crf=crf, quality=quality, progress=progress) if lossy else None
    return AttackedFiles(found, again)


def _path(folder: Path, media: Media, suffixes: Mapping[str, str]) -> Path:
    return folder / safe_name(Path(media.name).stem[:80] or "medium", f"-attacked{suffixes[media.kind]}")


def fake_shares(found: AttackedFiles, bands: Collection[str] | None = None) -> list[Share]:
    """Compute the share of faces predicted fake at each stage.

    With `bands`, of those in one of them.
    """
    rows = []
    for stage in found.stages:
        verdicts = found.verdicts(stage)
        called = [one.band in bands if bands else one.label == "fake" for one in verdicts if one]
        rows.append(
            Share(stage, sum(called), len(called), len(verdicts) - len(called), _interval(called, found.lossless))
        )
    return rows


def _interval(called: Sequence[bool], found: AttackedMedia) -> Interval:
    if found.media.kind == "image":
        return wilson(sum(called), len(called))
    return block_bootstrap(np.asarray(called, float))


def file_verdicts(found: AttackedFiles) -> tuple[FileVerdict, FileVerdict, FileVerdict | None]:
    """Judge the file before, from the lossless file, and from the lossy one."""
    coded = verdict_at(found.lossy, "after_file") if found.lossy else None
    return verdict_at(found.lossless, "before"), verdict_at(found.lossless, "after_file"), coded


def table(found: AttackedFiles) -> list[Record]:
    """Make one row a face: position, score and band at each stage, largest change.

    Changes are in 1/255.
    """
    out = []
    by_stage = {stage: found.verdicts(stage) for stage in found.stages}
    for number_, (face, coded) in enumerate(found.rows):
        row: Record = {"frame": face.face.frame, "track": face.face.track}
        for stage, verdicts in by_stage.items():
            verdict = verdicts[number_]
            row |= {
                f"{stage}_score": verdict and number(verdict.p_fake),
                f"{stage}_band": verdict and verdict.band,
                f"{stage}_label": verdict and verdict.label,
            }
        row["lossless_change"] = _steps(face.linf)
        if coded:
            row["lossy_change"] = _steps(coded.linf)
        said = (*face.notes, *filter(None, [face.unjudged]), *filter(None, [coded.unjudged if coded else None]))
        out.append(
            row
            | {
                "rounds": face.rounds,
                "queries": face.queries,
                "seconds": number(face.seconds, 3),
                "stopped": face.stopped,
                "notes": " ".join(dict.fromkeys(said)),
            }
        )
    return out


def notes(found: AttackedFiles) -> dict[str, int]:
    """Count each note of the attacks over faces."""
    return dict(Counter(note for face in found.lossless.faces for note in face.notes))


def _steps(change: float | None) -> int | None:
    return None if change is None else round(255 * change)


def files_record(found: AttackedFiles) -> Record:
    """Record both files, and the shares at each stage."""
    return {
        "lossless": record(found.lossless),
        "lossy": record(found.lossy) if found.lossy else None,
        "shares": [
            {
                "stage": row.stage,
                "called_fake": row.fake,
                "judged": row.judged,
                "no_verdict": row.unjudged,
                "share": None if row.share is None else number(row.share),
                "interval": [number(v) for v in row.interval],
            }
            for row in fake_shares(found)
        ],
    }
