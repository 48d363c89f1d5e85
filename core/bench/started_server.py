"""Start a server of the dashboard or of a bare page, and time it."""

from __future__ import annotations

import importlib
import time
from functools import partial
from pathlib import Path
from typing import Any

from ..storage.files import atomic_write
from ..storage.leftovers import temporary_folder
from ..types import InputError
from .pipeline_rows import PipelineRow, ratio_row
from .running_server import APP, START_S, running_server
from .timing import time_pairs

BARE = "import streamlit as st\nimport torch\nst.title('Bare')\n"
COMPLETE = 0  # how a run of a page ends that no other one cuts off


def server_row(*, pairs: int, app: Path = APP) -> PipelineRow:
    """Time a new server's first page over that of a bare one.

    `pairs`: of servers, in turn; `app`: the script that is served. The bare one imports torch and draws a title.
    """
    with temporary_folder() as folder:
        bare = folder / "bare.py"
        atomic_write(bare, BARE)
        times = time_pairs(partial(first_page, app), partial(first_page, bare), pairs=pairs, clock=time.perf_counter)
    return ratio_row("start of the server to its first page", "a server of a title that imports torch", times)


def first_page(script: Path) -> None:
    """Start a server of a script, wait for its page, end it."""
    with running_server(script=script) as server:
        sent = importlib.import_module("streamlit.proto.BackMsg_pb2").BackMsg()
        received = importlib.import_module("streamlit.proto.ForwardMsg_pb2").ForwardMsg
        client: Any = importlib.import_module("websockets.sync.client")
        sent.rerun_script.query_string = ""
        address = f"localhost:{server.port}"
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
