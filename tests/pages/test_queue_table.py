"""The queue's table: its order, what a row says, and what its clicks do."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.types.attack_answer import PROCESSED, SIGNS
from core.types.file_rows import FileRow
from pages.parts.queue import queue_table
from pages.parts.queue.queue_table import score_text, show_table
from pages.parts.session.queue_order import FIRST, ORDERS, arranged
from pages.parts.session.queue_work import QueueState
from pages.parts.widgets import picked_table
from pages.parts.widgets.picked_table import PickedTable


def row(name: str, band: str | None, p_fake: float | None, **more: str | None) -> FileRow:
    state = more.pop("state", None) or "done"
    attack, provenance = more.get("attack"), more.get("provenance")
    return FileRow(None, name, "image", 1, None, p_fake, None, None, attack, provenance, state, None, band)


def test_a_score_without_an_interval_is_shown_alone() -> None:
    assert score_text(row("uncalibrated", "Inconclusive", 0.25)) == "25%"
    assert score_text(row("no face", None, None)) == ""


def test_the_most_suspicious_file_is_on_top() -> None:
    rows = [
        row("clean", "Likely not manipulated", 0.1),
        row("waits", None, None, state="waiting"),
        row("broken", None, None, state="failed"),
        row("unsure", "Inconclusive", 0.5),
        row("fake", "Likely manipulated", 0.9),
        row("faker", "Likely manipulated", 0.99),
        row("attacked", "Likely not manipulated", 0.2, attack=SIGNS),
    ]
    found = [one.name for one in arranged(rows, shown="All", order=FIRST)]
    assert found == ["faker", "fake", "attacked", "unsure", "broken", "clean", "waits"]
    assert [one.name for one in arranged(rows, shown="Inconclusive", order="Name")] == ["unsure"]
    assert [one.name for one in arranged(rows, shown="Failed", order="Name")] == ["broken"]
    assert [one.name for one in arranged(rows, shown="All", order="Score")][:3] == ["faker", "fake", "unsure"]


def placed(name: str, state: str = "done", attack: str | None = None) -> FileRow:
    return FileRow(None, name, "image", 2, None, 0.9, 0.8, 0.95, attack, None, state, None, "Likely", path=Path(name))


def sent(state: QueueState, rows: list[FileRow], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Draw the table, and return what the browser is sent."""
    drawn = list[dict[str, Any]]()
    monkeypatch.setattr(picked_table, "_TABLE", lambda **given: drawn.append(given))
    show_table(state, rows, rows[0])
    return drawn[-1]


def test_clicks_pick_open_and_sort_the_rows_that_were_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    state = QueueState(order="Name")
    rows = [placed("a"), placed("b"), placed("c", "running")]
    given = sent(state, rows, monkeypatch)
    assert (given["data"]["picked"], given["data"]["sorted"], given["data"]["ids"]) == (0, "File", ["a", "b", "c"])
    told = dict[str, str | None]()
    set_to = dict[str, object]()
    monkeypatch.setattr(picked_table, "widget_value", lambda _: SimpleNamespace(**told))
    monkeypatch.setattr(queue_table, "set_widget", set_to.__setitem__)

    told["picked"] = "b"
    given["on_picked_change"]()
    assert (state.current, state.wanted) == (Path("b"), None)
    told["picked"] = "gone meanwhile"
    given["on_picked_change"]()
    assert state.current == Path("b")
    told["opened"] = "c"
    given["on_opened_change"]()
    assert (state.current, state.wanted) == (Path("c"), None), "it is not judged yet"
    told["opened"] = "a"
    given["on_opened_change"]()
    assert (state.current, state.wanted) == (Path("a"), rows[0])
    told["sorted"] = "Note"
    given["on_sorted_change"]()
    assert (state.order, set_to) == ("Name", {})
    told["sorted"] = "Verdict"
    given["on_sorted_change"]()
    assert (state.order, set_to) == (FIRST, {queue_table.ORDER_KEY: FIRST})


def test_every_order_is_a_title_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    data = sent(QueueState(), [placed("a", attack=PROCESSED), placed("b", attack=SIGNS)], monkeypatch)["data"]
    assert len(data["sorts"]) == len(ORDERS)
    attack = data["columns"].index("Attack")
    assert [row[attack] for row in data["rows"]] == ["Processed or noisy", "Signs of an attack"]
    assert data["colours"]["Signs of an attack"] == "violet"


def test_a_table_of_wrong_rows_or_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="one cell a column"):
        PickedTable(("a", "b"), {"1": ("x",)})
    with pytest.raises(ValueError, match="one of the table"):
        PickedTable(("a",), {}, kinds={"b": "number"})
