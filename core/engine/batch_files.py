"""List the files of folders, each with its hash or the reason for none."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..media.sniff import clean
from ..storage.files import sha256_of
from ..types import InputError

OUT_OF_FOLDER = "it is a link that leads out of the folder, and was not followed"
NOT_REGULAR = "it is no regular file, and was not opened"


@dataclass(frozen=True, slots=True, eq=False)
class ListedFile:
    """Hold one file that was found.

    name: its path below the folder, on one line; sha256: None where `state` ("failed" or "skipped") and `reason` say
        why it is not judged.
    """

    path: Path
    name: str
    sha256: str | None
    state: str | None = None
    reason: str | None = None


def list_files(places: Sequence[Path], leave_out: frozenset[Path] = frozenset()) -> Iterator[ListedFile]:
    """Yield every file below the folders, sorted by name.

    A place may be a file too.

    Args:
        places: folders and files.
        leave_out: resolved paths that are no part of the batch, such as its own table.

    Raises:
        InputError: a place does not exist.
    """
    for place in places:
        if not place.exists():
            raise InputError(f"{place} does not exist; a folder of images and videos is needed")
    seen: set[Path] = set()
    for place in places:
        root = place if place.is_dir() else place.parent
        for path in _below(place) if place.is_dir() else (place,):
            there = path.absolute()
            if there in seen or there.parent.resolve() / there.name in leave_out:
                continue
            seen.add(there)
            yield _listed(there, shown_name(path.relative_to(root)), root.resolve())


def shown_name(path: Path) -> str:
    """Return a path on one printable line.

    What is not printable is written as its code.
    """
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)


def file_key(sha256: str, *parts: str) -> str:
    """Return the key of a job.

    Equal content, detector, settings and code are one job.
    """
    return hashlib.sha256("\0".join((sha256, *parts)).encode()).hexdigest()


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if Path(here, name).is_symlink()]
        for name in sorted([*names, *links]):
            yield Path(here, name)


def _listed(path: Path, name: str, root: Path) -> ListedFile:
    try:
        if path.is_symlink():
            target = path.resolve(strict=True)
            if not target.is_relative_to(root):
                return ListedFile(path, name, None, "skipped", OUT_OF_FOLDER)
            if target.is_dir():
                return ListedFile(path, name, None, "skipped", "it is a link to a folder, whose files are listed there")
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe could wait for ever
            return ListedFile(path, name, None, "skipped", NOT_REGULAR)
        return ListedFile(path, name, sha256_of(path))
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        why = clean(getattr(error, "strerror", None) or error)
        return ListedFile(path, name, None, "failed", f"it cannot be read ({why})")
