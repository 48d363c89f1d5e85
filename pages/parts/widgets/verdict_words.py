"""Say verdicts in words."""

from __future__ import annotations

from core.detectors.detector import INCONCLUSIVE
from core.output.text import NO_VERDICT
from core.output.verdict_sentences import band_words
from core.types import JudgedFace, Media, Verdict
from core.types.verdicts import OUTPUTS

SCORE_HELP = {
    True: "The probability that the face is forged, if half of all faces were: calibrated on labelled faces.",
    False: "The softmax of the detector's two outputs, 0 to 1; larger speaks for manipulation. Not calibrated: "
    "a score, no probability. Detectors has a tab that calibrates it on labelled media.",
}


def verdict_clause(verdict: Verdict) -> str:
    """Say a verdict in one clause; an inconclusive one names the larger output."""
    if verdict.band == INCONCLUSIVE:
        larger = f"“{OUTPUTS[verdict.label]}” is the larger output, but not by enough"
        return f"{band_words(verdict).lower()}: {larger}"
    return band_words(verdict).lower()


def face_words(media: Media | None, faces: list[JudgedFace], index: int) -> str:
    """Say which face of a file this is, and its verdict."""
    judged = faces[index]
    said = band_words(judged.verdict) if judged.verdict else NO_VERDICT
    if media and media.kind == "image":
        return f"Face {index + 1}: {said}"
    return f"Frame {judged.face.frame}, face {judged.face.track + 1}: {said}"
