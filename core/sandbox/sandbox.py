"""Have foreign files parsed in processes of their own, which may die without harm."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from ..progress import current_progress
from ..types import Array, InputError
from .channel import Channel, Values
from .shared_regions import Region, WholeArray, new_region

# Modules are found where this process finds them, but behind Python's own: a page here is named as one of those is.
_START = (
    "import json, sys; sys.path += json.loads(sys.argv[1]);"
    " from core.sandbox.zygote import serve; serve(sys.argv[2], int(sys.argv[3]))"
)
_ROOT = str(Path(__file__).resolve().parents[2])
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}  # a fork has only one
# Memory that is kept for the next frame: the first touch of each page costs more than copying it.
_MALLOC = f"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold={2**25}:glibc.malloc.trim_threshold={2**28}"
_MEMORY = {"MALLOC_ARENA_MAX": "1", "GLIBC_TUNABLES": _MALLOC}
_LOOK_S = 0.05  # between two looks at whether to stop
_SEND_S = 30.0  # for a worker to take what is sent to it
_START_S = 120.0  # for a zygote to import its parser, on however busy a machine
_ARRAYS = re.compile(r"[<|=][fiub][1248]")  # types that may come out


class ParserStopped(Exception):
    """Report why a parser died or was ended, in words to follow a colon."""


class Answer(NamedTuple):
    """Hold one answer of a parser: plain, and not yet to be believed."""

    values: Values
    array: Array | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bound one request.

    memory: bytes of address space over what the idle process has; processor_s: in all; answer_s: seconds of waiting for
    one answer; array: bytes of one array. lent: whether arrays are shown where they lie, not copied, as long as few are
    kept: for those that are let go one after another, and of which a later change by their writer harms nobody.
    """

    memory: int
    processor_s: int
    answer_s: float
    array: int
    lent: bool = False


@dataclass(slots=True, eq=False)
class _Zygote:
    """Hold the process that forks workers; `owner` is the process that started it."""

    process: subprocess.Popen[bytes]
    control: Channel
    owner: int = field(default_factory=os.getpid)

    def end(self) -> None:
        """Close its socket, at which it ends by itself, and its workers with it."""
        self.control.socket.close()
        if self.owner == os.getpid():
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Sandbox:
    """Start workers that answer by the `answer` of a module.

    Threads may share it. A process forked from this one starts workers of its own.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self._zygote: _Zygote | None = None
        self._inherited: _Zygote | None = None  # another process's, kept from being taken for ours
        self._lock = threading.RLock()
        self._ended: list[int] = []  # killed, and not yet told to the zygote
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def warm(self) -> None:
        """Start what the first request would have to wait for; return at once."""
        with self._lock:
            self._started()

    def close(self) -> None:
        """End the workers; the next request starts anew."""
        with self._lock:
            if self._zygote is not None:
                self._zygote.end()
            self._zygote = None

    def run(self, task: str, values: Values, file: int, bounds: Bounds) -> Iterator[Answer]:
        """Yield a worker's answers about an open file; end the worker with the iteration.

        A stop asked of `current_progress` ends it too, while it is waited for.

        Args:
            task: handed to `answer`.
            values: plain ones, handed to `answer`.
            file: number of the open file, readable.
            bounds: of this request.

        Raises:
            InputError: raised by the parser.
            ParserStopped: the worker died, or went over a bound.
            StopRequested: asked for meanwhile.
        """
        zygote, worker, end = self._fork()
        with end:
            talk = _Talk(end, bounds)
            status: int | None = None
            bounded = {"memory": bounds.memory, "seconds": bounds.processor_s, "array": bounds.array}
            try:
                talk.channel.send({"task": task, "values": values, **bounded}, (file,))
                yield from talk.answers()
            except InputError:
                raise
            except (EOFError, OSError, ValueError, KeyError, TypeError, OverflowError) as error:
                status = self._end(zygote, worker, ask=True)
                silent = isinstance(error, EOFError | BrokenPipeError | ConnectionResetError)
                why = _words(status, bounds) if silent else "it answered what no reader answers"
                raise ParserStopped(why) from error
            finally:
                if status is None:
                    self._end(zygote, worker)

    def _started(self) -> _Zygote:
        if self._zygote is not None and self._zygote.process.poll() is not None:
            self._zygote.end()
            self._zygote = None
        if self._zygote is None:
            ours, theirs = socket.socketpair()
            with theirs:
                arguments = [json.dumps([_ROOT, *sys.path]), self.module, str(theirs.fileno())]
                process = subprocess.Popen(
                    [sys.executable, "-I", "-B", "-c", _START, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env={key: os.environ[key] for key in _KEPT if key in os.environ} | _ONE_THREAD | _MEMORY,
                    start_new_session=True,  # Ctrl+C in the terminal is for this process to answer
                )
            ours.settimeout(_START_S)
            self._zygote, self._ended = _Zygote(process, Channel(ours)), []
        return self._zygote

    def _fork(self) -> tuple[_Zygote, int, socket.socket]:
        """Take the worker that waits.

        Returns its zygote, its number and a socket to it.
        """
        with self._lock:
            for _ in range(2):
                zygote = self._started()
                ended, self._ended = self._ended, []
                try:
                    with self._in_step():
                        zygote.control.send({"ended": ended, "wanted": True})
                        answer, files = zygote.control.receive(files=1)
                        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, files[0])
                        return zygote, cast(int, answer["worker"]), end
                except (EOFError, OSError):
                    continue
        raise ParserStopped("the process that starts readers does not start")

    def _end(self, zygote: _Zygote, worker: int, *, ask: bool = False) -> int:
        """Kill a worker; return, where asked, how it had ended.

        Its zygote keeps its number from others until it is told.
        """
        with self._lock, contextlib.suppress(EOFError, OSError):
            if self._zygote is zygote and zygote.process.poll() is None:  # else its workers went with it
                os.kill(worker, signal.SIGKILL)
                self._ended.append(worker)
                if ask:
                    ended, self._ended = self._ended, []
                    with self._in_step():
                        zygote.control.send({"ended": ended, "wanted": False})
                        return cast(int, zygote.control.receive()[0]["status"])
        return int(signal.SIGKILL)

    @contextlib.contextmanager
    def _in_step(self) -> Iterator[None]:
        """End the zygote where a question to it is left without its answer.

        The next question would get that one.
        """
        try:
            yield
        except BaseException:
            if self._zygote is not None:
                self._zygote.end()
            self._zygote = None
            raise

    def _forget(self) -> None:
        self._zygote, self._inherited, self._lock = None, self._zygote, threading.RLock()
        self._ended = []


class _Talk:
    """Follow one worker's answers, of which each is checked before it is believed."""

    def __init__(self, end: socket.socket, bounds: Bounds) -> None:
        end.settimeout(_SEND_S)
        self.channel, self.bounds = Channel(end, self._wait, ahead=True), bounds
        self.poll = select.poll()
        self.poll.register(end, select.POLLIN)
        self.region: Region | None = None
        self.free: deque[int] = deque()  # places that were read, and are not yet told to be free
        self.lent: set[int] = set()
        self.whole: WholeArray | None = None
        self.due = self.look = 0.0

    def answers(self) -> Iterator[Answer]:
        """Yield the answers up to the last."""
        self._start_waiting()
        while True:
            message, _ = self.channel.receive()
            if "values" in message:
                array = self._array(cast(Any, message["array"])) if "array" in message else None
                yield Answer(cast(Values, message["values"]), array)
                self._start_waiting()
            elif "room" in message:
                self._make_room(cast(int, message["room"]))
            elif "whole" in message:
                self._make_whole(cast(int, message["whole"]))
            elif "refused" in message:
                raise InputError(str(message["refused"]))
            elif "memory" in message:
                raise ParserStopped(_memory_words(self.bounds))
            elif "fault" in message:
                raise ParserStopped(f"it failed by itself ({message['fault']})")
            elif "done" in message:
                return
            else:
                raise ValueError(message)

    def _start_waiting(self) -> None:
        now = time.monotonic()
        self.due, self.look = now + self.bounds.answer_s, now + _LOOK_S

    def _wait(self) -> None:
        while True:
            ready, now = self.poll.poll(_LOOK_S * 1000), time.monotonic()
            if now > self.due:
                raise ParserStopped(f"it gave no answer for {self.bounds.answer_s:g} s")
            if now > self.look:
                current_progress().check_stop()
                self.look = now + _LOOK_S
            if ready:
                return

    def _make_room(self, size: int) -> None:
        if not 0 < size <= self.bounds.array:
            raise ValueError(size)
        number, self.region = new_region(size)
        self.free, self.lent = deque(), set()
        try:
            self.channel.send({"places": self.region.places, "size": self.region.size}, (number,))
        finally:
            os.close(number)

    def _make_whole(self, size: int) -> None:
        if not 0 < size <= self.bounds.array:
            raise ValueError(size)
        self.whole = WholeArray(size)
        self.channel.send({}, (self.whole.number,))

    def _array(self, said: Any) -> Array:
        shape, kind = tuple(map(int, said["shape"])), str(said["dtype"])
        if not _ARRAYS.fullmatch(kind) or min(shape, default=0) < 0:
            raise ValueError(said)
        if "place" not in said:
            if self.whole is None:
                raise ValueError(said)
            array, self.whole = self.whole.take(np.dtype(kind), shape), None
            return array
        place = int(said["place"])
        if self.region is None or not 0 <= place < self.region.places:
            raise ValueError(said)
        if self.bounds.lent and 2 * len(self.lent) + 2 <= self.region.places and place not in self.lent:
            array = self.region.lend(place, np.dtype(kind), shape, partial(_give_back, self.free, self.lent))
            self.lent.add(place)
        else:
            array = self.region.take(place, np.dtype(kind), shape)
            self.free.append(place)
        if 2 * len(self.free) >= self.region.places:
            free = [self.free.popleft() for _ in range(len(self.free))]
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has sent all, and is gone
                self.channel.send({"free": free})
        return array


def _give_back(free: deque[int], lent: set[int], place: int) -> None:
    """Note that nobody holds a lent array any more; called by whatever thread let it go."""
    lent.discard(place)
    free.append(place)


def _memory_words(bounds: Bounds) -> str:
    return f"it needed more than {bounds.memory / 2**30:.1f} GB of memory"


def _words(status: int, bounds: Bounds) -> str:
    """Say how a process ended that said nothing at its end."""
    if not os.WIFSIGNALED(status):
        return "it ended early"
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return f"it used more than {bounds.processor_s} s of processor time"
    if number == signal.SIGKILL:
        return "it was killed, or the machine ran out of memory"
    return f"it crashed ({signal.strsignal(number) or number})"
