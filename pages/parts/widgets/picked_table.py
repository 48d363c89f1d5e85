"""Show a short table whose rows are picked by a click or by keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.types.arrays import check
from pages.parts.widgets.own_component import own_component


@dataclass(frozen=True, slots=True)
class PickedTable:
    """Hold a table's columns and rows, and the place of the picked row.

    rows: one cell a column: words, or under `pictures` the address of a picture.
    numbers: columns that end at the right; picked: None where no row is.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    picked: int | None = None
    pictures: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        widths = {len(row) for row in self.rows}
        check(widths <= {len(self.columns)}, "a row has one cell a column", sorted(widths))
        inside = self.picked is None or 0 <= self.picked < len(self.rows)
        check(inside, "the picked row is one of the table", self.picked)

    def kinds(self) -> list[str]:
        """Say of each column whether it holds pictures, numbers or words."""
        return [
            "picture" if name in self.pictures else "number" if name in self.numbers else "word"
            for name in self.columns
        ]


def show_picked_table(table: PickedTable, alt: str, picked: Callable[[], None], *, key: str) -> None:
    """Show a table; Streamlit's own one waits before it tells of a click.

    Args:
        table: what is drawn.
        alt: what it lists, in words.
        picked: is called when a row was picked; the state at `key` then has its place as `picked`.
        key: tells the place from others of the page.
    """
    data = {
        "columns": list(table.columns),
        "kinds": table.kinds(),
        "rows": [list(row) for row in table.rows],
        "picked": table.picked,
        "alt": alt,
    }
    _TABLE(key=key, data=data, on_picked_change=picked)


_TABLE = own_component("picked_table", "picked_table")
