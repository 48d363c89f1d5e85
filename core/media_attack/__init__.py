"""Attack whole media, write them, judge them again and test their robustness."""

from .attacked_files import STAGES, AttackedFiles, attack_files, fake_shares, file_verdicts, files_record, notes, table
from .attacked_media import AttackedMedia, attack_media, recode
from .attacked_record import record, summary

__all__ = [
    "STAGES",
    "AttackedFiles",
    "AttackedMedia",
    "attack_files",
    "attack_media",
    "fake_shares",
    "file_verdicts",
    "files_record",
    "notes",
    "recode",
    "record",
    "summary",
    "table",
]
