"""Read a folder of real faces and forgeries, and split it by person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..evaluation.labelled_faces import largest_face, most_seen
from ..media.datasets import IMAGES, open_dataset, subsample
from ..media.open import open_media
from ..types import Array, InputError, content_id
from .base import NeededFile

INDEX = "dfdc.jsonl"
FORM = (
    f"a folder of real faces beside a folder for each kind of forgery, or {INDEX} with the file, split, label and "
    "person of each face"
)
FACES = NeededFile(
    "real", FORM, "FaceForensics++, the Deepfake Detection Challenge or your own", folder=True, instead=(INDEX,)
)
TEST_SHARE = 1 / 6  # of the people, as 10 of the paper's 60 videos
PAIR = re.compile(r"(\d{3})_(\d{3})")  # of FaceForensics++: the person of the target and that of the source
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

    how: the people were told apart; sha256: of the files' names, sizes and people.
    """

    train: PeopleSplit
    test: PeopleSplit
    how: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Listed:
    medium: Medium
    real: bool
    person: str
    split: str


def read_people(data: Path, *, seed: int) -> PeopleMedia:
    """Read `dfdc.jsonl` with its splits, or split real/ and its forgeries by person.

    Without an index people are told apart by the files' names: those of FaceForensics++ name both people of a forgery,
    others are of one person where they are alike.
    """
    if (data / INDEX).is_file():
        listed, how = _indexed(data / INDEX), f"as {INDEX} says"
    else:
        listed, how = _by_name(data, seed), "by the files' names"
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
        sorted(
            f"{one.split} {one.person} {path.relative_to(data)} {_size(path)}" for one in listed for path in one.medium
        )
    )
    return PeopleMedia(parts["train"], parts["test"], how, content_id(said))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _indexed(index: Path) -> list[_Listed]:
    found = []
    for number, line in enumerate(index.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            medium, label = (index.parent / str(row["file"]),), str(row["label"])
            found.append(_Listed(medium, label == "real", str(row["person"]), str(row["split"])))
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"line {number} of {index.name} is no JSON object with a file, a split, a label and a person"
            ) from None
    return found


def _by_name(data: Path, seed: int) -> list[_Listed]:
    kinds = open_dataset(data).kinds
    media = [(item.files, kind == "real", _stem(item.path)) for kind, items in kinds.items() for item in items]
    groups = _same_people(stem for _, _, stem in media)
    forged = {groups[stem] for _, real, stem in media if not real}
    held: set[str] = set()
    for names in (sorted(forged), sorted({*groups.values()} - forged)):
        order = np.random.default_rng(seed).permutation(len(names))
        held |= {names[i] for i in order[: max(1, round(TEST_SHARE * len(names)))]}
    return [
        _Listed(files, real, groups[stem], "test" if groups[stem] in held else "train") for files, real, stem in media
    ]


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".", 1)[0]


def _same_people(stems: Iterable[str]) -> dict[str, str]:
    """Name the group of people of each stem: a forgery joins two."""
    leader: dict[str, str] = {}

    def first(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    people = {}
    for stem in stems:
        pair = PAIR.fullmatch(stem)
        people[stem] = pair[1] if pair else stem
        if pair:
            leader[first(pair[2])] = first(pair[1])
    return {stem: first(person) for stem, person in people.items()}


def crops_of_medium(medium: Medium, frames: int) -> list[Array]:
    """Crop the face of a picture, or in some frames of a video."""
    if len(medium) > 1 or medium[0].suffix.lower() in IMAGES:
        found: Sequence[Array | None] = [largest_face(path) for path in subsample(medium, frames)]
        return [crop for crop in found if crop is not None]
    try:
        return [face.crop for face in most_seen(open_media(medium[0]), frames)]
    except InputError:
        return []
