"""Fork a process for each file, from one that has imported the parser.

So a parser starts in milliseconds, finds nothing of the files before it, and its death harms nobody. One waits ahead,
confined already: whoever has a file is handed it at once.
Run as `python -c ... MODULE NUMBER`: see `sandbox`.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import socket
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import cast

from ..types import Array, InputError
from .channel import Channel, Values
from .confinement import address_space, confine, limit
from .shared_regions import Region, Strips


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
    child, end = _fork(parser, control, nothing)
    while True:
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
        control.send({"worker": child}, (end.fileno(),))
        end.close()
        child, end = _fork(parser, control, nothing)


def _fork(parser: ModuleType, control: Channel, nothing: int) -> tuple[int, socket.socket]:
    """Fork a worker; return its number and the socket that it listens at."""
    ours, theirs = socket.socketpair()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        code = 1
        try:
            control.socket.close()
            ours.close()
            os.dup2(nothing, 2)  # what a parser writes there would stand in the server's log
            _work(parser, Channel(theirs), parent)
            code = 0
        finally:
            os._exit(code)  # none of the zygote's own endings
    theirs.close()
    return child, ours


def _work(parser: ModuleType, channel: Channel, parent: int) -> None:
    """Be a worker of `parent`: answer once."""
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
