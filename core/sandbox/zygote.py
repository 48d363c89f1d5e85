"""Fork a process for each file, from one that has imported the parser.

So a parser starts in milliseconds, finds nothing of the files before it, and its death harms nobody. One waits ahead,
confined already: whoever has a file is handed it at once. It gets ready when none works, as getting ready takes
processor time from those that do; who asks meanwhile is handed a process that was not made ready.
Run as `python -c ... MODULE NUMBER`: see `sandbox`.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import select
import socket
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import NamedTuple, cast

from ..types import Array, InputError
from .channel import Channel, Values
from .confinement import address_space, confine, limit
from .shared_regions import Region, Strips

IDLE_S = 0.05  # without a worker or a request, before the next worker gets ready: a reading follows an opening


class _Worker(NamedTuple):
    """Hold a worker's number, its socket, and a pipe that ends with it."""

    number: int
    end: socket.socket
    life: int


def serve(module: str, number: int) -> None:
    """Hand out a worker for each request on a socket.

    Ends with the other end of the socket.
    `module` has `answer(task, values, file)`, a generator of plain values and arrays; and may have `warm_up()`, which
    does once what else the first file would wait for.
    """
    parser = importlib.import_module(module)
    control = Channel(socket.socket(fileno=number))
    nothing = os.open(os.devnull, os.O_WRONLY)
    gc.collect()
    gc.freeze()  # what is shared with the workers stays shared
    lives: list[int] = []  # of workers that were handed out
    ready: _Worker | None = None
    while True:
        idle = ready is None and not lives
        heard, _, _ = select.select([control.socket.fileno(), *lives], [], [], IDLE_S if idle else None)
        if not heard:
            ready = _fork(parser, control, nothing, lives, ahead=True)
        for life in [life for life in lives if life in heard]:
            lives.remove(life)
            os.close(life)
        if control.socket.fileno() not in heard:
            continue
        try:
            values, _ = control.receive()
        except EOFError:
            return
        status = 0
        for worker in cast(list[int], values["ended"]):
            _, status = os.waitpid(worker, 0)
        if not values["wanted"]:
            control.send({"status": status})
            continue
        given = ready or _fork(parser, control, nothing, lives, ahead=False)
        control.send({"worker": given.number}, (given.end.fileno(),))
        given.end.close()
        lives.append(given.life)
        ready = None


def _fork(parser: ModuleType, control: Channel, nothing: int, lives: list[int], *, ahead: bool) -> _Worker:
    """Fork a worker; `ahead`: which has the time to warm up."""
    ours, theirs = socket.socketpair()
    life, held = os.pipe()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        code = 1
        try:
            control.socket.close()
            ours.close()
            for other in (life, *lives):
                os.close(other)
            os.dup2(nothing, 2)  # what a parser writes there would stand in the server's log
            _work(parser, Channel(theirs), parent, ahead=ahead)
            code = 0
        finally:
            os._exit(code)  # none of the zygote's own endings
    theirs.close()
    os.close(held)
    return _Worker(child, ours, life)


def _work(parser: ModuleType, channel: Channel, parent: int, *, ahead: bool) -> None:
    """Be a worker of `parent`: answer once."""
    if ahead:
        getattr(parser, "warm_up", int)()
    held = address_space()  # read while files can still be opened
    confine()
    if os.getppid() != parent:  # it died before this process could be told to die with it
        return
    request, files = channel.receive(files=1)
    memory = held + cast(int, request["memory"]) if held else resource.RLIM_INFINITY
    limit(memory, cast(int, request["seconds"]), cast(int, request["array"]))
    _answer(parser.answer(request["task"], request["values"], files[0]), channel)


def _answer(answers: Iterator[tuple[Values, Array | Strips | None]], channel: Channel) -> None:
    out = _Outbox(channel)
    try:
        for values, array in answers:
            out.send(values, array)
        last: Mapping[str, object] = {"done": True}
    except InputError as error:
        last = {"refused": str(error)}
    except MemoryError:
        last = {"memory": True}
    except EOFError:  # nobody wants the rest
        return
    except Exception as error:  # noqa: BLE001 - the boundary to the parsers
        last = {"fault": f"{type(error).__name__}: {error}"}
    channel.send(last)


class _Outbox:
    """Send values, and arrays through a region.

    It is asked for when a larger one is needed.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.region: Region | None = None
        self.free: list[int] = []

    def send(self, values: Values, array: Array | Strips | None) -> None:
        """Send one answer; wait where all places are taken."""
        if array is None:
            self.channel.send({"values": values})
            return
        described: dict[str, object] = {"shape": array.shape, "dtype": array.dtype.str}
        if isinstance(array, Strips):
            self._write(array)
            self.channel.send({"values": values, "array": described})
            return
        if self.region is None or array.nbytes > self.region.size:
            self._ask_for(array.nbytes)
        while not self.free:
            message, _ = self.channel.receive()
            self.free += cast(list[int], message["free"])
        assert self.region is not None
        place = self.free.pop()
        self.region.put(place, array)
        self.channel.send({"values": values, "array": {**described, "place": place}})

    def _write(self, strips: Strips) -> None:
        """Write an array into memory that its reader will take over."""
        self.channel.send({"whole": strips.nbytes})
        files: list[int] = []
        while not files:  # else a place of a region
            _, files = self.channel.receive(files=1)
        try:
            strips.write(files[0])
        finally:
            os.close(files[0])

    def _ask_for(self, size: int) -> None:
        self.region = None
        self.channel.send({"room": size})
        while True:
            message, files = self.channel.receive(files=1)
            if "places" in message:  # else a place of the region before
                break
        places = cast(int, message["places"])
        self.region = Region(files[0], places, cast(int, message["size"]))
        self.free = list(range(places))
        os.close(files[0])
