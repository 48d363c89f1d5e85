"""Note each internet socket and each name looked up, of every interpreter that is started from here on.

`watched` copies this file into a folder of its own, where interpreters import it as they start; those that parse media
ignore the folder and import it with their reader.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

LOG = "sockets.log"
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


def watched(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let interpreters that are started from now on note their sockets in a file of the folder."""
    folder.mkdir()
    shutil.copyfile(__file__, folder / "noting_sockets.py")
    noting = "import noting_sockets\nnoting_sockets.note_sockets({!r})\n"
    (folder / "sitecustomize.py").write_text(noting.format("started"))
    readers = "from core.media.reader_process import answer, warm_up\n"
    (folder / "noting_reader.py").write_text(readers + noting.format("reader"))
    patch.syspath_prepend(str(folder))
    patch.setenv("PYTHONPATH", str(folder))
    patch.setenv("PROSOPON_READER", "noting_reader")


def noted(folder: Path) -> list[str]:
    """What interpreters noted: "started" or "reader" for each that watches, and each socket."""
    return (folder / LOG).read_text().splitlines()


def note_sockets(words: str) -> None:
    """Note in the file beside this one that this process watches itself, and what it opens.

    The file is opened at once, as a confined process can open none.
    """
    log = os.open(Path(__file__).with_name(LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(log, f"{words}\n".encode())

    def note(event: str, values: tuple[object, ...]) -> None:
        internet = event == "socket.__new__" and values[1] in (socket.AF_INET, socket.AF_INET6)
        if internet or event in LOOK_UPS:
            os.write(log, f"{event} {values[1:]}\n".encode())

    sys.addaudithook(note)
