"""Tell whether somebody looks at what is being drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from pages.parts.session.session import Session


@dataclass(slots=True)
class LookedAt:
    """Hold whether what is being drawn is seen."""

    now: bool = True


def is_looked_at(session: Session) -> bool:
    """Tell whether somebody sees what is being drawn.

    What nobody sees begins no work, reads no file, makes no record and answers no key.
    """
    return session.page_state(LookedAt).now


@contextlib.contextmanager
def drawn_for(session: Session, looked_at: bool | None) -> Iterator[None]:
    """Draw what nobody looks at where its tab is not open."""
    state = session.page_state(LookedAt)
    state.now = bool(looked_at)
    try:
        yield
    finally:
        state.now = True
