"""Whole media under attack: one frame, one file, and the record of it."""

from .frame import AttackedFace
from .media import AttackedMedia, attack_media
from .record import record, summary

__all__ = ["AttackedFace", "AttackedMedia", "attack_media", "record", "summary"]
