"""A new case: made whole, or nothing of it stays."""

from __future__ import annotations

import contextlib
import errno
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cases import case_folder, case_log, places
from core.cases.case_folder import new_case, open_case
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
def test_a_case_that_cannot_be_written_leaves_nothing(size: int, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for root in (tmp_path / "above" / "case", tmp_path / "there"):
        words = "could not be written|cannot be (read or )?written|cannot be opened"
        with pytest.raises(InputError, match=words), room(size):
            new_case(root, "T" * 60_000)
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]
    assert new_case(tmp_path / "there", "T").state().facts.title == "T"


@pytest.mark.parametrize("name", ["begin_log", "append_entry", "write_seal"])
def test_a_case_whose_disk_fails_midway_leaves_what_was_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "case" / "original").mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(case_folder, name, full)
        with pytest.raises(InputError, match='the case "case" could not be written: .*; nothing was changed'):
            new_case(tmp_path / "case", "T")
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*"))] == ["case", "case/original"]
    assert verify(new_case(tmp_path / "case", "T").root).ok


def test_a_case_that_another_program_makes_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def other(root: Path) -> None:
        monkeypatch.setattr(case_folder, "_check_new", check)
        new_case(root, "Of the other", actor="Ada")

    check = case_folder._check_new
    monkeypatch.setattr(case_folder, "_check_new", other)
    with pytest.raises(InputError, match="is a case already"):
        new_case(tmp_path / "case", "Of this one")
    assert open_case(tmp_path / "case").state().facts.title == "Of the other"


def test_a_case_that_another_program_is_writing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_log, "WAIT", 0.01)
    root, others = tmp_path / "case", contextlib.ExitStack()

    def other(folder: Path) -> None:
        folder.mkdir()
        log = others.enter_context(case_log.writing(folder / places.LOG))
        case_log.begin_log(log)

    monkeypatch.setattr(case_folder, "_check_new", other)
    with others:
        with pytest.raises(InputError, match="is being written by another program"):
            new_case(root, "Of this one")
        assert (root / places.LOG).is_file()
    assert case_log.read_log(root / places.LOG) == []
