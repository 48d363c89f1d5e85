"""Start a server of the dashboard or of a bare page, and time it."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ..media_attack import samples
from ..storage.files import atomic_write
from ..storage.leftovers import temporary_folder
from ..types import InputError
from .pipeline_rows import PipelineRow, ratio_row
from .running_server import APP, START_S, RunningServer, running_server
from .timing import time_pairs

BARE = "import streamlit as st\nimport torch\nst.title('Bare')\n"
COMPLETE = 0  # how a run of a page ends that no other one cuts off


def server_rows(*, pairs: int, app: Path = APP) -> list[PipelineRow]:
    """Time a new server's first page and first verdict over a bare one's page.

    `pairs`: of servers, in turn; `app`: the script that is served. The bare one imports torch and draws a title. The
    verdict is that of the first sample, which is clicked as soon as the page is drawn.
    """
    works = {
        "start of the server to its first page": partial(first_page, app),
        "start of the server to a first verdict": partial(first_page, app, click=f"sample-{samples.SAMPLES[0].name}"),
    }
    with temporary_folder() as folder:
        bare = folder / "bare.py"
        atomic_write(bare, BARE)
        return [
            ratio_row(
                what,
                "a server of a title that imports torch",
                time_pairs(work, partial(first_page, bare), pairs=pairs, clock=time.perf_counter),
                aim=aim,
            )
            for (what, work), aim in zip(works.items(), (1.3, None), strict=True)
        ]


def first_page(script: Path, *, click: str | None = None) -> None:
    """Start a server of a script, wait for its page, end it.

    `click`: key of a button that is pressed on that page; the page is then waited for that has it no more.
    """
    with running_server(script=script) as server, _visit(server) as connection:
        buttons = _run(connection, script)
        if click is None:
            return
        pressed = next((one for one in buttons if one.endswith(click)), None)
        if pressed is None:
            raise InputError(f"{script.name} has no button {click}")
        if pressed in _run(connection, script, press=pressed):
            raise InputError(f"{script.name} has the button {click} still, after it was pressed")


@contextmanager
def _visit(server: RunningServer) -> Iterator[Any]:
    """Connect to a server as a browser does."""
    client: Any = importlib.import_module("websockets.sync.client")
    address = f"localhost:{server.port}"
    with client.connect(
        f"ws://{address}/_stcore/stream",
        origin=f"http://{address}",
        subprotocols=["streamlit"],
        max_size=None,
        proxy=None,
    ) as connection:
        yield connection


def _run(connection: Any, script: Path, *, press: str | None = None) -> list[str]:
    """Run the page to its end, with a button pressed. Return the buttons of its last run."""
    sent = importlib.import_module("streamlit.proto.BackMsg_pb2").BackMsg()
    received = importlib.import_module("streamlit.proto.ForwardMsg_pb2").ForwardMsg
    sent.rerun_script.query_string = ""
    if press is not None:
        sent.rerun_script.widget_states.widgets.add(id=press, trigger_value=True)
    connection.send(sent.SerializeToString())
    buttons: list[str] = []
    due = time.monotonic() + START_S
    while time.monotonic() < due:
        message = received.FromString(connection.recv(timeout=START_S))
        kind = message.WhichOneof("type")
        if kind == "new_session":
            buttons = []
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "button":
            buttons.append(message.delta.new_element.button.id)
        elif kind == "script_finished" and message.script_finished == COMPLETE:
            return buttons
    raise InputError(f"{script.name} has drawn no page within {START_S:g} s")
