"""Kill the runner of a batch of stub files, bad ones among them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from ..engine.batch_run import Batch, run_batch
from ..engine.executor import FileLimits
from ..engine.job_table import JobTable
from ..output.batch_table import rows_csv
from ..storage.leftovers import temporary_folder
from .stub_work import StubWork
from .tally import Tally

BAD = ("broken", "bug", "hang", "kill", "huge")  # one file in a hundred of each
FILES = 100  # for each kill of the runner
LIMITS = FileLimits(1, 512)  # seconds of processor time and MiB


def kills_of_batch_runners(tally: Tally, seed: int) -> None:
    """Kill the runner of a batch again and again.

    The table is that of an undisturbed run, with each file once.
    """
    rng = np.random.default_rng(seed)
    with temporary_folder() as place:
        folder = place
        count = FILES * tally.wanted
        _make_files(folder / "media", count)
        undisturbed = _batch(folder, "undisturbed.db")
        began = time.monotonic()
        run_batch(undisturbed)
        whole = time.monotonic() - began
        disturbed = _batch(folder, "disturbed.db")
        for _ in tally.trials():
            if not _kill_runner(disturbed, rng.uniform(0, 0.5) * whole / tally.wanted):
                tally.fail("wrong", "the runner had ended before it was killed")
        run_batch(disturbed)
        table = _table(disturbed)
        if table != _table(undisturbed):
            tally.fail("wrong", "the table differs from that of the undisturbed run")
        if (rows := len(table.splitlines()) - 1) != count:
            tally.fail("wrong", f"{rows} rows for {count} files")


def _make_files(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        place = number % FILES
        text = f"{BAD[place // 20]} {number}" if place % 20 == 7 else f"{number}"
        (folder / f"{number:05d}.jpg").write_text(text)


def _batch(folder: Path, name: str) -> Batch:
    return Batch([folder / "media"], folder / name, "v1", "{}", StubWork(), limits=LIMITS)


def _table(batch: Batch) -> str:
    with JobTable(batch.table) as table:
        return rows_csv(table.rows())


def _kill_runner(batch: Batch, seconds: float) -> bool:
    """Let another process run the batch, and kill it after its first file.

    Returns whether it was still at it.
    """
    before, process = _finished(batch), os.fork()
    if not process:
        try:
            run_batch(batch)
        finally:
            os._exit(0)
    due = None
    while due is None or time.monotonic() < due:
        if os.waitpid(process, os.WNOHANG)[0]:
            return False
        time.sleep(0.02)
        if due is None and _finished(batch) > before:
            due = time.monotonic() + seconds
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return True


def _finished(batch: Batch) -> int:
    if not batch.table.is_file():
        return 0
    with JobTable(batch.table, create=True) as table:
        return sum(row.state in ("done", "failed") for row in table.rows())
