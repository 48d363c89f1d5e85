"""Hold faces to recognise, galleries of known people, and what a recogniser says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from .arrays import Array, Box, check, check_image, content_id

FindingKind = Literal[
    "unreadable",
    "no face",
    "several faces",
    "small face",
    "near duplicate",
    "doubtful identity",
    "one photo only",
    "empty folder",
    "two names",
]


@dataclass(frozen=True, slots=True, eq=False)
class FaceCrop:
    """Hold a face as a recogniser takes it.

    image: (H, W, 3) uint8 RGB.
    landmarks: (5, 2) float32 in pixels of `image`: left and right eye, nose, left and right corner of the mouth, as
        seen in the image.
    """

    image: Array
    landmarks: Array

    def __post_init__(self) -> None:
        check_image(self.image, "the crop of a face", np.uint8)
        check(self.landmarks.shape == (5, 2), "a face has five landmarks (5, 2)", self.landmarks.shape)

    @property
    def id(self) -> str:
        """Return the SHA-256 of image and landmarks."""
        return content_id(self.image, np.asarray(self.landmarks, np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class GalleryPhoto:
    """Hold one photo of a gallery.

    person: whose folder it lies in.
    path: of the file; name: its path in the gallery.
    id: SHA-256 of the file's bytes.
    box: (left, top, right, bottom) of its largest face in pixels; None where it has none that counts.
    landmarks: (5, 2) float32 of this face, in pixels of the photo; None where there is no box.
    precropped: whether the photo is a face crop and is taken whole.
    reason: why it is not enrolled, in words; None where it is.
    duplicate_of: name of an earlier photo of the same person that it hardly differs from.
    """

    person: str
    path: Path
    name: str
    id: str
    box: Box | None = None
    landmarks: Array | None = None
    precropped: bool = False
    reason: str | None = None
    duplicate_of: str | None = None

    @property
    def enrolled(self) -> bool:
        """Return whether the person is recognised by this photo, too."""
        return self.box is not None and self.reason is None


@dataclass(frozen=True, slots=True)
class GalleryFinding:
    """Hold what a check found in a gallery.

    kind: of the finding.
    person: whose folder; photo: the photo's name in the gallery; None where the person is meant.
    sentence: for people.
    """

    kind: FindingKind
    person: str
    photo: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class MatchThreshold:
    """Hold the similarity from which a face counts as a person.

    fmr: false-match rate in (0, 1) that it is measured for.
    similarity: the threshold.
    comparisons: impostor comparisons that it is measured on.
    source: what they are, in words.
    enough: whether the comparisons suffice for this rate: at least 1 / fmr.
    """

    fmr: float
    similarity: float
    comparisons: int
    source: str
    enough: bool = True

    def __post_init__(self) -> None:
        check(0 < self.fmr < 1, "a false-match rate lies between 0 and 1", self.fmr)


@dataclass(frozen=True, slots=True, eq=False)
class MatchCalibration:
    """Hold what similarities mean: thresholds, and a logistic confidence.

    thresholds: one a false-match rate, the strictest last.
    slope, intercept: confidence = 1 / (1 + exp(-(slope * similarity + intercept))), equal odds before.
    genuine: (G,) float32 similarities of photos to their own person, the photo left out; may be empty.
    impostor: (I,) float32 similarities of photos to other people.
    source: what the confidence was fitted on, in words.
    """

    thresholds: tuple[MatchThreshold, ...]
    slope: float
    intercept: float
    genuine: Array
    impostor: Array
    source: str

    def confidence(self, similarity: float) -> float:
        """Return the confidence in [0, 1] that a similarity is of the same person."""
        return float(1 / (1 + np.exp(-np.clip(self.slope * similarity + self.intercept, -60, 60))))

    def threshold(self, fmr: float) -> MatchThreshold:
        """Return the threshold of a false-match rate, or refuse an unmeasured one."""
        found = [one for one in self.thresholds if abs(one.fmr - fmr) < 1e-9]
        known = ", ".join(f"{one.fmr:g}" for one in self.thresholds)
        check(bool(found), f"thresholds were measured for the false-match rates {known}", fmr)
        return found[0]


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Hold known people, embedded by one recogniser.

    id: SHA-256 over photos and recogniser.
    root: the folder.
    recogniser: the name of the recogniser.
    people: names, sorted.
    photos: every photo of the folder, enrolled or not, in order.
    owner: (N,) index into `people` of each enrolled photo.
    embeddings: (N, D) float32 unit vectors of the enrolled photos, in the order of `photos`.
    findings: of the checks.
    calibration: thresholds and confidence; None for a service, which has its own.
    fmr: false-match rate whose threshold counts.
    enrolled: the enrolled photos (N,), in the order of `embeddings`.
    """

    id: str
    root: Path
    recogniser: str
    people: tuple[str, ...]
    photos: tuple[GalleryPhoto, ...]
    owner: Array
    embeddings: Array
    findings: tuple[GalleryFinding, ...]
    calibration: MatchCalibration | None
    fmr: float = 1e-3
    enrolled: tuple[GalleryPhoto, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "enrolled", tuple(photo for photo in self.photos if photo.enrolled))
        fine = self.embeddings.ndim == 2 and self.embeddings.dtype == np.float32
        check(fine, "a gallery's embeddings are (N, D) float32", f"{self.embeddings.shape} {self.embeddings.dtype}")
        same = len(self.embeddings) == len(self.owner) == len(self.enrolled)
        check(same, "a gallery has one embedding for each enrolled photo", len(self.embeddings))

    @property
    def threshold(self) -> MatchThreshold | None:
        """Return the threshold that counts; None for a service."""
        return self.calibration.threshold(self.fmr) if self.calibration else None

    def photos_of(self, person: str) -> tuple[GalleryPhoto, ...]:
        """Return the enrolled photos of a person."""
        return tuple(photo for photo in self.enrolled if photo.person == person)


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """Hold how near a face is to one person.

    similarity: in the recogniser's own scale: a cosine in [-1, 1], or a service's share in [0, 1].
    confidence: in [0, 1].
    photo: name of the person's nearest photo; None where a service does not say.
    """

    name: str
    similarity: float
    confidence: float
    photo: str | None = None


@dataclass(frozen=True, slots=True)
class Identification:
    """Hold whom a recogniser takes a face for.

    name: the person; None where nobody is near enough.
    confidence: in [0, 1]; None where there is no name.
    nearest: the nearest people, the nearest first.
    threshold: similarity from which there is a name; None for a service.
    """

    name: str | None
    confidence: float | None
    nearest: tuple[PersonMatch, ...]
    threshold: float | None = None

    def __post_init__(self) -> None:
        check((self.name is None) == (self.confidence is None), "a name comes with its confidence", self.confidence)
