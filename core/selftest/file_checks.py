"""Try damaged files, bombs and hostile names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import cast

import numpy as np

from ..faces.detection import find_faces
from ..media.open import open_media
from ..sandbox.channel import Values
from ..sandbox.sandbox import Bounds, ParserStopped, Sandbox
from ..sandbox.shared_regions import HeldBytes
from ..storage.checkpoint_reader import bounds_of
from ..storage.checkpoints import form_of, read_checkpoint
from ..storage.files import MAX_NAME, atomic_write, check_place, safe_name
from ..storage.leftovers import temporary_folder
from ..types import InputError, limits
from .dying_reader import DEATHS
from .hostile_checkpoints import CHECKPOINTS
from .hostile_media import BOMBS, damaged, pictures, videos
from .tally import MAX_SECONDS, Tally

BOUNDS = Bounds(limits.VIDEO_MEMORY, 60, 120.0, 2**28)
MAX_ASKED = 3  # times that a file is read which costs too much
NAMES = (
    "..",
    ".",
    "",
    "/",
    "a/../../b.png",
    "..\\b.png",
    "n" * 300 + ".png",
    "\U0001f600" * 80 + ".png",
    "a\0b.png",
    "a\nb.png",
    "\u202egnp.exe",
    "=1+1.png",
    "<script>alert(1)</script>.png",
    "\ud800.png",
    "CON",
    "-rf",
    " ",
    "%2e%2e",
)


def damaged_pictures(tally: Tally, seed: int) -> None:
    """Read damaged pictures in a confined process, which must refuse or read each."""
    _read_damaged(tally, seed, pictures())


def damaged_videos(tally: Tally, seed: int) -> None:
    """Read damaged videos in a confined process, which must refuse or read each."""
    _read_damaged(tally, seed, videos())


def media_bombs(tally: Tally, seed: int) -> None:
    """Read bombs in a confined process, then as a page does, faces included."""
    named = list(BOMBS.items())
    with contextlib.closing(Sandbox("core.selftest.measuring_reader")) as sandbox:
        for number in tally.trials():
            name, make = named[number]
            data = make()
            _read(sandbox, tally, name, data)
            with contextlib.suppress(InputError), tally.counted(name):
                find_faces(open_media(data, name).frame())


def checkpoint_bombs(tally: Tally, seed: int) -> None:
    """Read hostile checkpoints in a confined process, then as a page does."""
    makers = list(CHECKPOINTS.items())
    with (
        temporary_folder() as folder,
        contextlib.closing(Sandbox("core.selftest.measuring_parser")) as sandbox,
    ):
        for number in tally.trials():
            name, make = makers[number * len(makers) // tally.wanted]  # a few of each form, where few are wanted
            path = folder / f"{number}.pth"
            path.write_bytes(make())
            with tally.measured(name):
                form = form_of(path)
                with path.open("rb") as file:
                    values = {"name": path.name, "form": form}
                    _measure(sandbox, tally, name, ("checkpoint", values, file.fileno(), bounds_of(path)))
                read_checkpoint(path)
                tally.fail("wrong", f"{name}: was read")
            path.unlink()


def hostile_names(tally: Tally, seed: int) -> None:
    """Open a picture under each name, and write a file so named."""
    data = pictures()["PNG"]
    with temporary_folder() as place:
        for number in tally.trials():
            name, folder = NAMES[number], place / str(number)
            folder.mkdir()
            with tally.measured(repr(name)):
                shown = open_media(data, name).name
                if not shown.isprintable() or "/" in shown:
                    tally.fail("wrong", f"{name!r} is shown as {shown!r}")
                safe = safe_name(shown, ".json")
                check_place(folder / safe)
                atomic_write(folder / safe, "whole")
                if os.listdir(folder) != [safe] or len(safe.encode()) > MAX_NAME:
                    tally.fail("wrong", f"{name!r} is written as {os.listdir(folder)}")
            with contextlib.suppress(InputError), tally.counted(repr(name)):
                check_place(folder / name)


def decoder_deaths(tally: Tally, seed: int) -> None:
    """Let readers die in each way, and read a sound file after each."""
    picture, video = pictures()["PNG"], videos()["mp4"]
    ways = [(how, when) for how in DEATHS for when in ("image", "video", "frames")]
    with _reader("core.selftest.dying_reader"):
        for number in tally.trials():
            how, when = ways[number % len(ways)]
            with tally.counted(f"{how} {when}"):
                try:
                    media = open_media(picture if when == "image" else video, f"{how} {when}")
                    media.frame(0)
                    tally.fail("wrong", f"{how} {when}: nothing was said")
                except InputError as error:
                    if "made its reader stop" not in str(error):
                        tally.fail("wrong", f"{how} {when}: {error}")
                open_media(video, "sound").frame(0)


def _read_damaged(tally: Tally, seed: int, sound: dict[str, bytes]) -> None:
    rng = np.random.default_rng(seed)
    with contextlib.closing(Sandbox("core.selftest.measuring_reader")) as sandbox:
        for _ in tally.trials():
            _read(sandbox, tally, *damaged(sound, rng))


def _read(sandbox: Sandbox, tally: Tally, name: str, data: bytes) -> None:
    held = HeldBytes(data)
    _measure(sandbox, tally, name, ("read", {}, held.number, BOUNDS))


def _measure(sandbox: Sandbox, tally: Tally, name: str, request: tuple[str, Values, int, Bounds]) -> None:
    """Have a request answered by a module that tells what it cost.

    What costs too much is asked for again, and the least counts: a file costs that each time, a busy machine does not.
    """
    try:
        told = _answer(sandbox, request)
        if told["outcome"] == "traceback":
            tally.fail("tracebacks", f"{name}: {told['words']}")
        seconds = [cast(float, told["seconds"])]
        while min(seconds) > MAX_SECONDS and len(seconds) < MAX_ASKED:
            seconds.append(cast(float, _answer(sandbox, request)["seconds"]))
        tally.check_cost(name, min(seconds), cast(int, told["memory"]))
    except ParserStopped as error:
        tally.fail("wrong", f"{name}: {error}")


def _answer(sandbox: Sandbox, request: tuple[str, Values, int, Bounds]) -> Values:
    ((told, _),) = sandbox.run(*request)
    return told


@contextlib.contextmanager
def _reader(module: str) -> Iterator[None]:
    """Let files be read by a module, in processes of its own."""
    before = os.environ.get("PROSOPON_READER")
    os.environ["PROSOPON_READER"] = module
    try:
        yield
    finally:
        del os.environ["PROSOPON_READER"]
        if before is not None:
            os.environ["PROSOPON_READER"] = before
