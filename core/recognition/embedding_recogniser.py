"""Recognise by a network's embeddings, compared by their cosine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from ..media.images import to_tensor
from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError
from ..types.recognition import FaceCrop, Gallery, Identification
from .alignment import AlignedNetwork, AlignmentTemplate, FaceAligner
from .matching import identify_embedding

MAX_KNOWN = 4096  # vectors that are kept


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingRecogniser:
    """Hold a network that embeds aligned faces.

    name: in the registry, or the file's.
    version: SHA-256 of the weights.
    network: from (N, 3, S, S) in [0, 1] to (N, D).
    template: where it wants the landmarks.
    centre: (D,) float32, subtracted from its vectors; zeros for none.
    known: vectors of the faces embedded last, by their id.
    """

    name: str
    version: str
    network: nn.Module
    template: AlignmentTemplate
    centre: Tensor
    known: dict[str, Array] = field(init=False, default_factory=dict, repr=False)

    def module(self, landmarks: Array) -> AlignedNetwork:
        """Return a module from crops (N, 3, H, W) in [0, 1] to unit vectors (N, D), for attacks and maps.

        `landmarks`: (5, 2) in pixels of the crops.
        """
        return AlignedNetwork(FaceAligner(landmarks, self.template), self.network, self.centre).eval()

    def embed(self, crop: FaceCrop) -> Array:
        """Embed a face as a unit vector (D,) float32."""
        key = crop.id
        if (found := self.known.get(key)) is not None:
            return found
        with torch.inference_mode():
            values: Array = self.module(crop.landmarks)(to_tensor(crop.image))[0].numpy()
        if not np.isfinite(values).all():
            raise InputError(f"{self.name} gives no finite numbers for this face")
        if len(self.known) >= MAX_KNOWN:
            self.known.clear()
        self.known[key] = values
        return values

    def embed_all(self, crops: Sequence[FaceCrop], *, progress: Progress = NO_PROGRESS) -> Array:
        """Embed faces one by one: (N, D) float32."""
        found = [self.embed(crop) for crop in progress.each(crops, f"Embedding by {self.name}, faces")]
        return np.stack(found) if found else np.zeros((0, len(self.centre)), np.float32)

    def identify(self, crop: FaceCrop, gallery: Gallery) -> Identification:
        """Name the person of a gallery that a face is, if any."""
        if gallery.recogniser != self.name:
            raise InputError(f"the gallery was embedded by {gallery.recogniser}, not by {self.name}")
        return identify_embedding(self.embed(crop), gallery)

    def similarity(self, a: FaceCrop, b: FaceCrop) -> float:
        """Return the cosine of two faces' vectors, in [-1, 1]."""
        return float(self.embed(a) @ self.embed(b))

    def confidence(self, similarity: float, gallery: Gallery) -> float:
        """Return what a cosine means by the gallery's calibration, in [0, 1]."""
        if gallery.calibration is None:
            raise InputError("this gallery has no calibration")
        return gallery.calibration.confidence(similarity)
