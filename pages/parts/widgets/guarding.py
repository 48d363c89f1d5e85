"""Turn bad input into a sentence on the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.engine.jobs import fault_sentence
from core.types import InputError
from pages.parts.widgets.tables import plain

DETAILS = "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"  # of the environment: "full" for developers


@contextmanager
def guard() -> Iterator[None]:
    """Show an error as a sentence, and go on with the page.

    One that nobody foresaw is noted in the log; it passes where a developer wants to see it.
    """
    try:
        yield
    except InputError as error:
        show_problem(str(error))
    except Exception as error:
        if os.environ.get(DETAILS) == "full":
            raise
        show_problem(fault_sentence(error))


def show_problem(words: str) -> None:
    """Show what was wrong, with a large letter where it begins with a word."""
    if words.split(" ", 1)[0].isalpha():
        words = words[:1].upper() + words[1:]
    st.error(plain(words), icon=":material/error:")
