"""Files that a visitor lets lie are counted against a quota."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.media.quota import Quota
from core.types import InputError, limits


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SESSION_KEPT_BYTES", 2**20)
    monkeypatch.setattr(limits, "SESSION_KEPT_FILES", 3)


def test_files_of_all_folders_below_count(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one").write_bytes(bytes(700))
    (tmp_path / "two").write_bytes(bytes(24))
    assert Quota.of(tmp_path) == Quota(724, 2)
    assert Quota.of(tmp_path / "gone") == Quota(0, 0)


@pytest.mark.parametrize(
    ("sizes", "size", "said"),
    [
        ([2**19], 2**20, r"2 files of 1\.5 MiB would lie here, and at most 3 files of 1\.0 MiB"),
        ([1, 1, 1], 0, r"4 files of 0\.0 MiB would lie here, and at most 3 files of 1\.0 MiB"),
    ],
)
def test_too_many_bytes_or_files_are_refused_with_what_came_and_what_is_allowed(
    sizes: list[int], size: int, said: str
) -> None:
    held = Quota()
    for one in sizes:
        held.add("fits.png", one)
    before = Quota(held.bytes, held.files)
    with pytest.raises(InputError, match=rf"a_b\.png is not kept: with it {said}"):
        held.add("a\nb.png", size)
    assert held == before
