"""Ask a face's signature whether the face was attacked."""

from __future__ import annotations

from .. import pipeline
from ..detectors import Detector
from ..signatures import ReferenceSet
from ..signatures.reference_classifier import reference_classifier
from ..types import Array
from ..types.classifier_metrics import SignatureAnswer


def answer_signature(detector: Detector, references: ReferenceSet, crop: Array) -> SignatureAnswer:
    """Answer by the signature of a crop (H, W, 3) uint8, compared with references of its detector.

    The first answer of a process takes seconds: the classifier is fitted and measured.
    """
    kind = references.card.signature
    return reference_classifier(references).answer(pipeline.signatures_of(detector, crop, [kind])[kind])
