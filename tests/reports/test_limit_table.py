"""The limits of one file: the README, the page and the constants say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_runs import page

from core.reports.limit_table import limit_rows
from core.types import limits

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")


def test_the_readme_says_what_the_constants_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [f"| {of} | {limit} |" for of, limit in limit_rows() if f"| {of} | {limit} |" not in README] == []
    monkeypatch.setattr(limits, "MAX_FRAMES", 7)
    assert dict(limit_rows())["a video"].startswith("7 frames")


@pytest.mark.parametrize("name", [name for name in vars(limits) if name.isupper()])
def test_every_limit_has_its_place_in_the_table(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = limit_rows()
    monkeypatch.setattr(limits, name, 3 * getattr(limits, name))
    assert limit_rows() != before


def test_the_page_lists_them_once_the_part_is_open() -> None:
    test = page("inspect").run()
    assert not test.table
    test.session_state["limits"] = True
    test.run()
    (table,) = test.table
    assert list(table.value["of"]) == [of for of, _ in limit_rows()]
