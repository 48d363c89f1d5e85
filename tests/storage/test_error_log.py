"""The local log of unexpected errors: bounded, and no reason to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.storage import error_log


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("core.storage.error_log.platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "logs"))
    return tmp_path / "logs"


def test_errors_stand_one_after_another_under_their_references(folder: Path) -> None:
    first, second = error_log.note_error(ValueError("one")), error_log.note_error(KeyError("two"))
    noted = (folder / "errors.log").read_text()
    assert first != second
    assert noted.index(first) < noted.index("ValueError: one") < noted.index(second) < noted.index("KeyError: 'two'")


def test_the_log_begins_anew_beyond_its_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_log, "MAX_BYTES", 300)
    for number in range(40):
        last = error_log.note_error(ValueError(f"number {number}"))
    assert {path.name for path in folder.iterdir()} == {"errors.log", "errors.log.1"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 1500
    assert last in (folder / "errors.log").read_text()


def test_a_log_that_cannot_be_written_is_no_reason_to_fail(folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    assert len(error_log.note_error(ValueError("one"))) == 8
