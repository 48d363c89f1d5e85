"""A new case that cannot be made: a sentence, and it can be made again."""

from __future__ import annotations

import contextlib
import errno
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.cases import case_folder
from core.cases.case_folder import new_case, open_case
from core.cases.seal import write_seal
from core.cases.verification import verify
from core.types import InputError


@contextlib.contextmanager
def room(size: int) -> Iterator[None]:
    """A disk on which no file gets longer, for this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 100, 4096, 10_000, 20_000, 32_768, 40_000])
def test_a_case_that_could_not_be_written_can_be_made_again(size: int, tmp_path: Path) -> None:
    root = tmp_path / "above" / "case"
    words = "could not be written|cannot be (read or )?written|cannot be opened"
    with pytest.raises(InputError, match=words), room(size):
        new_case(root, "T" * 60_000)
    assert verify(new_case(root, "T").root).ok
    assert open_case(root).state().facts.title == "T"


@pytest.mark.parametrize("name", ["begin_log", "append_entry", "write_seal"])
def test_a_disk_that_fails_midway_is_said(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(case_folder, name, full)
        with pytest.raises(InputError, match='the case "case" could not be written: .*; no case was made'):
            new_case(tmp_path / "case", "T")
    assert verify(new_case(tmp_path / "case", "T").root).ok


def test_of_two_at_once_one_fails_and_the_others_case_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first fails at its seal while the second waits for the log: what the second makes is whole."""
    root, made, waits = tmp_path / "case", [], threading.Event()
    write = write_seal

    def second() -> None:
        waits.set()
        made.append(new_case(root, "Of the second", actor="Ada"))

    worker = threading.Thread(target=second)

    def full(*given: Any) -> None:
        monkeypatch.setattr(case_folder, "write_seal", write)
        worker.start()
        waits.wait(10)
        time.sleep(0.3)  # until it waits for the lock: sooner is no fault
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(case_folder, "write_seal", full)
    with pytest.raises(InputError, match="no case was made"):
        new_case(root, "Of the first")
    worker.join(60)
    assert made
    assert open_case(root).state().facts.title == "Of the second"
    assert verify(root).ok


def test_a_loop_of_links_is_said(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match='the case "loop" could not be written'):
        new_case(tmp_path / "loop", "T")
