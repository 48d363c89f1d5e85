"""Hold the registry of face recognisers and what each of them can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..registry import Registry
from ..types import Array
from ..types.recognition import FaceCrop, Gallery, Identification


class Recogniser(Protocol):
    """Recognise faces: by a network here, or by a service elsewhere."""

    @property
    def name(self) -> str:
        """Return the name in the registry, or the file's for a user's network."""
        ...

    @property
    def version(self) -> str:
        """Return the SHA-256 of its weights, or a service's version."""
        ...

    def embed(self, crop: FaceCrop) -> Array:
        """Embed a face as a unit vector (D,) float32.

        Raises `InputError` where a service gives none.
        """
        ...

    def identify(self, crop: FaceCrop, gallery: Gallery) -> Identification:
        """Name the person of a gallery that a face is, if any."""
        ...

    def similarity(self, a: FaceCrop, b: FaceCrop) -> float:
        """Compare two faces in its own scale: a cosine, or a service's share."""
        ...

    def confidence(self, similarity: float, gallery: Gallery) -> float:
        """Return what a similarity means, in [0, 1].

        A service's own share, else by the gallery's calibration.
        """
        ...


@dataclass(frozen=True, slots=True)
class RecogniserFacts:
    """Hold what is known of a recogniser.

    kind: "network" runs here; "service" sends pictures to somebody.
    package: where the weights come from, in words.
    licence: of the weights.
    """

    kind: str = "network"
    package: str = ""
    licence: str = ""


RECOGNISERS: Registry[Callable[[], Recogniser], RecogniserFacts] = Registry("recogniser", RecogniserFacts)
DEFAULT_RECOGNISER = "dlib-resnet"
