"""Say in one line whether a face is wholly synthetic."""

from __future__ import annotations

from ..types.synthetic_answer import SYNTHETIC, UNDECIDED, UNKNOWN, SyntheticAnswer
from .screen.colours import BANDS
from .text import percent

SYNTHETIC_KINDS = {SYNTHETIC: "fake", UNDECIDED: "inconclusive", UNKNOWN: "inconclusive"}  # of colour and mark
ASKED = "Wholly synthetic?"


def synthetic_sentence(answer: SyntheticAnswer, band: str) -> str:
    """Say the answer in one line, after what the face's verdict leaves open.

    Args:
        answer: about the face.
        band: of the verdict on the same face, which knows face swaps and reenactment only.
    """
    if answer.label == UNKNOWN:
        return f"{ASKED} Outside of what this detector knows."
    assert answer.p_synthetic is not None, "what is known has a probability"
    of = "" if answer.label == SYNTHETIC else " “synthetic”"  # a low per cent has to say of what
    said = f"{answer.label}: {percent(answer.p_synthetic)}{of}."
    if answer.label == UNDECIDED:
        return f"{ASKED} {said}"
    cleared = answer.label == SYNTHETIC and BANDS.get(band) == "real"
    return f"No sign of a face swap. {said}" if cleared else said
