"""Show a table whose rows are picked by a click or by keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.types.arrays import check
from pages.parts.session.page_state import widget_value
from pages.parts.widgets.own_component import own_component

Kind = Literal["word", "number", "picture", "chip", "open"]


@dataclass(frozen=True, slots=True)
class PickedTable:
    """Hold a table's columns and rows, and which row is picked.

    rows: of each row what tells it from the others, and one cell a column.
    picked: of which row; None, or a row that is not there, where none is.
    kinds: of columns that do not hold words: numbers end at the right, pictures are addresses, chips have the colour
        of their word in `colours` (a name of Streamlit's, grey where it has none), and open is a button.
    sorts: columns whose title asks to sort by them; sorted_by: that by which the rows are sorted.
    """

    columns: tuple[str, ...]
    rows: Mapping[str, Sequence[str]]
    picked: str | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    sorts: tuple[str, ...] = ()
    sorted_by: str | None = None

    def __post_init__(self) -> None:
        widths = {len(row) for row in self.rows.values()}
        check(widths <= {len(self.columns)}, "a row has one cell a column", sorted(widths))
        unknown = {*self.kinds, *self.sorts} - {*self.columns}
        check(not unknown, "what is said of a column is said of one of the table", sorted(unknown))


def show_picked_table(
    table: PickedTable,
    alt: str,
    picked: Callable[[str], None],
    *,
    key: str,
    opened: Callable[[str], None] | None = None,
    sort: Callable[[str], None] | None = None,
) -> None:
    """Show a table; Streamlit's own one waits before it tells of a click.

    A row that is no longer there when its click arrives is passed over.

    Args:
        table: what is drawn.
        alt: what it lists, in words.
        picked: is given the row that was picked.
        key: tells the place from others of the page.
        opened: is given the row whose button was pressed.
        sort: is given the column whose title was pressed.
    """
    ids = list(table.rows)

    def tell(what: str, told: Callable[[str], None], known: Sequence[str]) -> Callable[[], None]:
        def changed() -> None:
            value = getattr(widget_value(key), what, None)
            if value in known:
                told(str(value))

        return changed

    data = {
        "columns": list(table.columns),
        "kinds": [table.kinds.get(name, "word") for name in table.columns],
        "ids": ids,
        "rows": [list(row) for row in table.rows.values()],
        "colours": dict(table.colours),
        "sorts": list(table.sorts),
        "sorted": table.sorted_by,
        "picked": next((place for place, row in enumerate(ids) if row == table.picked), None),
        "alt": alt,
    }
    ways = {"on_picked_change": tell("picked", picked, ids)}
    if opened:
        ways["on_opened_change"] = tell("opened", opened, ids)
    if sort:
        ways["on_sorted_change"] = tell("sorted", sort, table.sorts)
    _TABLE(key=key, data=data, **ways)


_TABLE = own_component("picked_table", "picked_table")
