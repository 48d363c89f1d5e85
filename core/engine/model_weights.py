"""Name the weights that something was computed with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Container, Iterable
from typing import Protocol

from .. import pipeline
from ..attack_detectors import ATTACK_DETECTORS
from ..attack_detectors.answer import NAME as ATTACK_SIGNS
from ..detectors import Detector
from ..detectors.checkpoints.status import detector_names
from ..faces.centerface import FACE_FINDER, face_finder_sha256
from ..recognition.base import RECOGNISERS, Recogniser
from ..recognition.embedding_recogniser import EmbeddingRecogniser
from ..recognition.load_recogniser import load_recogniser
from ..signatures import DEFAULT_SET
from ..signatures.own_faces import set_names
from ..synthetic_faces import NAME as SYNTHETIC_FACES
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
    for name in sorted(wanted):
        with contextlib.suppress(InputError):  # its weights are gone
            models += [load(name) for kind, load in _loaders() if name in kind]
    return {name: sha256 for name, sha256 in weights_of_models(*models).items() if name in wanted}


def _loaders() -> tuple[tuple[Container[str], Callable[[str], CardedModel | Recogniser]], ...]:
    """Pair the names of each kind of model with what loads one."""
    return (
        ({ATTACK_SIGNS}, lambda _: pipeline.load_attack_signs()),
        (ATTACK_DETECTORS, pipeline.load_attack_detector),
        ({SYNTHETIC_FACES}, lambda _: pipeline.load_synthetic_faces()),
        ({DEFAULT_SET}, lambda _: pipeline.load_reference_set()),
        (set_names(), pipeline.load_reference_set),
        (detector_names(), pipeline.load_detector),
        (RECOGNISERS, load_recogniser),
    )
