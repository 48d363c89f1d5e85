"""Make the batch that judges files, with its version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import pipeline
from ..detectors.device import device_choice
from ..storage.code_fingerprint import code_fingerprint
from .batch_run import Batch
from .executor import FileLimits
from .file_judging import BatchSettings, FileJudge


def judging_batch(places: Sequence[Path], table: Path, settings: BatchSettings, *, workers: int = 2) -> Batch:
    """Make the batch that judges files; the detector is loaded to know its version.

    Args:
        places: folders and files.
        table: of the jobs.
        settings: what every file is judged with.
        workers: how many work at a time; each takes its share of the processors where it works.
    """
    detector, evaded = pipeline.load_detector(settings.detector), pipeline.load_attack_detector()  # by some attacks
    networks = [f"{card.name}:{str(card.sha256)[:12]}" for card in (evaded.card, pipeline.load_attack_signs().card)]
    version = " ".join([detector.version, *networks, code_fingerprint()[:12]])
    seconds = 600.0 if settings.attack or settings.maps or settings.signature else 60.0
    work = FileJudge(settings, device=device_choice().value, sharing=workers)
    return Batch(places, table, version, settings.text(), work, workers=workers, limits=FileLimits(seconds))
