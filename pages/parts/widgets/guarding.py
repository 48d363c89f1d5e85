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
        st.error(plain(str(error)), icon=":material/error:")
