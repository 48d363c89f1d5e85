"""A server as it is shipped: who may connect to it, and what it says of errors."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.web.server.starlette import starlette_websocket

from core.bench.running_server import running_server
from core.types import limits

ROOT = Path(__file__).resolve().parents[1]
HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture(scope="module")
def shipped_config() -> dict[str, Any]:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("localhost:8501", True),
        ("127.0.0.1:8501", True),
        ("[::1]:8501", True),
        ("rebound.example:8501", False),
        ("localhost.example:8501", False),
        ("127.0.0.1.example", False),
        (None, False),
    ],
)
def test_a_foreign_host_is_refused_whatever_its_origin(
    host: str | None, allowed: bool, shipped_config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed_hosts = shipped_config["server"]["allowedHosts"]
    monkeypatch.setattr(config, "get_option", {"server.allowedHosts": allowed_hosts}.__getitem__)
    assert starlette_websocket.is_host_allowed(host) is allowed


def test_errors_have_no_details_for_people_and_uploads_have_the_limit_of_files(shipped_config: dict[str, Any]) -> None:
    assert shipped_config["client"]["showErrorDetails"] == "none"
    assert shipped_config["client"]["showErrorLinks"] is False
    assert shipped_config["client"]["showSidebarNavigation"] is False  # it would flash the files of pages/
    assert shipped_config["server"]["maxUploadSize"] << 20 == limits.MAX_FILE_BYTES
    assert shipped_config["server"]["address"] == "localhost"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_server(weights=tmp_path_factory.mktemp("weights")) as server:
        yield server.port


@pytest.mark.slow
@pytest.mark.parametrize(("name", "answer"), [("localhost", " 101 "), ("rebound.example", " 403 ")])
def test_a_web_socket_of_a_running_server(name: str, answer: str, port: int) -> None:
    with socket.create_connection(("localhost", port), timeout=30) as connection:
        connection.sendall(HANDSHAKE.format(host=f"{name}:{port}").encode())
        assert answer in connection.recv(200).decode(errors="replace").splitlines()[0]
