"""Results of long attacks, with their files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Of = tuple[str, str, str]  # "whole", "sweep" or "check"; the SHA-256 of a medium; the version of the detector


@dataclass(eq=False)
class Attacked:
    """What a session keeps of long attacks: the last of each kind, medium and detector; its files go when it goes."""

    kept: dict[Of, Any] = field(default_factory=dict)
    root: Path | None = None
    folders: dict[Of, Path] = field(default_factory=dict)

    def folder(self) -> Path:
        """A new folder for the files of one attack."""
        if self.root is None:
            self.root = Path(tempfile.mkdtemp(prefix="prosopon-"))
            weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self.root))

    def keep(self, of: Of, what: Any, folder: Path | None = None) -> None:
        """Keep a result and the folder of its files; the one that it replaces goes with its files."""
        self.kept[of] = what
        if before := self.folders.pop(of, None):
            shutil.rmtree(before, ignore_errors=True)
        if folder:
            self.folders[of] = folder
