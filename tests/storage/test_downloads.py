"""Downloads from a server that misbehaves: what is kept, what is asked for again, and what is said."""

from __future__ import annotations

import errno
import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_progress import RecordedProgress, after_steps

from core.progress import Progress
from core.storage import downloads as module
from core.storage.downloads import download
from core.types import InputError, StopRequested

BODY = np.random.default_rng(0).bytes(200_000)
SHA = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """A local server: `body` is sent as `ways` say, one way a request, the last one for all that follow."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = BODY
        self.ways: list[dict[str, Any]] = [{}]
        self.asked: list[dict[str, str]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/weights.pth"


class Handler(BaseHTTPRequestHandler):
    """One way of answering: status, headers, body, break after so many bytes, silence, ranges or none."""

    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        ways = self.server.ways
        way = ways.pop(0) if len(ways) > 1 else ways[0]
        self.server.asked.append(dict(self.headers))
        if way.get("silent"):
            self.server.released.wait(5)
            return
        body, start = way.get("body", self.server.body), 0
        etag = way.get("etag", '"one"')
        wanted = self.headers.get("Range")
        if wanted and way.get("ranges", True) and self.headers.get("If-Range", etag) == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start and start >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(way.get("status", 206 if start else 200))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if etag:
            self.send_header("ETag", etag)
        if way.get("announce", True):
            self.send_header("Content-Length", str(way.get("length", len(body) - start)))
        self.end_headers()
        self.wfile.write(body[start : way.get("until", len(body))])
        self.wfile.flush()
        if way.get("stall"):
            self.server.released.wait(5)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(module, "RETRY_PAUSES", (0.0, 0.0, 0.0))
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.released.set()
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "weights.pth"


def litter(to: Path) -> set[str]:
    return {path.name for path in to.parent.iterdir()} - {to.name}


def test_a_whole_file_with_progress(server: Server, to: Path) -> None:
    progress = RecordedProgress()
    assert download(server.url, to, sha256=SHA, progress=progress) == to
    assert to.read_bytes() == BODY
    assert litter(to) == set()
    assert progress.steps[-1] == (len(BODY), len(BODY))
    assert progress.steps[0][0] < len(BODY)
    assert len(server.asked) == 1


@pytest.mark.parametrize("announce", [True, False])
def test_without_a_checksum_and_without_a_length(server: Server, to: Path, announce: bool) -> None:
    server.ways = [{"announce": announce}]
    assert download(server.url, to, sha256=None).read_bytes() == BODY


def test_it_goes_on_after_each_break(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000}, {"until": 150_000}, {}]
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY
    starts = [int(asked["Range"].removeprefix("bytes=").removesuffix("-")) for asked in server.asked[1:]]
    assert "Range" not in server.asked[0]
    assert 0 < starts[0] <= 80_000 < starts[1] <= 150_000
    assert {asked["If-Range"] for asked in server.asked[1:]} == {'"one"'}


def test_it_gives_up_when_nothing_more_comes_and_goes_on_the_next_time(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000}]
    with pytest.raises(InputError, match=r"weights.pth broke off: \d+ of 200000 bytes"):
        download(server.url, to, sha256=SHA)
    assert len(server.asked) == 2 + len(module.RETRY_PAUSES)
    assert not to.exists()
    server.ways, server.asked = [{}], []
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY
    assert "Range" in server.asked[0]
    assert litter(to) == set()


def test_a_server_without_ranges_begins_again(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000}, {"ranges": False}]
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY
    assert "Range" in server.asked[1]


def test_a_file_that_changed_on_the_server_is_not_mixed(server: Server, to: Path) -> None:
    other = BODY[::-1]
    server.ways = [{"until": 80_000}, {"body": other, "etag": '"two"'}]
    assert download(server.url, to, sha256=None).read_bytes() == other


def test_without_anything_to_tell_versions_apart_it_begins_again(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000, "etag": ""}, {"etag": ""}]
    assert download(server.url, to, sha256=None).read_bytes() == BODY
    assert len(server.asked) == 2
    assert not any("Range" in asked for asked in server.asked)


def test_an_old_part_of_something_else_is_thrown_away(server: Server, to: Path) -> None:
    to.parent.mkdir()
    to.with_name("weights.pth.partial").write_bytes(bytes(1000))
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY
    assert ["Range" in asked for asked in server.asked] == [True, False]


@pytest.mark.parametrize("size", [None, len(BODY)])
def test_a_part_that_was_whole_already(server: Server, to: Path, size: int | None) -> None:
    to.parent.mkdir()
    to.with_name("weights.pth.partial").write_bytes(BODY)
    assert download(server.url, to, sha256=SHA, size=size).read_bytes() == BODY
    assert len(server.asked) == (1 if size is None else 0)  # without a size, a 416 says that it is whole


def test_a_part_that_is_too_long(server: Server, to: Path) -> None:
    to.parent.mkdir()
    to.with_name("weights.pth.partial").write_bytes(BODY + b"more")
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY


@pytest.mark.parametrize("size", [None, len(BODY)])
def test_a_length_that_is_announced_too_long(server: Server, to: Path, size: int | None) -> None:
    server.ways = [{"length": 300_000}]
    words = r"broke off: \d+ of \d+ bytes" if size is None else "announces 300000 bytes .* 200000 are expected"
    with pytest.raises(InputError, match=words):
        download(server.url, to, sha256=SHA, size=size)
    assert not to.exists()


@pytest.mark.parametrize("size", [None, len(BODY)])
def test_a_length_that_is_announced_too_short(server: Server, to: Path, size: int | None) -> None:
    server.ways = [{"length": 100_000}]
    words = "SHA-256" if size is None else "announces 100000 bytes .* 200000 are expected"
    with pytest.raises(InputError, match=words):
        download(server.url, to, sha256=SHA, size=size)
    assert not to.exists()
    assert litter(to) == set()


def test_more_than_is_expected_without_an_announcement(server: Server, to: Path) -> None:
    server.ways = [{"announce": False}]
    with pytest.raises(InputError, match="sends more than the 1000 bytes"):
        download(server.url, to, sha256=SHA, size=1000)


def test_the_wrong_file_is_removed_and_both_checksums_are_named(server: Server, to: Path) -> None:
    server.body = BODY[::-1]
    with pytest.raises(InputError, match="sent another file than weights.pth") as caught:
        download(server.url, to, sha256=SHA)
    assert SHA in str(caught.value)
    assert hashlib.sha256(server.body).hexdigest() in str(caught.value)
    assert litter(to) == set()
    assert not to.exists()


@pytest.mark.parametrize("size", [None, len(BODY)])
def test_a_web_page_is_named_as_one(server: Server, to: Path, size: int | None) -> None:
    server.body = b"\n<!doctype html><title>Quota exceeded</title>"
    with pytest.raises(InputError, match="sent a web page instead of the file weights.pth"):
        download(server.url, to, sha256=SHA, size=size)
    assert list(to.parent.iterdir()) == []


def test_a_web_page_in_between_leaves_the_part(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000}, {"body": b"<html>Log in</html>", "ranges": False}]
    with pytest.raises(InputError, match="web page"):
        download(server.url, to, sha256=SHA)
    server.ways = [{}]
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY
    assert "Range" in server.asked[-1]


@pytest.mark.parametrize(
    ("status", "words"), [(404, "404 Not Found"), (403, "403"), (204, "204"), (503, "503 .*try again later")]
)
def test_statuses(server: Server, to: Path, status: int, words: str) -> None:
    server.ways = [{"status": status}]
    with pytest.raises(InputError, match=f"127.0.0.1 answered {words}"):
        download(server.url, to, sha256=SHA)
    assert len(server.asked) == 1
    assert list(to.parent.iterdir()) == []


def test_an_overloaded_moment_in_between(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000}, {"status": 503, "body": b"later"}, {}]
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY


def test_a_server_that_never_answers(server: Server, to: Path) -> None:
    server.ways = [{"silent": True}]
    begun = time.monotonic()
    with pytest.raises(InputError, match="was silent for 0.2 seconds"):
        download(server.url, to, sha256=SHA, timeout=0.2)
    assert time.monotonic() - begun < 2


def test_a_server_that_falls_silent_midway(server: Server, to: Path) -> None:
    server.ways = [{"until": 80_000, "stall": True}, {}]
    assert download(server.url, to, sha256=SHA, timeout=0.2).read_bytes() == BODY
    assert "Range" in server.asked[1]


def test_nobody_listens(to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="no connection to 127.0.0.1"):
        download(f"http://127.0.0.1:{port}/a.pth", to, sha256=None)


def test_a_stop_keeps_what_came_for_the_next_time(server: Server, to: Path) -> None:
    with pytest.raises(StopRequested):
        download(server.url, to, sha256=SHA, progress=RecordedProgress(after_steps(1)))
    kept = to.with_name("weights.pth.partial").stat().st_size
    assert 0 < kept < len(BODY)
    assert not to.exists()
    assert download(server.url, to, sha256=SHA).read_bytes() == BODY
    assert server.asked[-1]["Range"] == f"bytes={kept}-"


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://host/a", "weights.pth", "http://", "https://[bad/a"])
def test_only_web_addresses(url: str, to: Path) -> None:
    with pytest.raises(InputError, match="begins with http:// or https://"):
        download(url, to, sha256=None)
    assert not to.parent.exists()


def test_a_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="a.pth was not saved in"):
        download(server.url, tmp_path / "file" / "a.pth", sha256=None)


def test_a_full_disk(server: Server, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.storage.files.os.replace", full)
    with pytest.raises(InputError, match=r"weights.pth was not saved in .*: the disk is full"):
        download(server.url, to, sha256=SHA)


def test_one_download_at_a_time(server: Server, to: Path) -> None:
    refused: list[str] = []

    class Again(Progress):
        def tell(self, done: int, total: int | None = None, text: str = "") -> None:
            with pytest.raises(InputError) as caught:
                download(server.url, to, sha256=SHA)
            refused.append(str(caught.value))

    assert download(server.url, to, sha256=SHA, progress=Again()).read_bytes() == BODY
    assert set(refused) == {"weights.pth is being downloaded already"}
