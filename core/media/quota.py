"""Bound the files that a visitor lets lie on the disk."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from ..types import InputError, limits


@dataclass(slots=True)
class Quota:
    """Count a folder's files, and their bytes, against what may lie there."""

    bytes: int = 0
    files: int = 0

    @classmethod
    def of(cls, root: Path) -> Quota:
        """Count what lies in a folder and below it."""
        found = cls()
        for folder, _, names in os.walk(root):
            for name in names:
                with contextlib.suppress(OSError):  # it may be deleted at this moment
                    found.bytes += Path(folder, name).lstat().st_size
                    found.files += 1
        return found

    def add(self, name: str, size: int) -> None:
        """Count a file before it is written.

        Raises:
            InputError: it is one, or some bytes, too many.
        """
        if self.bytes + size > limits.SESSION_KEPT_BYTES or self.files + 1 > limits.SESSION_KEPT_FILES:
            shown = "".join(letter if letter.isprintable() else "_" for letter in name)
            raise InputError(
                f"{shown} is not kept: with it {self.files + 1:,} files of {(self.bytes + size) / 2**20:,.1f} MiB "
                f"would lie here, and at most {limits.SESSION_KEPT_FILES:,} files of "
                f"{limits.SESSION_KEPT_BYTES / 2**20:,.1f} MiB are allowed; those before it are kept. A folder on this "
                "machine may be given instead"
            )
        self.bytes += size
        self.files += 1
