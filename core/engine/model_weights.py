"""Name the weights that something was computed with."""

from __future__ import annotations

from typing import Protocol

from ..detectors import Detector
from ..faces.centerface import FACE_FINDER, face_finder_sha256
from ..recognition.base import Recogniser
from ..recognition.embedding_recogniser import EmbeddingRecogniser
from ..types.model_card import ModelCard


class CardedModel(Protocol):
    """Name its weights by a card."""

    @property
    def card(self) -> ModelCard:
        """Return what is known of the weights."""
        ...


def weights_of_models(*models: CardedModel | Recogniser) -> dict[str, str]:
    """Return the SHA-256 of weights by model: the face finder's, then these.

    A detector's calibration has its own. Of a service's weights nothing is known here.
    """
    found = {FACE_FINDER: face_finder_sha256()}
    for one in models:
        if isinstance(one, EmbeddingRecogniser):
            found[one.name] = one.version
        elif isinstance(one, Detector):
            found[one.name] = str(one.card.sha256)
            if one.calibration_id:
                found[f"{one.name} calibration"] = one.calibration_id
        elif isinstance(card := getattr(one, "card", None), ModelCard):
            found[card.name] = str(card.sha256)
    return found
