"""Say of how many faces of a set the person is known now."""

from __future__ import annotations

from ..types.own_set_values import AddedFaces
from .own_set_sentences import added_sentence
from .text import counted


def added_and_named(found: AddedFaces) -> str:
    """Say what was added, and of how many the person is known now."""
    words = added_sentence(found)
    return f"{words} It is known now whose {counted(found.named, 'face')} of these are." if found.named else words
