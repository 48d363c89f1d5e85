"""Record what recognition says of a face."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import Face, Media
from ..types.recogniser_results import PhotoComparison, RecogniserAttack, ServiceAnswer
from ..types.recognition import Gallery, PersonMatch
from .records import Record, attack_record, face_record, media_record
from .value_records import value_record


def nearest_record(media: Media, face: Face, gallery: Gallery, nearest: Sequence[PersonMatch]) -> Record:
    """Record the people of a gallery that a face is nearest to.

    Args:
        media: the file of the face.
        face: that was compared.
        gallery: with its threshold.
        nearest: the nearest first.
    """
    return {
        "media": media_record(media),
        "face": face_record(face),
        "recogniser": gallery.recogniser,
        "gallery": gallery.id,
        "threshold": gallery.threshold.similarity if gallery.threshold else None,
        "nearest": nearest_rows(nearest),
    }


def nearest_rows(nearest: Sequence[PersonMatch]) -> list[Record]:
    """Make a row of each person; numbers to four digits."""
    return [
        {"person": one.name, "similarity": round(one.similarity, 4), "confidence": round(one.confidence, 4)}
        for one in nearest
    ]


def recogniser_attack_record(gallery: Gallery, found: RecogniserAttack) -> Record:
    """Record an attack on a recogniser."""
    before, after = found.similarities
    return {
        "recogniser": gallery.recogniser,
        "gallery": gallery.id,
        "goal": found.goal,
        "person": found.person,
        "threshold": gallery.threshold.similarity if gallery.threshold else 0.0,
        "similarity_before": before,
        "similarity_after": after,
        "named": found.named,
        "attack": attack_record(found.result),
    }


def photo_record(face: Face, found: PhotoComparison, *, confidence: float) -> Record:
    """Record how alike a face and a reference photo are.

    `confidence`: that they show one person, in [0, 1].
    """
    return {
        "face": face_record(face),
        "reference": {"name": found.name, "sha256": found.sha256},
        "recogniser": found.recogniser,
        "similarity": found.similarity,
        "thresholds": [{"false_match_rate": rate, "similarity": cosine} for rate, cosine in found.scores.thresholds],
        "confidence": confidence,
        "answer": found.answer,
    }


def service_record(service: str, answer: ServiceAnswer) -> Record:
    """Record what a service answered; `service`: its name."""
    return {"service": service, **value_record(answer)}
