"""Hold what a user says of faces in a set of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from .arrays import Array, check
from .classifier_metrics import UNATTACKED

UNKNOWN_ATTACK = "unknown"  # the name of an attack that nobody knows


@dataclass(frozen=True, slots=True)
class FaceLabel:
    """Hold what a face is.

    kind: real, fake or attacked; attack: its name, "none" where nobody attacked the face.
    """

    kind: str
    attack: str = UNATTACKED

    def __post_init__(self) -> None:
        check(self.kind in ("real", "fake", "attacked"), "a face is real, fake or attacked", self.kind)
        fine = (self.kind == "attacked") == (self.attack != UNATTACKED)
        check(fine, "an attacked face has an attack, and no other has", f"{self.kind}, {self.attack}")


@dataclass(frozen=True, slots=True)
class FileFace:
    """Name a face by its file and its number there.

    file: the file's SHA-256, "" where that is not known. track: the face's number; None where that is not known.
    searched: in how many frames of a video the faces were numbered; 0 for an image, and for a video's first frame.
    """

    file: str = ""
    track: int | None = None
    searched: int = 0

    def is_same(self, other: FileFace) -> bool:
        """Tell whether both are known to be one face of one file."""
        return bool(self.file) and self.track is not None and self == other

    def may_be_same(self, other: FileFace) -> bool:
        """Tell whether both may be one face of one file.

        Numbers of two searches of a video tell nothing of each other.
        """
        if not self.file or self.file != other.file:
            return False
        told = self.track is not None and other.track is not None and self.searched == other.searched
        return self.track == other.track if told else True


NOWHERE = FileFace()  # of a face of which it is not known


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """Hold what is said of a face in a set of a user's own.

    label: what it is. person: whose it is; named: whether somebody said so: else the file counts as a person of its
    own. source: name of the file. settings: of the attack, where it was put on here. file, track, searched: which face
    of which file it is, as `FileFace` says.
    """

    label: FaceLabel
    person: str
    named: bool
    source: str
    settings: str = ""
    file: str = ""
    track: int | None = None
    searched: int = 0

    @property
    def face(self) -> FileFace:
        """Return which face of which file it is."""
        return FileFace(self.file, self.track, self.searched)

    def of_face(self, face: FileFace) -> FaceFacts:
        """Say which face of which file it is.

        The file is its person where nobody named one: clean and attacked faces of a file are then of one person,
        however they come into a set.
        """
        person = self.person or f"file {face.file[:16]}"
        return replace(self, person=person, file=face.file, track=face.track, searched=face.searched)

    def told_more(self, said: FaceFacts) -> FaceFacts:
        """Add what was not known before: who, and which face, it is."""
        known = self
        if said.named and not self.named:
            known = replace(known, person=said.person, named=True)
        if self.track is None and said.track is not None and self.file in ("", said.file):
            known = known.of_face(said.face)
        return known


@dataclass(frozen=True, slots=True)
class SetFacts:
    """Hold of what a set of a user's own is.

    signature: the kind; detector: the detector's name; detector_sha256: of its weights.
    """

    signature: str
    detector: str
    detector_sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class OwnFace:
    """Hold a face in a set of a user's own.

    values: (D,) float16 its signature; thumbnail: (T, T) float16 of its map; picture: (P, P, 3) uint8.
    """

    facts: FaceFacts
    values: Array
    thumbnail: Array
    picture: Array

    def __post_init__(self) -> None:
        fine = self.values.ndim == 1 and self.values.dtype == np.float16 and bool(np.isfinite(self.values).all())
        check(fine, "a kept signature is (D,) float16 and finite", self.values.shape)
        check(self.picture.ndim == 3 and self.picture.dtype == np.uint8, "a picture is uint8", self.picture.shape)


@dataclass(frozen=True, slots=True)
class AddedFaces:
    """Hold what came of adding faces to a set of a user's own.

    name: of the set. added: signatures that are new in it. known: faces that were in it with the same label; named:
    those of them whose person nobody had named, and now is; otherwise: those that are in it with another label, which
    stays. without: media without a face that can be judged.
    left_out: why others were left out, and how many. signatures, people, unknown: how many are in the set now, whose
    they are, and of how many of these nobody said who they are. damaged: of its files, how many could not be read.
    """

    name: str
    added: int
    known: int
    otherwise: int
    without: int
    signatures: int
    people: int
    unknown: int
    damaged: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    named: int = 0
