"""Find weights that were not trained on a video's people, to judge it fairly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ..detectors import Detector, load
from ..types import InputError


def source_of(path: Path) -> str:
    """Return the source that a medium shares with its forgeries.

    The name up to a hyphen, or FaceForensics++'s first number.
    """
    first = re.match(r"\d{3}(?=_\d{3}\b)", path.stem)
    return first.group() if first else path.stem.split("-")[0]


def fold_judges(name: str, folders: Iterable[Path]) -> dict[str, Detector]:
    """Map each source that a fold left out to that fold's detector.

    Args:
        name: of the detector.
        folders: folders that `train detector --without SOURCES` wrote, one per fold.
    """
    folds = [load(name, folder=folder) for folder in folders]
    judges = {source: fold for fold in folds for source in fold.card.training.get("videos_left_out", ())}
    if not judges:
        raise InputError("no fold left out any video: train each with --without")
    return judges
