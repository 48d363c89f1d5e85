"""Attack a medium once and write it losslessly and lossily."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..detectors import Detector
from ..media.write import CRF, QUALITY
from ..metrics.intervals import Interval, block_bootstrap, wilson
from ..progress import NO_PROGRESS, Progress
from ..storage.files import safe_name
from ..types import Media, Settings
from ..types.attacked_values import AttackedFiles, AttackedMedia, FilesOutcome, Share
from ..types.tracks import FileVerdict
from .attacked_media import attack_media, recode
from .attacked_record import outcome_of, verdict_at

LOSSLESS, LOSSY = {"image": ".png", "video": ".mkv"}, {"image": ".jpg", "video": ".mp4"}


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


def files_outcome(found: AttackedFiles) -> FilesOutcome:
    """Judge and count both files, and the shares at each stage."""
    return FilesOutcome(
        outcome_of(found.lossless), outcome_of(found.lossy) if found.lossy else None, tuple(fake_shares(found))
    )


def notes(found: AttackedFiles) -> dict[str, int]:
    """Count each note of the attacks over faces."""
    return dict(Counter(note for face in found.lossless.faces for note in face.notes))
