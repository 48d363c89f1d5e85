"""Hold and load reference signatures: those that ship, and sets of a user's own."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from ..detectors.detector import Detector
from ..storage import paths
from ..storage.cards import read_card, verified_file
from ..storage.files import file_state
from ..types import Array, InputError, Signature
from ..types.model_card import ReferenceSetCard
from ..types.own_set_values import NOWHERE, FileFace
from .base import KINDS, SIGNATURES
from .own_faces import faces_of_set, set_names
from .reference_distance import nearest_references, typical_distance

DEFAULT_SET = "signature-bank"


@dataclass(frozen=True, slots=True, eq=False)
class OwnRows:
    """Hold which references are a face's own, each (N,) bool.

    itself: its crop; same: its face, attacked or of another frame, too; all: of its person, too, or perhaps of it.
    """

    itself: Array
    same: Array
    all: Array


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSet:
    """Hold reference signatures.

    values: (N, D) float32.
    coordinates: (N, 2) in the 2D embedding.
    kinds, attacks: (N,) indices.
    thumbnails: (N, T, T) of their maps.
    typical: `typical_distance` of the values.
    people: (N,) a number for each person; by default three signatures in a row are of one.
    people_named: whether `people` tells who all of them are.
    pictures: (N, P, P, 3) uint8 of the faces; None where they are not in the set.
    keys: (N, 16) uint8, each the name of a signature's file in a set of a user's own; None in others.
    faces: (N,) of which file's face each is, in a set of a user's own; empty in others, and where a set does not say.
    named: (N,) bool, whether somebody said whose each is; by default of all.
    people_known: whether the set says whose all its faces are.
    """

    values: Array
    coordinates: Array
    kinds: Array
    attacks: Array
    thumbnails: Array
    typical: float
    card: ReferenceSetCard
    people: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    people_named: bool = True
    pictures: Array | None = None
    keys: Array | None = None
    faces: Sequence[FileFace] = ()
    named: Array = field(default_factory=lambda: np.zeros(0, bool))
    people_known: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "people_known", bool(len(self.people)) and self.people_named)
        if not len(self.people):
            object.__setattr__(self, "people", np.arange(len(self.values)) // len(KINDS))
        if not len(self.named):
            object.__setattr__(self, "named", np.ones(len(self.values), bool))

    def weighted_place(self, near: Array, distance: Array) -> tuple[float, float]:
        """Return the weighted mean of neighbours' coordinates, `near` their indices (K,), nearest first."""
        excess = distance - distance[0]
        sigma = max(float(excess.mean()), 1e-12)
        weight = np.exp(-excess / sigma)
        x, y = (weight[:, None] * self.coordinates[near]).sum(0) / weight.sum()
        return float(x), float(y)

    def nearest(self, values: Array, count: int, own: Array | None = None) -> tuple[Array, Array]:
        """Return the indices of the nearest signatures to one (D,), nearest first, and their distances.

        `own`: (N,) bool, those that are passed over.
        """
        owners = None if own is None else (np.ones(1, bool), own)
        indices, distances = nearest_references(values[None], self.values, count, owners=owners)
        there = np.isfinite(distances[0])
        return indices[0][there], distances[0][there]

    def rows_of(self, crops: Sequence[str], face: FileFace = NOWHERE) -> OwnRows:
        """Tell which references are of a face, and which of its person.

        A set that ships does not know its faces. The faces of a file whose person nobody named are several people: of
        those the face itself is told by its number alone.

        Args:
            crops: content hashes of its crops: the one that is asked about first, then others, as it was attacked.
            face: which face of which file it is.
        """
        known = self.faces or [NOWHERE] * len(self.values)
        first, *others = (self._rows_of_crop(crop) for crop in crops)
        hit = np.logical_or.reduce([first, *others])
        asked = {
            face,
            *(one for one, there in zip(known, hit, strict=True) if there),
        }  # the same crop may have come in another file
        same = hit | np.asarray([any(one.is_same(each) for each in asked) for one in known], bool)
        maybe = same | np.asarray([any(one.may_be_same(each) for each in asked) for one in known], bool)
        lost = hit & np.asarray([not one.file for one in known], bool)  # of such a face its person is all there is
        theirs = np.isin(self.people, self.people[maybe & self.named]) & self.named
        return OwnRows(first, same, maybe | theirs | np.isin(self.people, self.people[lost]))

    def _rows_of_crop(self, crop: str) -> Array:
        """Tell which references (N,) are of a crop with this content hash."""
        if self.keys is None:
            return np.zeros(len(self.values), bool)
        name = crop[: 2 * self.keys.shape[1]]
        return np.asarray([key.tobytes().hex() == name for key in self.keys], bool)

    def check_kind(self, found: Signature) -> None:
        """Refuse a signature of another kind than the set's."""
        card = self.card
        if found.kind != card.signature:
            raise InputError(f"{card.name} holds signatures of the kind {card.signature}; what came is {found.kind}")


def reference_card(name: str = DEFAULT_SET, *, folder: Path | None = None) -> ReferenceSetCard:
    """Read the card of a reference set, shipped or a user's own."""
    return read_card(name, ReferenceSetCard, folder=folder or folder_of(name))


def folder_of(name: str) -> Path:
    """Return the folder that a reference set lies in.

    `InputError` where there is none of that name, or a user's own is not made of its faces yet.
    """
    own = paths.references_folder()
    if (paths.MODELS / f"{name}.json").is_file():
        return paths.MODELS
    if (own / f"{name}.json").is_file():
        return own
    if faces_of_set(name).is_dir():
        raise InputError(
            f"the set {name} is not made of its faces yet; make it: python -m core signatures build {name}"
        )
    if name != DEFAULT_SET:
        raise InputError(f"there is no reference set {name}; there are: {', '.join([DEFAULT_SET, *set_names()])}")
    return paths.MODELS


def misfit(card: ReferenceSetCard, detector: Detector) -> str | None:
    """Say why a detector's signatures have no place in a set, or None.

    Of the shipped set the name counts; a set of a user's own says of which weights it is.
    """
    if card.signature not in SIGNATURES:
        return f"the references hold signatures of the kind {card.signature}, which is not known here"
    if card.detector != detector.name:
        return f"the reference signatures are of {card.detector}, not {detector.name}"
    if card.detector_sha256 is not None and card.detector_sha256 != detector.card.sha256:
        return f"the reference signatures are of other weights of {detector.name} than those in use"
    return None


def load_reference_set(name: str = DEFAULT_SET, *, folder: Path | None = None) -> ReferenceSet:
    """Load a reference set, verified; `InputError` when it is missing or altered.

    It is loaded once, and anew where its files have changed.
    """
    at = folder or folder_of(name)
    card = reference_card(name, folder=at)
    return _loaded(name, at.absolute(), file_state(at / f"{name}.json"), file_state(at / card.file))


@functools.lru_cache(maxsize=8)
def _loaded(name: str, folder: Path, *states: tuple[int, ...]) -> ReferenceSet:
    card = read_card(name, ReferenceSetCard, folder=folder)
    parts = load_file(verified_file(name, card, folder=folder))
    values = parts["values"].astype(np.float32)
    return ReferenceSet(
        values,
        parts["places"],
        parts["kinds"],
        parts["attacks"],
        parts["thumbnails"].astype(np.float32),
        typical_distance(values),
        card,
        parts.get("people", np.zeros(0, np.int64)),
        not card.people_unknown,
        parts.get("pictures"),
        parts.get("keys"),
        _faces_of(parts["faces"]) if "faces" in parts else (),
        parts.get("named", np.zeros(0)).astype(bool),
    )


def _faces_of(part: Array) -> tuple[FileFace, ...]:
    """Read of which files' faces a set is."""
    return tuple(FileFace(*one) for one in json.loads(part.tobytes()))
