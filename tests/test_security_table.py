"""README's table of OWASP ASVS 5.0, chapter 5, has all its rows, and names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = {
    cells[0]: cells[-1]
    for line in (ROOT / "README.md").read_text("utf-8").splitlines()
    if line.startswith("| 5.") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 4
}
CHAPTER = ["5.1.1", *(f"5.2.{n}" for n in range(1, 7)), *(f"5.3.{n}" for n in range(1, 4))]
CHAPTER += [f"5.4.{n}" for n in range(1, 4)]


def test_the_table_has_every_row_of_the_chapter_once() -> None:
    assert list(ROWS) == CHAPTER
    assert len(ROWS) == 13


@pytest.mark.parametrize("row", ROWS)
def test_what_a_row_names_is_there(row: str) -> None:
    named = re.findall(r"`([^`]+)`", ROWS[row])
    functions = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert named
    assert [one for one in named if not ((ROOT / one).exists() if "/" in one else one in functions)] == []
