"""Make the batch that judges files, with its version."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .. import pipeline
from .batch_run import Batch
from .executor import FileLimits
from .file_judging import BatchSettings, FileJudge

_CODE = ("attack_detectors", "attacks", "detectors", "explain", "faces", "media", "metrics", "signatures", "types")


def judging_batch(places: Sequence[Path], table: Path, settings: BatchSettings, *, workers: int = 2) -> Batch:
    """Make the batch that judges files; the detector is loaded to know its version.

    Args:
        places: folders and files.
        table: of the jobs.
        settings: what every file is judged with.
        workers: how many work at a time; the machine's processors are shared among them.
    """
    detector, evaded = pipeline.load_detector(settings.detector), pipeline.load_attack_detector()  # by some attacks
    networks = [f"{card.name}:{str(card.sha256)[:12]}" for card in (evaded.card, pipeline.load_attack_signs().card)]
    version = " ".join([detector.version, *networks, code_version()])
    seconds = 600.0 if settings.attack or settings.maps else 60.0
    work = FileJudge(settings, max(1, (os.cpu_count() or 1) // workers))
    return Batch(places, table, version, settings.text(), work, workers=workers, limits=FileLimits(seconds))


@cache
def code_version() -> str:
    """Return a hash of the code that results depend on."""
    root, found = Path(__file__).resolve().parents[1], hashlib.sha256()
    files = [path for folder in _CODE for path in (root / folder).rglob("*.py")]
    for path in sorted([*files, root / "pipeline.py", Path(__file__).with_name("file_judging.py")]):
        found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]
