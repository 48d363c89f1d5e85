"""An empty weights folder for each test, and a local server."""

from __future__ import annotations

import functools
import hashlib
import http.server
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from checkpoints import content
from weight_files import FILE, NAME

from core.detectors import DETECTORS
from core.storage import paths
from core.storage.cards import write_card
from core.storage.paths import MODELS
from core.types.model_card import DetectorCard


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty weights folder, and cards of which only one has a checksum: that of the checkpoint with the seed 0."""
    cards = tmp_path / "models"
    cards.mkdir()
    shipped = [name for name, entry in DETECTORS.items() if not entry.facts.layout]
    for path in (path for name in shipped for path in MODELS.glob(f"{name}.*")):
        shutil.copy(path, cards)
    for name, entry in DETECTORS.items():
        if entry.facts.layout:
            card = DetectorCard(
                name=name,
                title=entry.title,
                licence="as its authors say",
                papers=(entry.source,),
                input="some",
                crop="some",
                output="some",
                layout=entry.facts.layout,
                file=f"{name}-as-published.bin",
                get="Ask its authors.",
            )
            if name == NAME:
                sha256, size = hashlib.sha256(content(0)).hexdigest(), len(content(0))
                card = replace(card, file=FILE, also=("Meso4_old.h5",), sha256=sha256, size=size)
            write_card(name, card, cards)
    monkeypatch.setattr(paths, "MODELS", cards)
    place = tmp_path / "weights"
    place.mkdir()
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(place))
    return place


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a folder "served", which a local server offers."""
    monkeypatch.setenv("NO_PROXY", "*")
    served = tmp_path / "served"
    served.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()
