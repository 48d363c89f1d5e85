"""Name the weights that something was computed with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Protocol

from .. import pipeline
from ..detectors import Detector
from ..detectors.checkpoints.status import detector_names
from ..faces.centerface import FACE_FINDER, face_finder_sha256
from ..recognition.base import RECOGNISERS, Recogniser
from ..recognition.embedding_recogniser import EmbeddingRecogniser
from ..recognition.load_recogniser import load_recogniser
from ..types import InputError
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


def weights_now(names: Iterable[str]) -> dict[str, str]:
    """Return today's SHA-256 of weights by model, as far as names tell them."""
    wanted, models = set(names), list[CardedModel | Recogniser]()
    loaders: tuple[Callable[[], CardedModel], ...] = (
        pipeline.load_attack_signs,
        pipeline.load_attack_detector,
        pipeline.load_synthetic_faces,
        pipeline.load_reference_set,
    )
    for load in loaders:
        with contextlib.suppress(InputError):  # its weights are gone
            models.append(load())
    for name in sorted(wanted):
        with contextlib.suppress(InputError):
            if name in detector_names():
                models.append(pipeline.load_detector(name))
            elif name in RECOGNISERS:
                models.append(load_recogniser(name))
    return {name: sha256 for name, sha256 in weights_of_models(*models).items() if name in wanted}
