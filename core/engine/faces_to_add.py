"""List the faces that a user adds to a set of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..attacks import ATTACKS as REGISTERED
from ..cases.case_folder import CaseFolder
from ..cases.case_values import Exhibit
from ..evaluation.fold_judges import source_groups, source_of
from ..evaluation.labelled_faces import largest_found
from ..media.datasets import media_in, open_dataset, read_people, subsample
from ..signatures import ATTACKS
from ..storage.files import sha256_of
from ..types import Array, InputError, Settings
from ..types.own_set_values import UNKNOWN_ATTACK, FaceFacts, FaceLabel, FileFace

REAL, FORGED = FaceLabel("real"), FaceLabel("fake")
ALONE = ("", False)  # a face whose person nobody knows
Attack = tuple[str, Settings]


class ReadFace(NamedTuple):
    """Hold a face that was read.

    crop: (H, W, 3) uint8; face: which face of which file it is.
    """

    crop: Array
    face: FileFace


@dataclass(frozen=True, slots=True, eq=False)
class FaceToAdd:
    """Hold a face that is to be added.

    facts: what is said of it; which face it is, and where nobody named its person, who, is known once it is read. read:
    reads it; None where the medium has no face that can be judged. attack: that is put on it, and gives one more face;
    None for none.
    """

    facts: FaceFacts
    read: Callable[[], ReadFace | None]
    attack: Attack | None = None


def read_largest(path: Path, sha256: str = "") -> ReadFace | None:
    """Read the largest face of an image or a video's first frame.

    `sha256`: of the file, where it is known.
    """
    found = largest_found(path)
    return None if found is None else ReadFace(found.crop, FileFace(sha256 or sha256_of(path), found.track))


def unchanged_words(attack: str, crop: Array, attacked: Array) -> str:
    """Say that an attack left a crop as it was.

    It is not an attacked one then; "" where it was changed.
    """
    if not np.array_equal(crop, attacked):
        return ""
    return f"{REGISTERED[attack].title} left the face as it was, so that it is not attacked"


def attack_label(attack: str) -> FaceLabel:
    """Label a face as attacked; refuse an attack that is neither registered nor "unknown"."""
    if attack != UNKNOWN_ATTACK and attack not in REGISTERED:
        raise InputError(f"there is no attack {attack!r}; known are: {', '.join(REGISTERED)}, {UNKNOWN_ATTACK}")
    return FaceLabel("attacked", attack)


def checked_attacks(attacks: Sequence[str], sizes: Sequence[float] = ()) -> tuple[Attack, ...]:
    """Check attacks that are put on forgeries, each at each size.

    Args:
        attacks: names of registered ones.
        sizes: their eps in 1/255; their own where none is given, and of those without one.
    """
    found: list[Attack] = []
    for name in attacks:
        entry = REGISTERED[name]
        if entry.facts.needs:
            raise InputError(f"{name} evades an attack detector, which references are not made with")
        sized = next((param for param in entry.params if param.name == "eps"), None)
        if sized and sizes and sized.scale != 255:
            raise InputError(
                f"budgets are in 1/255, and that of {name} is a length ({sized.low:g} to {sized.high:g}): leave them "
                f"out, and it is {sized.default:g}; or leave {name} out"
            )
        given = [{"eps": size / 255} for size in sizes] if sized and sizes else [{}]
        usual = dict(ATTACKS).get(name, {})  # as reference sets are made with it
        found += [(name, entry.settings({**usual, **settings})) for settings in given]
    return tuple(found)


def labelled_folder(
    data: Path, *, attacks: Sequence[Attack] = (), limit: int | None = None, person_folders: bool = False
) -> list[FaceToAdd]:
    """List the faces of a folder as `open_dataset` reads it.

    Of a video the first frame counts, and of a medium its largest face.

    Args:
        data: the folder.
        attacks: put on forgeries, in turn within each kind of them.
        limit: media of each kind, evenly spaced; all by default.
        person_folders: whether a folder in real/ or a forgery's is a person; else names of files tell.
    """
    kinds = {kind: [item.files[0] for item in items] for kind, items in open_dataset(data).kinds.items()}
    kinds = {kind: subsample(files, limit or len(files)) for kind, files in kinds.items()}
    whose = _people(data, [file for files in kinds.values() for file in files], person_folders=person_folders)
    found = []
    for turn, (kind, files) in enumerate(kinds.items()):
        for number, file in enumerate(files):
            forged = kind != "real"
            attack = attacks[(turn + number) % len(attacks)] if forged and attacks else None
            person, named = whose[file]
            facts = FaceFacts(FORGED if forged else REAL, person, named, file.relative_to(data).as_posix())
            found.append(FaceToAdd(facts, partial(read_largest, file), attack))
    return found


def plain_folder(
    data: Path, label: FaceLabel, *, limit: int | None = None, person_folders: bool = False
) -> list[FaceToAdd]:
    """List the faces of a folder whose media have one label.

    Args:
        data: the folder.
        label: of all of them.
        limit: media, evenly spaced.
        person_folders: whether a folder in it is a person; else names of files tell.
    """
    try:
        there = data.is_dir()
        files = media_in(data) if there else []
    except (OSError, ValueError) as error:  # as a name that is too long, or a folder that may not be read
        raise InputError(f"{data} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not there:
        raise InputError(f"{data} is not a folder; a folder of images and videos is wanted")
    if not files:
        raise InputError(f"{data} holds no image or video (by their suffix)")
    files = subsample(files, limit or len(files))
    whose = _people(data, files, person_folders=person_folders, above=1)
    return [
        FaceToAdd(FaceFacts(label, *whose[file], file.relative_to(data).as_posix()), partial(read_largest, file))
        for file in files
    ]


def case_faces(case: CaseFolder, exhibits: Sequence[Exhibit], label: FaceLabel) -> list[FaceToAdd]:
    """List the largest face of each exhibit of a case, from its original. A case does not say who is who."""
    return [
        FaceToAdd(FaceFacts(label, *ALONE, source=one.name), partial(read_largest, case.original(one), one.sha256))
        for one in exhibits
    ]


def found_face(crop: Array, label: FaceLabel, *, person: str, face: FileFace, source: str) -> FaceToAdd:
    """List a face that was found already.

    Args:
        crop: (H, W, 3) uint8.
        label: what it is.
        person: whose it is, "" where nobody said so.
        face: which face of which file it is.
        source: the file's name.
    """
    who = " ".join(person.split())
    return FaceToAdd(FaceFacts(label, who, bool(who), source), lambda: ReadFace(crop, face))


def _people(data: Path, files: Sequence[Path], *, person_folders: bool, above: int = 2) -> dict[Path, tuple[str, bool]]:
    """Tell whose each file is, and whether the folder says so.

    It does by `dfdc.jsonl`, by a name that is a person's number, or by a name that a forgery shares with its original.

    Args:
        data: the folder.
        files: in it.
        person_folders: whether a file's person is the folder that it lies in.
        above: at which place of its path below `data` the person stands then, plus one for the file's own.
    """
    if person_folders:
        parts = {file: file.relative_to(data).parts for file in files}
        lost = [file for file, names in parts.items() if len(names) <= above]
        if lost:
            raise InputError(f"{lost[0].relative_to(data)} lies in no folder of a person; {len(lost)} files do not")
        return {file: (names[above - 1], True) for file, names in parts.items()}
    known = read_people(data)
    groups = source_groups(files, known)
    counts = Counter(source_of(file) for file in files)
    found: dict[str, tuple[str, bool]] = {}
    for group in groups:
        told = bool(group & known.keys()) or len(group) > 1 or max(counts[one] for one in group) > 1
        name = min([known[one] for one in group if one in known] or group)
        found |= dict.fromkeys(group, (name, True) if told else ALONE)
    return {file: found[source_of(file)] for file in files}
