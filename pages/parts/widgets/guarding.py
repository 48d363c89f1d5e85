"""Turn bad input into a sentence on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.output.text import percent as percent
from core.output.text import settings_words as settings_words
from core.output.text import shown_value as shown_value
from core.types import InputError
from pages.parts.widgets.tables import csv_button as csv_button
from pages.parts.widgets.tables import csv_text as csv_text
from pages.parts.widgets.tables import facts as facts
from pages.parts.widgets.tables import json_button as json_button
from pages.parts.widgets.tables import plain as plain
from pages.parts.widgets.tables import shown as shown


@contextmanager
def guard() -> Iterator[None]:
    """The one place where bad input becomes a sentence on the page; anything else shows as the bug it is."""
    try:
        yield
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
