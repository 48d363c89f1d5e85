"""Start a server of a page on this machine, and end it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..types import InputError

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app.py"
START_S = 180.0
POLL_S = 0.02  # between two looks at whether the server answers
END_S = 10.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Hold a started server: its port on this machine, and its process."""

    port: int
    process: int


@contextlib.contextmanager
def running_server(*options: str, script: Path = APP, weights: Path | None = None) -> Iterator[RunningServer]:
    """Start a server on a free port, wait until it answers, and end it.

    Args:
        options: further ones of `streamlit run`.
        script: that is served, the dashboard if not given.
        weights: a folder for downloaded weights, in place of this machine's own.

    Raises:
        InputError: the server does not answer within 180 s.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    given = ["--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none", *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *given],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **({"PROSOPON_WEIGHTS": str(weights)} if weights else {})},
    )
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", process)
        yield RunningServer(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    due = time.monotonic() + START_S
    while time.monotonic() < due and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(address, timeout=2).close()
            return
        time.sleep(POLL_S)
    raise InputError("the server does not start: python -m streamlit run app.py says why")
