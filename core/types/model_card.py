"""Define model cards: origin, checksum and scope of weights."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import PurePath
from typing import Any

from .arrays import Target, check

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Hold what every model's card says.

    name: what the model is called in scripts and on disk.
    title: what people call it.
    source: who published it.
    licence: of the weights.
    papers: author, year and number of each.
    file: the name of the weights' file, without a folder; empty before they are written.
    sha256: of that file; None where none was published or nothing is written yet.
    data: what it was trained on.
    command: what makes the weights again.
    parameters: how many; None where nobody counted.
    training: seed, minutes, metrics on validation data and what else the trainer tells.
    extra: what else a person's card holds, by name; kept as it came.
    """

    name: str
    title: str
    source: str = ""
    licence: str = ""
    papers: tuple[str, ...] = ()
    file: str = ""
    sha256: str | None = None
    data: str = ""
    command: str = ""
    parameters: int | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name, hint in _hints(kind).items():
            value = getattr(self, name)
            check(_fits(value, hint), f"{name!r} of a model's card is {_words(hint)}", repr(value))
        check(PurePath(self.file).name == self.file, "'file' of a model's card is a name without a folder", self.file)
        fine = self.sha256 is None or SHA256.fullmatch(self.sha256) is not None
        check(fine, "'sha256' of a model's card is 64 of 0-9 and a-f", self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorCard(ModelCard):
    """Hold what the card of a deepfake detector says besides.

    input: size in pixels, range and normalisation of what its network takes.
    crop: how its authors cut a face, and how that is done here.
    output: what its outputs mean.
    calibrated: whether the weights came with a calibration.
    scope: what it was trained on, and where it is known to fail.
    layout: the format of its checkpoints; None for the one that this project trained.
    also: other names that the file may have.
    url: the address of the weights; None where there is none.
    size: of the file, in bytes; None where it is not known.
    get: how a person gets the weights.
    came_as: the name that a person's file had when it was added.
    added: the day on which a person added it, as YYYY-MM-DD.
    note: says so where the file at hand is not known to be the published one.
    calibration: metrics of the calibration that ships.
    """

    input: str = ""
    crop: str = ""
    output: str = ""
    calibrated: bool = False
    scope: str = ""
    layout: str | None = None
    also: tuple[str, ...] = ()
    url: str | None = None
    size: int | None = None
    get: str = ""
    came_as: str = ""
    added: str = ""
    note: str = ""
    calibration: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackDetectorCard(ModelCard):
    """Hold what the card of an attack detector says besides.

    detector: the deepfake detector whose maps it was trained on.
    detector_sha256: of that detector's weights.
    map: the name of the map that it reads.
    target: what that map explains.
    warrant: what it was trained on, and what is outside of that.
    """

    detector: str
    detector_sha256: str | None = None
    map: str
    target: Target
    warrant: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignNetworkCard(ModelCard):
    """Hold what the card of a network of signs of attacks says besides.

    detector: the deepfake detector whose gradients and margins it was trained on.
    detector_sha256: of that detector's weights.
    scope: what it was trained on, what it finds and what it misses.
    """

    detector: str
    detector_sha256: str | None = None
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticFacesCard(ModelCard):
    """Hold what the card of a network that tells wholly synthetic faces says besides.

    scope: what it was trained on, what it finds and what it misses.
    calibration: metrics of the calibration that ships.
    """

    scope: str
    calibration: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSetCard(ModelCard):
    """Hold what the card of a set of reference signatures says besides.

    what: what a signature is made of.
    signature: the registered kind of signature.
    detector: the deepfake detector whose signatures they are.
    detector_sha256: of that detector's weights; None where its name is enough.
    people: whose faces they are, as far as is told; None where nobody counted.
    people_unknown: how many of them nobody named: each counts as a person of its own.
    mixed: forgeries that show two people, a face swapped into another's, and count as the latter's.
    kinds: of signatures, in the order of their numbers.
    attacks: in the order of their numbers; the first is none.
    seed: of every random choice.
    faces: how many faces they are of.
    signatures: how many there are.
    nearest_neighbour_accuracy: left-out accuracy in all and by kind, each in [0, 1].
    plane: how the places on the plane were made.
    made_of: hash of the faces that a user's own set was made of, and of what is said of them; "" in others.
    """

    what: str = ""
    signature: str = "lrp-penultimate"
    detector: str
    detector_sha256: str | None = None
    people: int | None = None
    people_unknown: int = 0
    mixed: int = 0
    kinds: tuple[str, ...]
    attacks: tuple[str, ...]
    seed: int | None = None
    faces: int | None = None
    signatures: int | None = None
    nearest_neighbour_accuracy: Mapping[str, Any] = field(default_factory=dict)
    plane: str = ""
    made_of: str = ""


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Give the type of each field of a kind of card."""
    hints = typing.get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind)}


def _fits(value: object, hint: Any) -> bool:
    """Tell whether a value is of an annotated type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return value in inner
    if origin is types.UnionType:
        return any(_fits(value, one) for one in inner)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(one, inner[0]) for one in value)
    if hint is int and isinstance(value, bool):
        return False
    return isinstance(value, origin or hint)


def _words(hint: Any) -> str:
    """Say an annotated type in words."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        return " or ".join(_words(one) for one in inner)
    if origin is typing.Literal:
        return f"one of {', '.join(inner)}"
    if origin is tuple:
        return "a list of texts"
    plain = {str: "text", int: "a whole number", bool: "true or false", type(None): "none", Mapping: "an object"}
    return plain[origin or hint]
