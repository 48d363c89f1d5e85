"""A lock file: one writer at a time, of threads and of processes, and free again after a fault or a kill."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.storage.file_locks import locked

HOLD = (
    "import sys; sys.path[:0] = {}; from pathlib import Path; from core.storage.file_locks import locked\n"
    "with locked(Path({!r})): print('held', flush=True); input()"
)


def add_one(folder: Path, times: int) -> None:
    """Read a number and write the next one, which loses some where two do it at once."""
    for _ in range(times):
        with locked(folder / "lock"):
            number = int((folder / "number").read_text())
            (folder / "number").write_text(str(number + 1))


def test_threads_that_count_together_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    writers = [threading.Thread(target=add_one, args=(tmp_path, 50)) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert (tmp_path / "number").read_text() == "200"


def test_another_process_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(sys.path, str(path))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    with path.open("ab") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    holder.kill()
    holder.communicate()
    with locked(path):
        assert path.exists()


def test_a_fault_frees_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
