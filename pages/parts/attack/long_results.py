"""Keep results of long attacks, with their files, for the session."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from core.engine.results import ResultKey
from core.storage.leftovers import new_temporary_folder
from core.types import InputError, limits

T = TypeVar("T")


@dataclass(eq=False)
class LongResults:
    """Keep the last long result of each key, with its folder of files.

    The folder is deleted with its result, and all with the session. The oldest go where the folders together exceed
    the session's quota on disk.
    """

    _held: dict[ResultKey[Any], Any] = field(default_factory=dict)
    _root: Path | None = None
    _folders: dict[ResultKey[Any], Path] = field(default_factory=dict)

    def new_folder(self) -> Path:
        """Make a folder for the files of one attack."""
        if self._root is None:
            self._root = new_temporary_folder()
            weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._root))

    def get(self, key: ResultKey[T]) -> T | None:
        """Return the result, or None."""
        return self._held.get(key)

    def keep(self, key: ResultKey[T], value: T, folder: Path | None = None) -> None:
        """Keep a result and its folder; the replaced one is deleted with its files."""
        self._drop(key)
        self._held[key] = value
        if folder:
            self._folders[key] = folder
            while len(self._folders) > 1 and sum(map(bytes_of, self._folders.values())) > limits.SESSION_KEPT_BYTES:
                self._drop(next(iter(self._folders)))

    def check_quota(self, folder: Path) -> None:
        """Raise `InputError` where a folder's files exceed the session's quota.

        Those of other results make room for it once it is kept.
        """
        if (came := bytes_of(folder)) > limits.SESSION_KEPT_BYTES:
            raise InputError(
                f"the files of this attack take {came / 2**30:.1f} GiB so far, and at most "
                f"{limits.SESSION_KEPT_BYTES >> 30} GiB a session are allowed; attack fewer frames"
            )

    def discard(self, folder: Path) -> None:
        """Delete a folder that no result is kept with."""
        if folder not in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)

    def _drop(self, key: ResultKey[Any]) -> None:
        self._held.pop(key, None)
        if folder := self._folders.pop(key, None):
            shutil.rmtree(folder, ignore_errors=True)


def bytes_of(folder: Path) -> int:
    """Count the bytes of a folder's files."""
    total = 0
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # it may be finished or replaced at this moment
            total += path.stat().st_size
    return total
