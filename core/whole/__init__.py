"""Whole media under attack: one frame, one file or two, and the record of it."""

from .files import STAGES, AttackedFiles, Share, attack_files, files_record, notes, shares, table
from .frame import AttackedFace
from .media import AttackedMedia, attack_media, recode
from .record import record, summary

__all__ = [
    "STAGES",
    "AttackedFace",
    "AttackedFiles",
    "AttackedMedia",
    "Share",
    "attack_files",
    "attack_media",
    "files_record",
    "notes",
    "recode",
    "record",
    "shares",
    "summary",
    "table",
]
