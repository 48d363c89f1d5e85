"""Work for tests of the batch: each file's first word says what happens to it, and nothing is loaded."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

from core.types import InputError
from core.types.file_rows import FileFindings, FileTask


@dataclass
class StubWork:
    log: str = ""  # a file that notes each task that was begun

    def prepare(self) -> None:
        """Load nothing."""

    def __call__(self, task: FileTask) -> FileFindings:
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
