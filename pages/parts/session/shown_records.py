"""Keep what pages show until it is added to a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.output.shown_record import ShownRecord
from core.types import content_id
from pages.parts.session.looked_at import is_looked_at
from pages.parts.session.session import Session

MAX_RECORDS = 40  # records a session; the oldest go


@dataclass(slots=True, eq=False)
class ShownRecords:
    """Hold records in the order in which they were first shown.

    page: the one that is open; run: how often pages were drawn; offered: how many records of no file its head has
    counted; held: by file or page, kind, and what it is about with which settings; drawn: the run in which each was
    handed in last.
    """

    page: str = ""
    run: int = 0
    offered: int = 0
    held: dict[tuple[str, str, str], ShownRecord] = field(default_factory=dict, repr=False)
    drawn: dict[tuple[str, str, str], int] = field(default_factory=dict, repr=False)

    def keep(self, key: tuple[str, str, str], record: ShownRecord) -> None:
        """Keep a record; the oldest beyond the bound go."""
        self.held[key], self.drawn[key] = record, self.run
        while len(self.held) > MAX_RECORDS:
            self.drop(next(iter(self.held)))

    def drop(self, key: tuple[str, str, str]) -> None:
        """Forget a record."""
        del self.held[key], self.drawn[key]


def hand_in(
    session: Session, shown: ShownRecord | Callable[[], ShownRecord], *, about: str = "", of_file: bool = True
) -> None:
    """Keep what the page shows, for the button that adds it to a case.

    Args:
        session: keeps it.
        shown: the record, or what makes it, which is not asked where nobody looks; it takes the place of one of this
            kind that is about the same; of a file's, one that has the same settings too, as its page may have shown it
            with others before.
        about: what it is about beside the file, such as a face's id.
        of_file: whether it is of the open file, else of the page: it is then added without an exhibit.
    """
    if not is_looked_at(session):
        return
    kept, record = session.page_state(ShownRecords), shown() if callable(shown) else shown
    owner = session.media.id if of_file and session.media else f"page {kept.page}"
    settings = repr(record.settings) if of_file and session.media else ""
    kept.keep((owner, record.kind, content_id(about, settings)), record)


def begin_records(session: Session, page: str) -> None:
    """Note which page is open, before its head is drawn.

    Of its records without a file only those stay that it showed when it was drawn last.
    """
    kept = session.page_state(ShownRecords)
    stays = kept.run if page == kept.page else -1
    for key in [key for key in kept.held if key[0] == f"page {page}" and kept.drawn[key] != stays]:
        kept.drop(key)
    kept.page, kept.run = page, kept.run + 1
    kept.offered = len(held_of_page(session))


def is_head_old(session: Session) -> bool:
    """Tell whether the head was drawn before the first record."""
    return session.media is None and bool(held_of_page(session)) and not session.page_state(ShownRecords).offered


def held_of_file(session: Session) -> list[ShownRecord]:
    """Return the records of the open file."""
    return _held(session, session.media.id) if session.media else []


def held_of_page(session: Session) -> list[ShownRecord]:
    """Return the records of the open page that are of no file."""
    return _held(session, f"page {session.page_state(ShownRecords).page}")


def _held(session: Session, owner: str) -> list[ShownRecord]:
    held = session.page_state(ShownRecords).held
    return [record for (of, *_), record in held.items() if of == owner and _is_whole(record)]


def _is_whole(record: ShownRecord) -> bool:
    """Tell whether a record's files are still there.

    The next attack on a file deletes those of the last.
    """
    return all(content.is_file() for content in record.files.values() if isinstance(content, Path))
