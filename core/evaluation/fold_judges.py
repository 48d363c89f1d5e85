"""Find weights that were not trained on a video's people, to judge it fairly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..detectors import Detector, load
from ..types import InputError

ACTORS = r"\d\d(?:_\d\d)?__.+"  # names of FaceForensics++'s videos of paid actors
VIDEO_NAME = rf"\d{{3}}(?:_\d{{3}})?|{ACTORS}"


def source_of(path: Path) -> str:
    """Return the source that a medium shares with its forgeries.

    The name up to a hyphen, or the number of FaceForensics++'s video or actor. A numbered frame takes the name of a
    video's folder.
    """
    name = _video_name(path)
    first = re.match(r"\d{3}(?=_\d{3}\b)|\d\d(?=(?:_\d\d)?__)", name)
    return first.group() if first else name.split("-")[0]


def _video_name(path: Path) -> str:
    """Return the name of a file's video."""
    of_video = re.fullmatch(r"\d{4,}", path.stem) and re.fullmatch(VIDEO_NAME, path.parent.name)
    return path.parent.name if of_video else path.stem


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
    both = re.match(r"(\d{3})_(\d{3})$|(\d\d)_(\d\d)__", _video_name(path))
    return [one for one in both.groups() if one] if both else []


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
