"""Attack a file: python -m core attack FILE --attack NAME --out FILE."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ..types import InputError
from .common import AttackDetectorName, Json, OnDevice, Seed, say, show
from .given_settings import Given, given_settings, options_given
from .line_progress import LineProgress


def attack(
    file: Path,
    attack: Annotated[str, typer.Option(help="The attack put on each face, towards real.")],
    out: Annotated[Path, typer.Option(help="The file to write: .png, .jpg, .webp; .mkv (lossless), .mp4, .mov.")],
    preset: Annotated[str | None, typer.Option(help="Settings of a paper by name, such as pinhasov2024.")] = None,
    eps: Annotated[float | None, typer.Option(help="The attack's budget, in 1/255 (0 to 64).")] = None,
    steps: Annotated[int | None, typer.Option(help="The attack's steps.")] = None,
    set_: Given = None,
    seed: Seed = 0,
    frames: Annotated[str, typer.Option(help="Frames of a video that are attacked, evenly spread, or all.")] = "16",
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    attack_detector: AttackDetectorName = None,
    crf: Annotated[int, typer.Option(help="Constant rate factor of H.264 in .mp4 and .mov (0 to 51).")] = 18,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Attack every judged face of a file, write it, and judge the result.

    --frames N are the frames that `analyse --frames N` judges; all others pass unchanged. --eps, --steps and --set take
    precedence over the preset. Interrupted once (Ctrl-C), it stops attacking and still writes and judges what is done.
    """
    from .. import media_attack, pipeline
    from ..detectors import DEFAULT
    from ..media.write import check_target
    from ..output.attacked_media_record import attack_outcome_record
    from .options import attack_settings, evaded_detector

    count = frame_count(frames)
    given = given_settings(set_, attacks=[attack], taken=options_given(eps=eps, steps=steps))
    settings = attack_settings(attack, preset=preset, eps=eps, steps=steps, given=given[attack])
    evaded = evaded_detector(attack_detector, attack)
    check_target(out)
    _refuse_same(file, out)
    media, judge = pipeline.open_media(file), pipeline.load_detector(detector or DEFAULT)
    with stopping() as stop:
        found = media_attack.attack_media(
            judge,
            media,
            out,
            attack,
            settings,
            frames=count,
            seed=seed,
            crf=crf,
            attack_detector=evaded,
            progress=LineProgress(stop),
        )
    record = attack_outcome_record(media_attack.outcome_of(found))
    record["media"]["bytes"] = file.stat().st_size
    show(record if json_ else media_attack.summary(found), as_json=json_)


def _refuse_same(file: Path, out: Path) -> None:
    if out.exists() and file.exists() and out.samefile(file):
        raise InputError(f"--out is {file} itself; the attacked medium is written into another file")


def frame_count(frames: str) -> int | None:
    """Parse `--frames`: a number, or None for all."""
    if frames == "all":
        return None
    if not frames.isdecimal() or not 0 < int(frames) <= 10**9:
        raise InputError(f"--frames is all, or a whole number from 1 on; what came is {frames!r}")
    return int(frames)


@contextlib.contextmanager
def stopping() -> Iterator[threading.Event]:
    """Yield an event that the first Ctrl-C sets; the second one interrupts as usual.

    Where interruptions are ignored from the start (a script's background job, nohup), they stay ignored.
    """
    event, before = threading.Event(), signal.getsignal(signal.SIGINT)
    caught_here = threading.current_thread() is threading.main_thread()  # only there signals can be caught
    if not caught_here or before in (signal.SIG_IGN, None):  # None: somebody else's, which could not be put back
        yield event
        return

    def caught(*_: object) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)
        say("Stopping: what is done so far is written and judged; Ctrl-C again gives up.")

    signal.signal(signal.SIGINT, caught)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
