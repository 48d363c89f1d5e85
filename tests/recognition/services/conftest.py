"""Keys that mean nothing elsewhere, and a local server as the address of each service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from service_server import Service

from core.recognition.services import service_connection

KEYS = {
    "PROSOPON_SERVICES": "aws, azure,naver",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret-of-aws",
    "AWS_REGION": "eu-west-1",
    "AZURE_FACE_KEY": "secret-of-face",
    "AZURE_VISION_KEY": "secret-of-vision",
    "NAVER_CLOVA_CLIENT_ID": "client",
    "NAVER_CLOVA_CLIENT_SECRET": "secret-of-naver",
}
ENDPOINTS = ("AWS_ENDPOINT_URL_REKOGNITION", "AZURE_FACE_ENDPOINT", "AZURE_VISION_ENDPOINT", "NAVER_CLOVA_ENDPOINT")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("PROSOPON_CACHE", str(tmp_path))
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setattr(service_connection, "RETRY_PAUSES", (0.0, 0.0, 0.0))
    running = Service()
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    for name in ENDPOINTS:
        monkeypatch.setenv(name, running.url)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.released.set()
    running.shutdown()
    thread.join()
    running.server_close()
