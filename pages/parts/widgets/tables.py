"""Tables and downloads: records as rows, shares and intervals in words, CSV and JSON."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from core.output.csv_text import csv_text
from core.output.json_text import json_text


def plain(text: object) -> str:
    """Escape text so that Markdown shows it as it is."""
    return _escaped(str(text))


@functools.lru_cache(maxsize=2048)
def _escaped(text: str) -> str:
    """Escape a text once: pages show the same ones at each run."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|<>~:$&=@^-])", r"\\\1", text.replace("\n", " "))


def json_button(
    label: str, record: Mapping[str, Any] | Callable[[], Mapping[str, Any]], name: str, *, key: str
) -> None:
    """Offer a result as a JSON file, written on a click.

    Args:
        label: of the button.
        record: of the result, or what makes it.
        name: of the file.
        key: of the widget.
    """

    def data() -> str:
        return json_text(record() if callable(record) else record)

    st.download_button(label, data, name, "application/json", key=key, icon=":material/download:", on_click="ignore")


def csv_button(
    label: str,
    rows: Sequence[Mapping[str, Any]] | Callable[[], Sequence[Mapping[str, Any]]],
    name: str,
    *,
    key: str,
) -> None:
    """Offer a table as a CSV file, written on a click.

    Args:
        label: of the button.
        rows: of the table, or what makes them where there are some.
        name: of the file.
        key: of the widget.
    """
    st.download_button(
        label,
        lambda: csv_text(rows() if callable(rows) else rows),
        name,
        "text/csv",
        key=key,
        icon=":material/download:",
        on_click="ignore",
        disabled=not rows,
    )


def show_table(rows: Sequence[Mapping[str, str]]) -> None:
    """Show rows of words as a table, each as it is."""
    show_markdown_table([{name: plain(value) for name, value in row.items()} for row in rows])


def show_markdown_table(rows: Sequence[Mapping[str, str]]) -> None:
    """Show rows of Markdown as a table.

    As Arrow's table, which Streamlit sends as it is: from a list it makes pandas' first, in ten times as long.
    """
    columns = dict.fromkeys(name for row in rows for name in row)
    st.table(pa.table({name: [str(row.get(name, "")) for row in rows] for name in columns}), hide_index=True)


def show_facts(values: Mapping[str, Any], *, names: tuple[str, str] = ("what", "value")) -> None:
    """Show a record as a two-column table; numbers to four digits."""
    what, fact = names
    show_markdown_table([{what: plain(name.replace("_", " ")), fact: _fact(value)} for name, value in values.items()])


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return plain(", ".join(str(part) for part in value))
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
        return f"`{value[:16]}…`"  # whole in the JSON: a table cuts it anywhere
    return plain(value)
