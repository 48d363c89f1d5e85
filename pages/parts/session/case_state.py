"""Hold which case is open, and what was done with it last."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.cases.case_folder import open_case
from core.cases.verification import Verification


@dataclass(slots=True, eq=False)
class CurrentCase:
    """Hold the case that a session works on.

    folder: of the open case; actor: who works, "" for the account's name; message: what was done last; verified: what
    came of verifying, the case first, then its bundle; report: the PDF that was made; bundle: the zip that was written.
    """

    folder: Path | None = None
    actor: str = ""
    message: str | None = None
    verified: tuple[Verification, ...] = ()
    report: bytes | None = None
    bundle: Path | None = None

    def open(self, folder: Path) -> None:
        """Open a case, or refuse a folder that is none."""
        self.folder = open_case(folder).root
        self.changed(None)

    def changed(self, message: str | None) -> None:
        """Forget what was made of the case as it was before. Note what was done."""
        self.message, self.verified, self.report, self.bundle = message, (), None, None
