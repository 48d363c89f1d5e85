"""Run all checks of the self-test, in a short or a hard form."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..progress import NO_PROGRESS, Progress
from ..sandbox.reading_place import can_read_apart
from ..types import InputError
from ..types.check_rows import CheckRow
from .case_checks import kills_of_case_writers, tampered_bundles
from .file_checks import (
    NAMES,
    checkpoint_bombs,
    damaged_pictures,
    damaged_videos,
    decoder_deaths,
    hostile_names,
    media_bombs,
)
from .hostile_checkpoints import CHECKPOINTS
from .hostile_media import BOMBS, HAND_MADE
from .process_checks import kills_while_writing, races_of_detectors
from .queue_checks import kills_of_batch_runners
from .server_checks import HOSTS, foreign_hosts, memory_after_uploads
from .tally import Tally
from .waiting_checks import wait_for_a_verdict


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    what: str
    run: Callable[[Tally, int], None]
    short: int
    hard: int


CHECKS = (
    _Check(
        "media bombs",
        "small files that promise or cost far more, as a page opens them",
        media_bombs,
        HAND_MADE,
        len(BOMBS),
    ),
    _Check(
        "checkpoint bombs",
        "checkpoints that lie, run code, or promise or cost far more",
        checkpoint_bombs,
        len(CHECKPOINTS) // 6,
        len(CHECKPOINTS),
    ),
    _Check("hostile names", "names of files that no system or page should see", hostile_names, *2 * (len(NAMES),)),
    _Check(
        "decoder deaths", "readers that crash, end or run out of memory, and the file after", decoder_deaths, 12, 100
    ),
    _Check("races", "seeded methods of two detectors in eight threads against alone", races_of_detectors, 20, 2_000),
    _Check("kill -9 while writing", "whole files, whole groups, nothing left over", kills_while_writing, 3, 500),
    _Check("foreign hosts", "web sockets of a started server, asked for under each name", foreign_hosts, 0, len(HOSTS)),
    _Check(
        "memory after uploads",
        "resident memory of a started server by the last 20 uploads of a session, over the same server warm: its page "
        "drawn, one picture judged",
        memory_after_uploads,
        0,
        200,
    ),
    _Check(
        "wait for a verdict",
        "median seconds from an upload to its verdict beside another's PGD of 1,000 steps, over alone",
        wait_for_a_verdict,
        0,
        20,
    ),
    _Check("tampered bundles", "every kind of change found, named and located", tampered_bundles, 30, 500),
    _Check("kill -9 of a case's writer", "nothing reported is lost, nothing is half", kills_of_case_writers, 4, 300),
    _Check(
        "kill -9 of a batch's runner",
        "the table of an undisturbed run, 100 files a kill",
        kills_of_batch_runners,
        1,
        20,
    ),
    _Check("damaged videos", "five containers, seeded damage, 16 frames read", damaged_videos, 20, 330),
    _Check("damaged pictures", "five formats, seeded damage", damaged_pictures, 60, 20_000),
)


def run(
    *, hard: bool = False, minutes: float | None = None, seed: int = 0, progress: Progress = NO_PROGRESS
) -> list[CheckRow]:
    """Run every check, and return a row for each.

    Args:
        hard: as many trials as the aims ask for, instead of a few.
        minutes: of all checks together, in equal shares; what one leaves is the next ones'. No trial is cut off, and
            each check makes one at least.
        seed: of the damage and of the moments of kills.
        progress: told each check; handed its row.
    """
    if not can_read_apart():
        raise InputError("the self-test needs a system that can fork processes and hand them open files, such as Linux")
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    rows: list[CheckRow] = []
    chosen = [(check, trials) for check in CHECKS if (trials := check.hard if hard else check.short)]
    for done, (check, trials) in enumerate(progress.each(chosen, "check")):
        now = time.monotonic()
        due = now + (end - now) / (len(chosen) - done)
        tally = Tally(check.name, check.what, trials, due)
        with tally.counted(check.name), tally.refused(check.name):
            check.run(tally, seed)
        rows.append(tally.row())
        progress.emit(rows[-1])
    return rows


def table(rows: Sequence[CheckRow]) -> str:
    """Return the rows as text, a line each, failures behind."""
    lines = []
    for row in rows:
        lines.append(
            f"{'passed' if row.passed else 'FAILED'}  {row.check}: n {row.tried} of {row.wanted}, measured"
            f" {row.measured:g}, aim {row.aim:g}; {row.tracebacks}"
            f" tracebacks, {row.over_2_s} over 2 s, {row.over_512_mb} over 512 MB, {row.wrong} wrong ({row.what})"
        )
        lines += [f"        {example}" for example in row.examples]
    return "\n".join(lines)
