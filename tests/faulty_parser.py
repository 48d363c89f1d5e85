"""A parser for tests of the sandbox: it answers, dies, or tries what it may not, as its task says."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from core.sandbox.shared_regions import Strips
from core.types import Array, InputError

Answers = Iterator[tuple[Mapping[str, object], Array | Strips | None]]


def answer(task: str, values: Mapping[str, Any], file: int) -> Answers:
    """Do as the task says; "later " before it answers once before."""
    if task.startswith("later "):
        yield {"first": True}, None
    task = task.removeprefix("later ")
    if task == "arrays":
        for number, size in enumerate(values["sizes"]):
            yield {"number": number}, np.full((size, 3), number, np.dtype(values["dtype"]))
    elif task == "whole":
        rows = (np.full((size, 3), number, np.uint8) for number, size in enumerate(values["sizes"]))
        yield {}, Strips((sum(values["sizes"]), 3), np.dtype(np.uint8), rows)
        yield {"after": True}, None
    elif task == "tries":
        yield {"open": [name for name, attempt in TRIES.items() if not fails(attempt)]}, None
    else:
        yield {"content": os.pread(file, 99, 0).decode()}, WAYS[task]()


def fails(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (PermissionError, ValueError):  # ValueError: that of `setrlimit`, where it is not permitted
        return True
    return False


def crash() -> None:
    ctypes.string_at(0)


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    time.sleep(1000)


def refuse() -> None:
    raise InputError("this file is not wanted")


def fail() -> None:
    raise ZeroDivisionError("no number")


def killed() -> None:
    raise SystemExit  # an ending of its own


def write() -> None:
    with open(os.devnull, "w", encoding="ascii"):
        pass


WAYS: dict[str, Callable[[], Array | None]] = {
    "content": lambda: None,
    "crash": crash,
    "spin": spin,
    "sleep": sleep,
    "refuse": refuse,
    "fail": fail,
    "end": killed,
    "memory": lambda: np.ones(2**30, np.uint8),
    "objects": lambda: np.array([None]),
}
TRIES: dict[str, Callable[[], object]] = {
    "read": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write": write,
    "remove": lambda: os.unlink("/nothing/there"),
    "socket": socket.socket,
    "program": lambda: subprocess.run(["true"], check=False),
    "fork": lambda: os.fork() or os._exit(0),
    "bounds": lambda: resource.setrlimit(resource.RLIMIT_CPU, (9999, 9999)),
    "signal": lambda: os.kill(os.getppid(), signal.SIGTERM),
}
