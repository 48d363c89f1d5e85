"""Turn bad input into a sentence on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.types import InputError
from pages.parts.widgets.tables import plain


@contextmanager
def guard() -> Iterator[None]:
    """Show an `InputError` as a sentence; let other errors through."""
    try:
        yield
    except InputError as error:
        show_problem(str(error))


def show_problem(words: str) -> None:
    """Show what was wrong, with a large letter where it begins with a word."""
    if words.split(" ", 1)[0].isalpha():
        words = words[:1].upper() + words[1:]
    st.error(plain(words), icon=":material/error:")
