"""Stand in for the judge of a batch.

Each file's first word says what becomes of it.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from ..types import InputError
from ..types.file_rows import FileFindings, FileTask


@dataclass
class StubWork:
    """Do what a file says: broken, bug, hang, kill, huge.

    Anything else is judged by its hash.

    log: a file that notes the name of each task that was begun, "" for none.
    """

    log: str = ""

    def prepare(self) -> None:
        """Load nothing."""

    def __call__(self, task: FileTask) -> FileFindings:
        """Do one task; raises `InputError` for a broken file."""
        text = task.path.read_text() if task.content is None else task.content.decode()
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{task.name}\n")
        if text.startswith("broken"):
            raise InputError(f"{task.name} is broken")
        if text.startswith("bug"):
            raise KeyError("a fault")
        if text.startswith("hang"):
            while True:
                pass
        if text.startswith("kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if text.startswith("huge"):
            bytearray(1 << 34)
        score = int(task.sha256[:4], 16) / 65535
        label = "fake" if score > 0.5 else "real"
        return FileFindings("image", 1, "Inconclusive", label, score, score, score, None, "unknown", "{}", None)
