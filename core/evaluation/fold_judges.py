"""Find weights that were not trained on a video's people, to judge it fairly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..detectors import Detector, load
from ..types import InputError


def source_of(path: Path) -> str:
    """Return the source that a medium shares with its forgeries.

    The name up to a hyphen, or FaceForensics++'s first number.
    """
    first = re.match(r"\d{3}(?=_\d{3}\b)", path.stem)
    return first.group() if first else path.stem.split("-")[0]


def source_groups(media: Iterable[Path], people: Mapping[str, str] | None = None) -> list[set[str]]:
    """Group the sources of media by people.

    Those of a group are left out together: what one medium shows, as 183_253.mp4 does, and all of a person's.
    `people`: sources to people, where they are known.
    """
    of_person: dict[str, set[str]] = {}
    for source, person in (people or {}).items():
        of_person.setdefault(person, set()).add(source)
    groups: list[set[str]] = []
    for path in media:
        together = {source_of(path), *_shown(path)}
        together = together.union(*(of_person[people[one]] for one in together if people and one in people))
        together = together.union(*(one for one in groups if one & together))
        groups = [*(one for one in groups if not one & together), together]
    return groups


def _shown(path: Path) -> list[str]:
    """Name both people whom a fake of FaceForensics++ shows."""
    return path.stem.split("_") if re.fullmatch(r"\d{3}_\d{3}", path.stem) else []


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
