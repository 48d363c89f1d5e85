"""Keep results of long attacks, with their files, for the session."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from core.engine.results import ResultKey

T = TypeVar("T")


@dataclass(eq=False)
class LongResults:
    """Keep the last long result of each key, with its folder of files.

    The folder is deleted with its result, and all with the session.
    """

    _held: dict[ResultKey[Any], Any] = field(default_factory=dict)
    _root: Path | None = None
    _folders: dict[ResultKey[Any], Path] = field(default_factory=dict)

    def new_folder(self) -> Path:
        """Make a folder for the files of one attack."""
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="prosopon-"))
            weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._root))

    def get(self, key: ResultKey[T]) -> T | None:
        """Return the result, or None."""
        return self._held.get(key)

    def keep(self, key: ResultKey[T], value: T, folder: Path | None = None) -> None:
        """Keep a result and its folder; the replaced one is deleted with its files."""
        self._held[key] = value
        if before := self._folders.pop(key, None):
            shutil.rmtree(before, ignore_errors=True)
        if folder:
            self._folders[key] = folder
