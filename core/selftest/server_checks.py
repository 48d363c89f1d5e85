"""Start a server as people do, and try what its sessions may harm."""

from __future__ import annotations

import socket
import statistics

import numpy as np

from ..bench.running_server import running_server
from ..media.images import encode_png
from ..media_attack import samples
from ..storage.leftovers import temporary_folder
from ..types import Array
from .server_client import PageClient
from .tally import Tally, memory_of

HOSTS = {  # that a browser may name, and what the server answers
    "localhost:{port}": " 101 ",
    "127.0.0.1:{port}": " 101 ",
    "rebound.example:{port}": " 403 ",
    "rebound.example": " 403 ",
    "localhost.example:{port}": " 403 ",
    "127.0.0.1.example:{port}": " 403 ",
    "": " 403 ",
}
_HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MAX_GROWTH = 1.1  # of a warm server's memory over all uploads of a session
LAST = 20  # uploads whose median is taken
SIDE = 600  # pixels of each picture


def foreign_hosts(tally: Tally, seed: int) -> None:
    """Ask a started server for a web socket under each name."""
    with temporary_folder() as folder, running_server(weights=folder) as server:
        hosts = list(HOSTS.items())
        for number in tally.trials():
            name, wanted = hosts[number]
            host = name.format(port=server.port)
            with tally.counted(host), socket.create_connection(("localhost", server.port), timeout=30) as connection:
                connection.sendall(_HANDSHAKE.format(host=host).encode())
                line = connection.recv(200).decode(errors="replace").partition("\r\n")[0]
                if wanted not in f"{line} " and not (wanted == " 403 " and " 400 " in line):
                    tally.fail("wrong", f"{host or 'no host'}: {line}")


def memory_after_uploads(tally: Tally, seed: int) -> None:
    """Upload picture after picture in one session, and compare the server's memory.

    The median of the last 20 uploads over the warm server, which has drawn its page and judged one picture, in bytes
    resident. Each picture is a megabyte that nothing makes smaller, with a face of its own to be judged.
    """
    rng = np.random.default_rng(seed)
    sizes: list[int] = []
    open_door = "--server.enableXsrfProtection=false"  # as the session here is no browser
    with (
        temporary_folder() as folder,
        running_server(open_door, weights=folder) as server,
        PageClient(server.port) as page,
    ):
        page.upload("warm.png", encode_png(_portrait_in_noise(rng)))
        warm = memory_of(server.process, "VmRSS")
        for number in tally.trials():
            with tally.counted(f"upload {number}"):
                page.upload(f"{number}.png", encode_png(_portrait_in_noise(rng)))
            sizes.append(memory_of(server.process, "VmRSS"))
    if sizes and warm:
        tally.measure(statistics.median(sizes[-LAST:]) / warm, MAX_GROWTH)


def _portrait_in_noise(rng: np.random.Generator) -> Array:
    """Draw the shipped portrait with other lowest bits, in noise: (SIDE, SIDE, 3) uint8."""
    picture = rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    face = samples.portrait()
    height, width = face.shape[:2]
    picture[:height, :width] = face ^ (picture[:height, :width] & 1)
    return picture
