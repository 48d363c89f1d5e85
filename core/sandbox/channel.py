"""Send plain values and open files between processes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping, Sequence

LENGTH = 4  # bytes before each message
MAX_MESSAGE = 64 * 2**20  # bytes: the index of the longest video is a tenth of it
_PIECE = 1 << 16  # bytes received at once
Values = Mapping[str, object]


class Channel:
    """Exchange messages over a socket: JSON, never pickles, whose reading would run code.

    wait: called before each piece that is received; may raise, to give up.
    ahead: whether it may receive more than one message at once; then no file comes with any.
    """

    __slots__ = ("_held", "ahead", "socket", "wait")

    def __init__(self, end: socket.socket, wait: Callable[[], None] = lambda: None, *, ahead: bool = False) -> None:
        self.socket, self.wait, self.ahead = end, wait, ahead
        self._held = bytearray()  # received ahead

    def send(self, values: Values, files: Sequence[int] = ()) -> None:
        """Send one message, and open files by their numbers."""
        body = json.dumps(values).encode()
        start = len(body).to_bytes(LENGTH, "big")
        if files:
            socket.send_fds(self.socket, [start], list(files))
            self.socket.sendall(body)
        else:
            self.socket.sendall(start + body)

    def receive(self, *, files: int = 0) -> tuple[Values, list[int]]:
        """Receive one message and at most `files` open files.

        Raises `EOFError` at the other side's end, `ValueError` for what is no message.
        """
        numbers: list[int] = []
        if files:
            self.wait()
            start, numbers, _, _ = socket.recv_fds(self.socket, LENGTH, files)
            start += self._exactly(LENGTH - len(start)) if start else b""
            if not start:
                raise EOFError
        else:
            start = self._exactly(LENGTH)
        length = int.from_bytes(start, "big")
        if length > MAX_MESSAGE:
            raise ValueError(f"a message of {length} bytes")
        try:
            values = json.loads(self._exactly(length))
        except RecursionError as error:
            raise ValueError("a message nested too deeply") from error
        if not isinstance(values, dict):
            raise ValueError("a message without names")
        return values, numbers

    def _exactly(self, length: int) -> bytes:
        parts = self._held
        while len(parts) < length:
            self.wait()
            part = self.socket.recv(_PIECE if self.ahead else min(length - len(parts), _PIECE))
            if not part:
                raise EOFError
            parts += part
        found = bytes(parts[:length])
        del parts[:length]
        return found
