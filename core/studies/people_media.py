"""Read a folder of real faces and forgeries, and split it by person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..evaluation.labelled_faces import largest_face, most_seen
from ..media.datasets import IMAGES, MANIPULATED, ORIGINAL, open_dataset, subsample
from ..media.open import open_media
from ..types import Array, InputError, content_id
from ..types.foreign_json import parse_json
from .base import NeededFile

INDEX = "dfdc.jsonl"
FORM = (
    f"a folder of real faces beside a folder for each kind of forgery, or {ORIGINAL}/ beside {MANIPULATED}/ of "
    f"FaceForensics++, or {INDEX} with the file, split, label and person of each face"
)
FACES = NeededFile(
    "real",
    FORM,
    "FaceForensics++, the Deepfake Detection Challenge or your own",
    folder=True,
    instead=(INDEX, ORIGINAL),
)
TEST_SHARE = 1 / 6  # of the people, as 10 of the paper's 60 videos
# the person of the target and that of the source: of FaceForensics++, Celeb-DF and DeepFakeDetection
PAIR = re.compile(r"(\d{3})_(\d{3})|(id\d+)_(id\d+)_\d{4}|(\d\d)_(\d\d)__.+")
ONE = re.compile(r"(id\d+)_\d{4}|(\d\d)__.+")  # the person of a real video of the last two
BY_NAME = "Files of one name are in one split; whether that tells people apart depends on the names."
BY_INDEX = f"People of the test are in no training set, as {INDEX} names them."
Medium = tuple[Path, ...]  # a file, or the images of a video


@dataclass(frozen=True, slots=True, eq=False)
class PeopleSplit:
    """Hold the media of some people.

    real, forged: in a random order; people: how many.
    """

    real: tuple[Medium, ...]
    forged: tuple[Medium, ...]
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class PeopleMedia:
    """Hold media to learn from and to test on, of different people.

    how: the people were told apart; note: what that means for the test; sha256: of the files' names, sizes, labels and
    people, in their order.
    """

    train: PeopleSplit
    test: PeopleSplit
    how: str
    note: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Listed:
    medium: Medium
    real: bool
    person: str
    split: str


def read_people(data: Path, *, seed: int) -> PeopleMedia:
    """Read `dfdc.jsonl` with its splits, or split real/ and its forgeries by person.

    Without an index people are told apart by the name of the folder below the kind's, or of the file where there is
    none: those of FaceForensics++, Celeb-DF and DeepFakeDetection name both people of a forgery, others are of one
    person where they are alike.
    """
    if (data / INDEX).is_file():
        listed, how, note = _indexed(data / INDEX), f"as {INDEX} says", BY_INDEX
    else:
        listed, how, note = _by_name(data, seed), "by the files' names", BY_NAME
    parts = {}
    for split in ("train", "test"):
        own = [one for one in listed if one.split == split]
        order = np.random.default_rng([seed, len(split)]).permutation(len(own))
        shuffled = [own[i] for i in order]
        real = tuple(one.medium for one in shuffled if one.real)
        forged = tuple(one.medium for one in shuffled if not one.real)
        if not real or not forged:
            raise InputError(
                f"the people of the {split} split of {data.name}/ have {len(real)} real media and {len(forged)} "
                "forgeries: the study needs some of each for learning, and some of other people for the test"
            )
        parts[split] = PeopleSplit(real, forged, len({one.person for one in own}))
    known = {one.person for one in listed if one.split == "train"}
    if shared := known & {one.person for one in listed if one.split == "test"}:
        raise InputError(f"{len(shared)} people of {INDEX} are in both splits: the study tests on other people")
    said = "\n".join(
        f"{one.split} {one.real} {one.person} {_named(path, data)} {_size(path)}"
        for one in listed
        for path in one.medium
    )
    return PeopleMedia(parts["train"], parts["test"], how, note, content_id(said))


def _named(path: Path, data: Path) -> str:
    return str(path.relative_to(data) if path.is_relative_to(data) else path)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _indexed(index: Path) -> list[_Listed]:
    try:
        lines = index.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{index.name} is no text in UTF-8: it has a JSON object in each line") from None
    found = []
    for number, line in enumerate(lines, 1):
        try:
            row = parse_json(line)
            medium, label = (index.parent / str(row["file"]),), str(row["label"])
            found.append(_Listed(medium, label == "real", str(row["person"]), str(row["split"])))
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"line {number} of {index.name} is no JSON object with a file, a split, a label and a person"
            ) from None
    return found


def _by_name(data: Path, seed: int) -> list[_Listed]:
    kinds = open_dataset(data).kinds
    media = [(item.files, kind == "real", _name(item.path)) for kind, items in kinds.items() for item in items]
    groups = _same_people(name for _, _, name in media)
    forged = {groups[name] for _, real, name in media if not real}
    held: set[str] = set()
    for names in (sorted(forged), sorted({*groups.values()} - forged)):
        order = np.random.default_rng(seed).permutation(len(names))
        held |= {names[i] for i in order[: max(1, round(TEST_SHARE * len(names)))]}
    return [
        _Listed(files, real, groups[name], "test" if groups[name] in held else "train") for files, real, name in media
    ]


def _name(path: str) -> str:
    """Return the name of the folder below the kind's, or the file's without suffixes where there is none."""
    parts = path.split("/")
    depth = 4 if parts[0] in (ORIGINAL, MANIPULATED) else 1  # <source>/<compression>/videos of FaceForensics++
    return parts[depth].split(".", 1)[0]


def _same_people(names: Iterable[str]) -> dict[str, str]:
    """Name the group of people of each name: a forgery joins two."""
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    people = {}
    for name in names:
        known = PAIR.fullmatch(name) or ONE.fullmatch(name)
        target, *source = [person for person in known.groups() if person] if known else [name]
        people[name] = target
        for person in source:
            leader[first(person)] = first(target)
    return {name: first(person) for name, person in people.items()}


def crops_of_medium(medium: Medium, frames: int) -> list[Array]:
    """Crop the face of a picture, or in some frames of a video."""
    if len(medium) > 1 or medium[0].suffix.lower() in IMAGES:
        found: Sequence[Array | None] = [largest_face(path) for path in subsample(medium, frames)]
        return [crop for crop in found if crop is not None]
    try:
        return [face.crop for face in most_seen(open_media(medium[0]), frames)]
    except InputError:
        return []
