"""Make a reference set of the faces that a user added to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import astuple, replace

import numpy as np
from torch import from_numpy

from ..storage import paths
from ..storage.cards import read_card, save_model
from ..storage.files import sha256_of, written_or_said
from ..types import Array, InputError
from ..types.classifier_metrics import UNATTACKED
from ..types.model_card import ReferenceSetCard
from ..types.own_set_values import FaceFacts, FileFace, OwnFace, SetFacts
from .base import KINDS, SIGNATURES
from .held_out import nearest_accuracy
from .own_faces import content_of_set, facts_of_set, keys_of_set, read_face
from .umap_embedding import fit_embedding

MIN_UMAP = 60  # signatures from which on UMAP has neighbours enough; fewer lie by their principal components
UMAP, COMPONENTS = "UMAP, n_neighbors 30, min_dist 0.15", "the first two principal components"
_one_builds = threading.Lock()


def build_set(name: str) -> tuple[ReferenceSetCard, int]:
    """Make a set of all its faces.

    Returns its card, and how many files are damaged.

    It is made again until no other writer has changed its faces, or written its card, in the meantime: whoever writes
    last writes them all.
    """
    facts = facts_of_set(name)
    if facts is None or not keys_of_set(name):
        raise InputError(f"the set {name} has no faces yet")
    with _one_builds, written_or_said(f"the faces of {name} are kept, and the set is as it was before"):
        while True:
            content = content_of_set(name)
            found = _written(name, facts, content)
            if content_of_set(name) == content and _is_whole(name):
                return found


def is_made(name: str) -> bool:
    """Tell whether a set was made of faces, all or some."""
    return (paths.references_folder() / f"{name}.json").is_file()


def is_behind(name: str) -> bool:
    """Tell whether a set is of other faces than it has now.

    Or of what was said of them before. So it is where the process was killed, or the disk was full, before the set was
    made of them.
    """
    count = len(keys_of_set(name))
    if not count or not is_made(name):
        return bool(count)
    card = _card(name)
    if not card.made_of:  # by a version that counted them
        return (card.faces or 0) + int(card.extra.get("damaged", 0)) != count
    return card.made_of != content_of_set(name)


def _written(name: str, facts: SetFacts, content: str) -> tuple[ReferenceSetCard, int]:
    """Write a set of its faces; `content`: their hash."""
    keys, read = keys_of_set(name), dict[str, OwnFace]()
    for key in keys:
        try:
            if (face := read_face(name, key)) is not None:
                read[key] = face
        except InputError:  # it is counted below, and what it was is not known
            continue
    sizes = [len(face.values) for face in read.values()]
    read = {key: face for key, face in read.items() if len(face.values) == max(set(sizes), key=sizes.count)}
    if not read:
        raise InputError(f"none of the {len(keys)} files of the set {name} can be read")
    damaged = len(keys) - len(read)
    parts, card = _parts(name, facts, read)
    card = replace(card, made_of=content, extra={"damaged": damaged} if damaged else {})
    tensors = {part: from_numpy(np.ascontiguousarray(value)) for part, value in parts.items()}
    return save_model(name, tensors, card, paths.references_folder()), damaged


def _parts(name: str, facts: SetFacts, read: dict[str, OwnFace]) -> tuple[dict[str, Array], ReferenceSetCard]:
    """Collect the arrays of a set, and what its card says."""
    faces = _named_by_face([face.facts for face in read.values()])
    attacks = (UNATTACKED, *sorted({one.label.attack for one in faces} - {UNATTACKED}))
    who = sorted({(one.person, one.named) for one in faces})
    values = np.stack([face.values for face in read.values()])
    kinds = np.asarray([KINDS.index(one.label.kind) for one in faces], np.uint8)
    people = np.asarray([who.index((one.person, one.named)) for one in faces], np.int64)
    places, plane = _places(values.astype(np.float32))
    parts = {
        "values": values,
        "thumbnails": np.stack([face.thumbnail for face in read.values()]),
        "pictures": np.stack([face.picture for face in read.values()]),
        "kinds": kinds,
        "attacks": np.asarray([attacks.index(one.label.attack) for one in faces], np.uint8),
        "people": people,
        "named": np.asarray([one.named for one in faces], np.uint8),
        "keys": np.stack([np.frombuffer(bytes.fromhex(key), np.uint8) for key in read]),
        "faces": np.frombuffer(json.dumps([astuple(one.face) for one in faces]).encode(), np.uint8).copy(),
        "places": places,
    }
    scaled = ", L1-normalised" if SIGNATURES[facts.signature].facts.scaled else ""
    card = ReferenceSetCard(
        name=name,
        title=f"Your own reference signatures: {name}",
        source="your own faces",
        licence="not known",
        what=f"{SIGNATURES[facts.signature].title}{scaled}; map thumbnails, and small pictures of the faces",
        signature=facts.signature,
        command=f"python -m core signatures add {name} --data DIR",
        detector=facts.detector,
        detector_sha256=facts.detector_sha256,
        kinds=KINDS,
        attacks=attacks,
        faces=len(read),
        signatures=len(read),
        people=len(who),
        people_unknown=sum(not named for _, named in who),
        nearest_neighbour_accuracy=nearest_accuracy(values.astype(np.float32), kinds.astype(np.int64), people, KINDS),
        plane=plane,
    )
    return parts, card


def _named_by_face(faces: Sequence[FaceFacts]) -> list[FaceFacts]:
    """Name an unnamed face as the same face of its file is named.

    Else a face and the same face attacked were two people. Other faces of the file stay unnamed, and so does one that
    has two names, as where a cut lets two people stand in one track.
    """
    names: dict[FileFace, set[str]] = {}
    for one in faces:
        if one.named and one.face.is_same(one.face):
            names.setdefault(one.face, set()).add(one.person)
    only = {face: next(iter(people)) for face, people in names.items() if len(people) == 1}
    return [
        replace(one, person=only[one.face], named=True) if not one.named and one.face in only else one for one in faces
    ]


def _places(values: Array) -> tuple[Array, str]:
    """Place signatures (N, D) on a plane; return also how."""
    if len(values) >= MIN_UMAP:
        return fit_embedding(values, neighbours=30, min_distance=0.15, seed=0), UMAP
    centred = values.astype(np.float64) - values.mean(0)
    left, size, _ = np.linalg.svd(centred, full_matrices=False)
    places = np.zeros((len(values), 2), np.float32)
    found = (left * size)[:, :2]
    places[:, : found.shape[1]] = found
    return places, COMPONENTS


def _is_whole(name: str) -> bool:
    """Tell whether the card that lies there is of the arrays that lie there."""
    try:
        card = _card(name)
        return sha256_of(paths.references_folder() / card.file) == card.sha256
    except (OSError, InputError):  # another writer is just replacing them
        return False


def _card(name: str) -> ReferenceSetCard:
    return read_card(name, ReferenceSetCard, folder=paths.references_folder())
