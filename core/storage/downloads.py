"""Download files: resumed after breaks, checked by length and SHA-256, then put in place."""

from __future__ import annotations

import errno
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from ..progress import NO_PROGRESS, Progress
from ..types import InputError, StopRequested
from .files import atomic_write, replace_with, sha256_of

MAX_BYTES = 2_000_000_000  # bytes
CHUNK = 1 << 14  # bytes between two looks at whether to stop, and the most that a break can lose
RETRY_PAUSES = (0.5, 1.0, 2.0)  # seconds before each further try that brings nothing new
REPORT_INTERVAL = 0.1  # seconds between two reports of progress

_active: set[Path] = set()
_active_lock = threading.Lock()


def download(
    url: str,
    to: Path,
    *,
    sha256: str | None,
    size: int | None = None,
    progress: Progress = NO_PROGRESS,
    timeout: float = 20.0,
) -> Path:
    """Fetch `url` into `to`, complete or not at all; return `to`.

    What has come is kept in `<name>.partial`, and the next call resumes there, after a broken connection (which is
    retried, with pauses) as after a stop. Raises `InputError` when nothing, or a wrong file, is available; a wrong file
    is removed.

    Args:
        url: http or https.
        to: the file.
        sha256: expected checksum; None: unknown.
        size: expected length in bytes; None: unknown.
        progress: told the bytes; a stop raises `StopRequested`.
        timeout: in seconds, for the connection and for silence.
    """
    host = _host(url)
    with _alone(to):
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            task = _Task(url, host, to, sha256, size, progress, timeout)
            try:
                _fetch(task)
                replace_with(task.partial, to)
            finally:
                if not task.received:
                    task.discard()
        except OSError as error:  # requests has its own errors caught by then: this is the disk
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            why = "the disk is full" if full else f"it cannot be written ({error.strerror or error})"
            raise InputError(f"{to.name} was not saved in {to.parent}: {why}") from None
    return to


@dataclass(slots=True)
class _Task:
    """Hold one download: what is requested, and how much of it is there."""

    url: str
    host: str
    to: Path
    sha256: str | None
    size: int | None
    progress: Progress
    timeout: float
    total: int | None = None
    validator: str = ""
    partial: Path = field(init=False)
    sidecar: Path = field(init=False)  # which address and which version of its file the partial one is from

    def __post_init__(self) -> None:
        self.partial = self.to.with_name(f"{self.to.name}.partial")
        self.sidecar = self.to.with_name(f"{self.to.name}.partial.json")
        self.total = self.size
        try:
            facts = json.loads(self.sidecar.read_text("utf-8"))
            self.validator = str(facts["validator"]) if facts["url"] == self.url else ""
        except (OSError, ValueError, KeyError, TypeError):
            self.validator = ""

    @property
    def received(self) -> int:
        """Return the bytes of the partial file."""
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def discard(self) -> None:
        self.partial.unlink(missing_ok=True)
        self.sidecar.unlink(missing_ok=True)
        self.validator = ""

    def save_validator(self) -> None:
        atomic_write(self.sidecar, json.dumps({"url": self.url, "validator": self.validator}))

    def check_stop(self) -> None:
        if self.progress.should_stop():
            raise StopRequested(f"the download of {self.to.name} was stopped; {self.received} bytes are kept")


class _Break(Exception):
    """Report a broken connection, which is worth a retry.

    The message is shown when there is none left.
    """


def _fetch(task: _Task) -> None:
    """Complete the partial file and verify it."""
    resumed = task.received > 0
    if task.received != (task.size or -1):
        _collect(task)
    found = sha256_of(task.partial)
    if task.sha256 and found != task.sha256 and resumed:
        task.discard()  # the part of an earlier time was not of this file
        _collect(task)
        found = sha256_of(task.partial)
    if task.sha256 and found != task.sha256:
        task.discard()
        raise InputError(
            f"{task.host} sent another file than {task.to.name}: its SHA-256 is {found}, {task.sha256} is expected; "
            "it was removed"
        )


def _collect(task: _Task) -> None:
    """Retry until the file is complete; a try without progress has failed."""
    best, failed, progressed = task.received, 0, False
    while True:
        task.check_stop()
        try:
            while not _try(task):
                pass
            return
        except _Break as broken:
            more = task.received > best
            best, progressed = max(best, task.received), progressed or more
            failed = 0 if more else failed + 1
            if not progressed or failed > len(RETRY_PAUSES):
                raise InputError(str(broken)) from None
        _pause(task, RETRY_PAUSES[max(failed - 1, 0)])


def _pause(task: _Task, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        task.check_stop()
        time.sleep(min(left, 0.1))


def _try(task: _Task) -> bool:
    """Request the rest of the file; False means to start over."""
    if not (task.validator or task.sha256):
        task.discard()  # nothing could tell whether two parts are of one file
    start = task.received
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if task.validator:
            headers["If-Range"] = task.validator
    with _refusals(task), requests.get(task.url, headers=headers, stream=True, timeout=task.timeout) as answer:
        status, part = answer.status_code, answer.headers.get("Content-Range", "")
        if start and status == 416 and part == f"bytes */{start}":
            return True  # all of it had come already
        if start and (status == 416 or (status == 206 and not part.startswith(f"bytes {start}-"))):
            task.discard()
            return False
        _check_status(task, answer, (200, 206) if start else (200,))
        _receive(task, answer, start if status == 206 else 0)
    return True


def _receive(task: _Task, answer: requests.Response, start: int) -> None:
    """Append an answer's body behind the first `start` bytes as it arrives."""
    task.total = _announced(answer, start)
    pieces = answer.iter_content(CHUNK)
    first = next(pieces, b"")
    _check_begin(task, first, start)
    etag = answer.headers.get("ETag", "")
    task.validator = etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")
    task.save_validator()
    done, shown = start, 0.0
    with task.partial.open("r+b" if start else "wb") as file:
        file.seek(start)
        for piece in itertools.chain((first,), pieces):
            done += len(piece)
            if done > (task.size or MAX_BYTES):
                raise InputError(f"{task.host} sends more than the {task.size or MAX_BYTES} bytes of {task.to.name}")
            file.write(piece)
            if time.monotonic() - shown > REPORT_INTERVAL or done == task.total:
                shown = time.monotonic()
                task.progress.tell(done, task.total or task.size or 0)
            if task.progress.should_stop():
                break
    task.check_stop()
    wanted = task.total or task.size
    if wanted and done != wanted:
        raise _Break(f"the download of {task.to.name} broke off: {done} of {wanted} bytes came from {task.host}")


def _check_begin(task: _Task, first: bytes, start: int) -> None:
    """Check what can be known before anything is written."""
    name, host = task.to.name, task.host
    if not start and first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        raise InputError(f"{host} sent a web page instead of the file {name}")
    if not start and not first:
        raise InputError(f"{host} sent an empty file for {name}")
    if task.size and task.total and task.total != task.size:
        raise InputError(f"{host} announces {task.total} bytes for {name}, {task.size} are expected: another file")


def _announced(answer: requests.Response, start: int) -> int | None:
    """Return the whole file's length in bytes by an answer's headers."""
    length = answer.headers.get("Content-Length", "")
    if not length.isdecimal() or answer.headers.get("Content-Encoding", "identity") != "identity":
        return None
    return start + int(length)


def _check_status(task: _Task, answer: requests.Response, allowed: tuple[int, ...]) -> None:
    status = answer.status_code
    if status in allowed:
        return
    sentence = f"{task.host} answered {status} {answer.reason or ''}".rstrip() + f" for {task.to.name}"
    if status >= 500 or status == 429:
        raise _Break(f"{sentence}; try again later")
    raise InputError(f"{sentence}; the address may have changed: another one can be given")


@contextmanager
def _refusals(task: _Task) -> Iterator[None]:
    """Turn network errors into sentences."""
    name, host = task.to.name, task.host
    try:
        yield
    except requests.exceptions.SSLError:
        raise InputError(f"the certificate of {host} cannot be trusted, so {name} was not downloaded") from None
    except requests.exceptions.ConnectTimeout:
        raise _Break(
            f"{host} cannot be reached within {task.timeout:g} seconds, so {name} was not downloaded"
        ) from None
    except requests.exceptions.Timeout:
        raise _Break(f"{host} was silent for {task.timeout:g} seconds during the download of {name}") from None
    except requests.exceptions.ChunkedEncodingError:
        raise _Break(f"the download of {name} broke off: {task.received} of {_bytes(task)} came from {host}") from None
    except requests.exceptions.ConnectionError as error:
        if "timed out" in str(error).lower():
            raise _Break(f"{host} was silent for {task.timeout:g} seconds during the download of {name}") from None
        raise _Break(f"there is no connection to {host}, so {name} was not downloaded; is there a network?") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
        raise InputError(f"{name} cannot be downloaded from {host} ({type(error).__name__})") from None


def _bytes(task: _Task) -> str:
    return f"{task.total} bytes" if task.total else "an unknown number of bytes"


def _host(url: str) -> str:
    """Return the host of an http(s) address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise InputError(f"an address begins with http:// or https:// and names a host; what came is {url!r}")
    return host


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    """Refuse a second download into the same partial file."""
    key = to.absolute()
    with _active_lock:
        if key in _active:
            raise InputError(f"{to.name} is being downloaded already")
        _active.add(key)
    try:
        yield
    finally:
        with _active_lock:
            _active.discard(key)
