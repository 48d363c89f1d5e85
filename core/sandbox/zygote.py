"""Fork a process for each file, from one that has imported the parser.

So a parser starts in milliseconds, finds nothing of the files before it, and its death harms nobody.
Run as `python -c ... MODULE NUMBER`: see `sandbox`.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import resource
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from ..types import Array, InputError
from .channel import Channel, Values
from .confinement import address_space, confine, limit
from .shared_regions import Region

Parser = Callable[[str, Values, int], Iterator[tuple[Values, Array | None]]]


def serve(module: str, number: int) -> None:
    """Fork a worker for each request on a socket, until its other end closes.

    `module` has `answer(task, values, file)`, a generator of plain values and arrays.
    """
    answer = cast(Parser, importlib.import_module(module).answer)
    control = Channel(socket.socket(fileno=number))
    gc.collect()
    gc.freeze()  # what is shared with the workers stays shared
    held = address_space()
    while True:
        try:
            values, files = control.receive(files=2)
        except EOFError:
            return
        status = 0
        for worker in cast(list[int], values["ended"]):
            _, status = os.waitpid(worker, 0)
        if not files:
            control.send({"status": status})
            continue
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            _work(answer, values, files, control, parent, held)
        for file in files:
            os.close(file)
        control.send({"worker": child})


def _work(answer: Parser, values: Values, files: list[int], control: Channel, parent: int, held: int) -> None:
    """Be a worker of `parent`, which has `held` bytes: answer once, and end."""
    code = 1
    try:
        control.socket.close()
        end, file = files
        memory = held + cast(int, values["memory"]) if held else resource.RLIM_INFINITY
        limit(memory, cast(int, values["seconds"]))
        confine()
        if os.getppid() == parent:  # else it died before this process could be told to die with it
            _answer(answer, Channel(socket.socket(fileno=end)), file)
            code = 0
    finally:
        os._exit(code)  # none of the zygote's own endings


def _answer(answer: Parser, channel: Channel, file: int) -> None:
    request, _ = channel.receive()
    out = _Outbox(channel)
    try:
        for values, array in answer(str(request["task"]), cast(Values, request["values"]), file):
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

    def send(self, values: Values, array: Array | None) -> None:
        """Send one answer; wait where all places are taken."""
        if array is None:
            self.channel.send({"values": values})
            return
        if self.region is None or array.nbytes > self.region.size:
            self._ask_for(math.prod(array.shape) * array.itemsize)
        while not self.free:
            message, _ = self.channel.receive()
            self.free.append(cast(int, message["free"]))
        assert self.region is not None
        place = self.free.pop()
        self.region.put(place, array)
        described = {"place": place, "shape": array.shape, "dtype": array.dtype.str}
        self.channel.send({"values": values, "array": described})

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
