"""Attack whole media, write them, judge them again and test their robustness."""

from .attacked_files import attack_files, fake_shares, file_verdicts, files_outcome, notes
from .attacked_media import attack_media, recode
from .attacked_record import outcome_of, summary

__all__ = [
    "attack_files",
    "attack_media",
    "fake_shares",
    "file_verdicts",
    "files_outcome",
    "notes",
    "outcome_of",
    "recode",
    "summary",
]
