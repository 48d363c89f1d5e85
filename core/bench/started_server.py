"""Start a server of the dashboard or of a bare page, and time it."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ..storage.files import atomic_write
from ..types import InputError
from .pipeline_processes import ROOT
from .pipeline_rows import PipelineRow, ratio_row
from .timing import time_pairs

BARE = "import streamlit as st\nimport torch\nst.title('Bare')\n"
START_S = 180.0
POLL_S = 0.02  # between two looks at whether the server answers
COMPLETE = 0  # how a run of a page ends that no other one cuts off


def server_row(*, pairs: int, app: Path = ROOT / "app.py") -> PipelineRow:
    """Time a new server's first page over that of a bare one.

    `pairs`: of servers, in turn; `app`: the script that is served. The bare one imports torch and draws a title.
    """
    with tempfile.TemporaryDirectory(prefix="prosopon-") as folder:
        bare = Path(folder) / "bare.py"
        atomic_write(bare, BARE)
        times = time_pairs(partial(first_page, app), partial(first_page, bare), pairs=pairs, clock=time.perf_counter)
    return ratio_row("start of the server to its first page", "a server of a title that imports torch", times)


def first_page(script: Path) -> None:
    """Start a server of a script, wait for its page, end it."""
    with _server(script) as port:
        sent = importlib.import_module("streamlit.proto.BackMsg_pb2").BackMsg()
        received = importlib.import_module("streamlit.proto.ForwardMsg_pb2").ForwardMsg
        client: Any = importlib.import_module("websockets.sync.client")
        sent.rerun_script.query_string = ""
        address = f"localhost:{port}"
        with client.connect(
            f"ws://{address}/_stcore/stream",
            origin=f"http://{address}",
            subprotocols=["streamlit"],
            max_size=None,
            proxy=None,
        ) as connection:
            connection.send(sent.SerializeToString())
            due = time.monotonic() + START_S
            while time.monotonic() < due:
                message = received.FromString(connection.recv(timeout=START_S))
                if message.WhichOneof("type") == "script_finished" and message.script_finished == COMPLETE:
                    return
    raise InputError(f"{script.name} has drawn no page within {START_S:g} s")


@contextlib.contextmanager
def _server(script: Path) -> Iterator[int]:
    """Serve a script on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["--server.headless=true", f"--server.port={port}", "--server.fileWatcherType=none"]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    )
    try:
        _wait_for(f"http://localhost:{port}/_stcore/health", process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
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
    raise InputError("a server does not start: python -m streamlit run app.py says why")
