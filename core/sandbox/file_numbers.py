"""Read a file that another process has opened."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import IO, cast

_BUFFER = 1 << 16  # bytes


@dataclass(frozen=True, slots=True)
class FileNumber:
    """Stand for a path where there is only the number of an open file."""

    number: int

    def open(self, mode: str = "rb") -> IO[bytes]:
        """Open it for reading, at its beginning; several readers do not move each other."""
        return cast(IO[bytes], io.BufferedReader(_FromNumber(self.number), _BUFFER))

    def stat(self) -> os.stat_result:
        """Return the facts of the file, as a path does."""
        return os.fstat(self.number)

    def content(self) -> bytes:
        """Read it whole."""
        size, parts = os.fstat(self.number).st_size, list[bytes]()
        while part := os.pread(self.number, size, sum(map(len, parts))):
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class _FromNumber(io.RawIOBase):
    """Read at a place of its own.

    The place of the file itself belongs to all who have it open.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.place = number, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = (0, self.place, os.fstat(self.number).st_size)[whence]
        if start + offset < 0:
            raise OSError(22, "Invalid argument")
        self.place = start + offset
        return self.place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = os.preadv(self.number, [buffer], self.place)
        self.place += count
        return count
