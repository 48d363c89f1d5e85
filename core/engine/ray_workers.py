"""Run tasks on Ray actors, here or on a cluster."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from ..media.sniff import clean
from ..storage.files import sha256_of
from ..storage.leftovers import new_short_folder
from ..types import InputError
from ..types.file_rows import FileOutcome, FileTask
from .executor import TWICE, WAIT, FileLimits, FileWork, do_task, too_long
from .task_limits import interrupted, limit_memory

MISSING = "the executor ray needs the package of this name: pip install ray; without it, --executor local does the same"
START = 600.0  # seconds for the first of the actors to be given a place and to load the model
# Bytes of the folder's path: a socket's has at most 107, or 103 on macOS, and Ray puts
# session_2026-01-31_12-00-00_123456_1234567/sockets/plasma_store below it.
LONGEST = 103 - len("/session_2026-01-31_12-00-00_123456_1234567/sockets/plasma_store")
REACH = 5.0  # seconds for a cluster to answer
STORE = 128 << 20  # bytes of Ray's shared memory here: results are small, and it takes 30 % of the machine's by itself
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}  # Ray's own switch, of whatever system, to stay on 127.0.0.1
# No usage statistics, no pages; a process without a GPU keeps its own settings.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_DEDUP_LOGS": "0"}


class _RayJudge:
    """Do tasks in an actor's process."""

    def __init__(self, work: FileWork, limits: FileLimits) -> None:
        work.prepare()
        limit_memory(limits.memory)
        self.work, self.limits = work, limits

    def ready(self) -> None:
        """Answer once the model is loaded."""

    def do(self, task: FileTask) -> FileOutcome | None:
        """Do one task.

        None where its file is not here: then its content is wanted.
        """
        if task.content is None and not _is_here(task):
            return None
        try:
            with interrupted(self.limits):
                return do_task(self.work, task)
        except InputError as error:  # its seconds ended as it did
            return FileOutcome(task.key, None, str(error))


class RayWorkers:
    """Run tasks on `count` Ray actors; each loads the model once.

    On a cluster an actor that does not find a file under its path is sent the content. Without an address Ray runs on
    this machine alone, on loopback, in a folder of its own. No dashboard, no usage statistics.
    """

    def __init__(self, work: FileWork, count: int, limits: FileLimits, address: str = "") -> None:
        self._folder: Path | None = None
        own = {**_LOOPBACK, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        if address:
            _check_reach(address)
            own = _token_mode() | _kept_loopback(address)
        with _environment({**_QUIET, **own}):
            try:
                self._ray: Any = importlib.import_module("ray")
            except ImportError as error:
                raise InputError(MISSING) from error
            self._start(count, address)
        self._class = self._ray.remote(num_cpus=1, max_restarts=0)(_RayJudge)
        self._work, self._limits = self._ray.put(work), limits
        self._idle: list[Any] = []
        self._running: dict[Any, tuple[FileTask, Any, float]] = {}
        self._loading: dict[Any, Any] = {}  # actors by their answers that they are ready; a cluster may have no room
        self._since = time.monotonic()  # that one was ready last
        for _ in range(count):
            self._begin_actor()

    def _start(self, count: int, address: str) -> None:
        how: dict[str, Any] = {"address": address}
        if not address:
            self._folder = new_short_folder(LONGEST)
            own = {"_node_ip_address": "127.0.0.1", "_temp_dir": str(self._folder), "include_dashboard": False}
            how = {"address": "local", "num_cpus": count, "object_store_memory": STORE, **own}
        try:
            with _signals_kept():
                self._ray.init(log_to_driver=False, logging_level="ERROR", **how)
        except (OSError, RuntimeError, ValueError) as error:
            self.close()
            raise InputError(f"Ray cannot be used ({clean(error)}); --executor local does the same") from error

    def _begin_actor(self) -> None:
        actor = self._class.remote(self._work, self._limits)
        self._loading[actor.ready.remote()] = actor

    @property
    def room(self) -> int:
        """Return how many tasks it would take now."""
        return len(self._idle)

    def submit(self, task: FileTask) -> None:
        """Give a task to an idle actor."""
        self._send(task, self._idle.pop())

    def _send(self, task: FileTask, actor: Any) -> None:
        self._running[actor.do.remote(task)] = task, actor, time.monotonic()

    def poll(self, seconds: float) -> Sequence[FileOutcome]:
        """Return what ended; replace actors that died or took too long."""
        if not self._running and not self._loading:
            return []
        waited = [*self._running, *self._loading]
        ended, _ = self._ray.wait(waited, num_returns=1, timeout=0 if self._idle and not self._running else seconds)
        for reference in [one for one in ended if one in self._loading]:
            self._welcome(reference)
        found = [outcome for reference in ended if reference in self._running and (outcome := self._outcome(reference))]
        for reference, (task, actor, since) in list(self._running.items()):
            if time.monotonic() - since > WAIT * self._limits.seconds:
                del self._running[reference]
                self._ray.kill(actor)
                self._begin_actor()
                found.append(FileOutcome(task.key, None, too_long(self._limits)))
        if self._idle or self._running:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > START:
            raise InputError(f"no worker of Ray got ready within {START:g} s; what was done is kept")
        return found

    def _welcome(self, reference: Any) -> None:
        """Let an actor that has loaded the model take tasks."""
        actor = self._loading.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayActorError as error:
            why = clean(str(error).strip().rpartition("\n")[2])
            raise InputError(f"a worker could not load the model ({why}); what was done is kept") from error
        self._idle.append(actor)

    def close(self) -> None:
        """End all actors, and leave Ray."""
        self._ray.shutdown()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _outcome(self, reference: Any) -> FileOutcome | None:
        """Take what a task came to.

        None where its content was sent after it.
        """
        task, actor, _ = self._running.pop(reference)
        try:
            outcome: FileOutcome | None = self._ray.get(reference)
        except self._ray.exceptions.RayActorError:
            self._begin_actor()
            return FileOutcome(task.key, None, TWICE, died=True)
        if outcome is None:
            try:
                self._send(replace(task, content=task.path.read_bytes()), actor)
            except OSError as error:
                outcome = FileOutcome(task.key, None, f"it cannot be read ({clean(error.strerror or error)})")
            else:
                return None
        self._idle.append(actor)
        return outcome


def _check_reach(address: str) -> None:
    """Refuse the address of a cluster that does not answer.

    Ray would ask it for minutes.
    """
    host, port = _host_and_port(address)
    if not port.isdigit():  # "", auto, ray://...
        return
    try:
        socket.create_connection((host, int(port)), REACH).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"no Ray cluster answers at {address} ({clean(error)})") from error


def _kept_loopback(address: str) -> dict[str, str]:
    """Let Ray reach a cluster that is on loopback alone.

    It would ask this machine's own address in place of 127.0.0.1, which is right where the cluster answers there.
    """
    host, port = _host_and_port(address)
    if host not in ("127.0.0.1", "localhost", "::1") or not port.isdigit():
        return {}
    try:
        own = _own_address()
    except OSError:  # Ray finds none either, and stays on loopback by itself
        return {}
    if ip_address(own).is_loopback:  # there is no other
        return _LOOPBACK
    try:
        socket.create_connection((own, int(port)), REACH).close()
    except OSError:
        return _LOOPBACK
    return {}


def _own_address() -> str:
    """Return this machine's address towards the outside, as Ray finds it.

    Connecting a UDP socket chooses the route and sends no packet: nothing is asked of that address. Without a route it
    is the address of the machine's name; raises `OSError` where that has none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outwards:
        try:
            outwards.connect(("8.8.8.8", 80))
            return str(outwards.getsockname()[0])
        except OSError:
            return socket.gethostbyname(socket.gethostname())


def _host_and_port(address: str) -> tuple[str, str]:
    """Split an address, that of IPv6 without its brackets."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), port


def _is_here(task: FileTask) -> bool:
    try:
        return sha256_of(task.path) == task.sha256
    except OSError:
        return False


def _token_mode() -> dict[str, str]:
    """Let Ray show its token to a cluster, where the user has one.

    Joining, it does not look for it by itself.
    """
    known = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ) or (Path.home() / ".ray/auth_token").is_file()
    return {"RAY_AUTH_MODE": os.environ.get("RAY_AUTH_MODE", "token")} if known else {}


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables for the processes that the block starts."""
    kept = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep this program's own answer to being ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, kept)
