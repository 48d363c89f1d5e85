"""Read a bundle that nobody vouches for. A zip or a folder, hashed as it streams."""

from __future__ import annotations

import contextlib
import hashlib
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..storage.checkpoint_limits import check_unpacked_archive
from ..storage.leftovers import temporary_folder
from ..types import InputError
from .bundle import EPOCH, write_archive

MAX_JSON = 64 << 20  # bytes of a manifest or a record that are read at once
PIECE = 1 << 20
# what `zipfile` raises for foreign bytes, and for a compression or encryption that it does not know
BROKEN = (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError, KeyError)


@dataclass(slots=True, eq=False)
class BundleReader:
    """Read the files of a bundle by name.

    path: of the zip or folder; archive: the open zip, None for a folder.
    """

    path: Path
    archive: zipfile.ZipFile | None = None
    _infos: dict[str, zipfile.ZipInfo] = field(default_factory=dict)

    def names(self) -> list[str]:
        """List the files in the order of the archive. A name that is there twice comes twice."""
        if self.archive:
            return [info.orig_filename for info in self.archive.infolist() if not info.is_dir()]
        found = [path for path in sorted(self.path.rglob("*")) if path.is_symlink() or not path.is_dir()]
        return [path.relative_to(self.path).as_posix() for path in found]

    def is_link(self, name: str) -> bool:
        """Tell whether a file is a link."""
        if self.archive:
            return stat.S_ISLNK(self._info(name).external_attr >> 16)
        return any((self.path / part).is_symlink() for part in [name, *map(str, Path(name).parents)])

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file for reading; raises one of `BROKEN` where it cannot be."""
        if self.archive:
            with self.archive.open(self._info(name)) as file:
                yield file
        else:
            with (self.path / name).open("rb") as file:
                yield file

    def hash(self, name: str) -> tuple[str, int] | None:
        """Compute SHA-256 and length of a file. None where it cannot be read to its end."""
        found, length = hashlib.sha256(), 0
        try:
            with self.open(name) as file:
                while piece := file.read(PIECE):
                    found.update(piece)
                    length += len(piece)
        except BROKEN:
            return None
        return found.hexdigest(), length

    def read(self, name: str) -> bytes | None:
        """Read a small file; None where it is missing, damaged or too large."""
        try:
            with self.open(name) as file:
                data = file.read(MAX_JSON + 1)
        except BROKEN:
            return None
        return data if len(data) <= MAX_JSON else None

    def save(self, name: str, to: Path) -> bool:
        """Copy a file to a path of ours. False where it cannot be read to its end.

        Raises `InputError` where the copy cannot be written: that says nothing about the bundle.
        """
        with writing_beside(self.path.name), to.open("wb") as target:
            for piece in self._pieces(name):
                if piece is None:
                    return False
                target.write(piece)
        return True

    def _pieces(self, name: str) -> Iterator[bytes | None]:
        """Yield a file in pieces, and None where it ends too early."""
        try:
            with self.open(name) as file:
                while piece := file.read(PIECE):
                    yield piece
        except BROKEN:
            yield None

    def stray_byte(self) -> int | None:
        """Return the first byte that `write_archive` would write otherwise, or None.

        Whoever packs a bundle anew writes other dates; only a zip with ours is compared.
        """
        if self.archive is None or not any(info.date_time == EPOCH for info in self.archive.infolist()):
            return None
        with scratch_folder(self.path.name) as folder:
            again = folder / "again.zip"
            parts: list[tuple[str, Path | bytes]] = []
            for number, name in enumerate(self.names()):
                kept = folder / str(number)
                if not self.save(name, kept):
                    return 0
                parts.append((name, kept))
            with writing_beside(self.path.name), again.open("w+b") as file:
                write_archive(parts, file)
            return _first_difference(self.path, again)

    def _info(self, name: str) -> zipfile.ZipInfo:
        if not self._infos and self.archive:
            self._infos = {info.orig_filename: info for info in reversed(self.archive.infolist())}
        return self._infos[name]


@contextlib.contextmanager
def writing_beside(name: str) -> Iterator[None]:
    """Turn an error of writing a copy into a sentence."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{name} could not be checked: a temporary copy of its files could not be written "
            f"({error.strerror or error}); this says nothing about the bundle"
        ) from error


@contextlib.contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """Yield a temporary folder for the copies of the bundle `name`."""
    with contextlib.ExitStack() as held:
        with writing_beside(name):
            folder = held.enter_context(temporary_folder())
        yield folder


@contextlib.contextmanager
def open_bundle(path: Path) -> Iterator[BundleReader]:
    """Open a bundle; raises `zipfile.BadZipFile` where its index is missing or damaged.

    An `InputError` where it claims to unpack to far more than it is.
    """
    if path.is_dir():
        yield BundleReader(path)
        return
    if not path.is_file():
        raise InputError(f"the bundle {path} does not exist; a .zip file or a folder is wanted")
    try:
        with zipfile.ZipFile(path) as archive:  # which unpacks of each file no more than it claims
            claimed = sum(info.file_size for info in archive.infolist())
            check_unpacked_archive(f"the bundle {path.name}", path.stat().st_size, claimed)
            yield BundleReader(path, archive)
    except (PermissionError, IsADirectoryError) as error:
        raise InputError(f"the bundle {path.name} cannot be read: {error.strerror}") from error


def _first_difference(one: Path, other: Path) -> int | None:
    place = 0
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            a, b = left.read(PIECE), right.read(PIECE)
            if a != b:
                return place + next(
                    (i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
                )
            if not a:
                return None
            place += len(a)
