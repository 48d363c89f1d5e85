"""A local server in the place of AWS, Azure and Naver."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Way:
    """One way to answer: a status, JSON or bytes, headers; or silence, or a redirect."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False


class Service(ThreadingHTTPServer):
    """Answer as `ways` say, one way a request, the last one for all that follow."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ways: list[Way] = [Way()]
        self.asked: list[Asked] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        ways = self.server.ways
        way = ways.pop(0) if len(ways) > 1 else ways[0]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(Asked(self.path, dict(self.headers), body))
        if way.silent:
            self.server.released.wait(5)
            return
        said = way.body if isinstance(way.body, bytes) else json.dumps(way.body).encode()
        self.send_response(way.status)
        for name, value in way.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)
