"""Start a server as people do, and try what its sessions may harm."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..types import InputError
from .tally import Tally

HOSTS = {  # that a browser may name, and what the server answers
    "localhost:{port}": " 101 ", "127.0.0.1:{port}": " 101 ", "rebound.example:{port}": " 403 ",
    "rebound.example": " 403 ", "localhost.example:{port}": " 403 ", "127.0.0.1.example:{port}": " 403 ",
    "": " 403 ",
}  # fmt: skip
_ROOT = Path(__file__).resolve().parents[2]
_HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_START_S = 120.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Hold a started server: its port on this machine, and its process."""

    port: int
    process: int


@contextlib.contextmanager
def running_server(*options: str) -> Iterator[RunningServer]:
    """Start a server on a free port of this machine, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        own = {**os.environ, "PROSOPON_WEIGHTS": folder}
        given = ["--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none", *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *given],
            cwd=_ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=own,
        )
        try:
            _wait_for(f"http://localhost:{port}/_stcore/health", process)
            yield RunningServer(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    due = time.monotonic() + _START_S
    while time.monotonic() < due and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=2).close()
            return
        time.sleep(0.3)
    raise InputError("the server does not start: python -m streamlit run app.py says why")


def foreign_hosts(tally: Tally, seed: int) -> None:
    """Ask a started server for a web socket under each name."""
    with running_server() as server:
        hosts = list(HOSTS.items())
        for number in tally.trials():
            name, wanted = hosts[number]
            host = name.format(port=server.port)
            with tally.counted(host), socket.create_connection(("localhost", server.port), timeout=30) as connection:
                connection.sendall(_HANDSHAKE.format(host=host).encode())
                line = connection.recv(200).decode(errors="replace").partition("\r\n")[0]
                if wanted not in f"{line} " and not (wanted == " 403 " and " 400 " in line):
                    tally.fail("wrong", f"{host or 'no host'}: {line}")
