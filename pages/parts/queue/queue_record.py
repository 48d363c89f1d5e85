"""Record the queue with its marks and notes."""

from __future__ import annotations

from collections.abc import Sequence

from core.output.batch_table import marked_record, marked_rows
from core.output.shown_record import ShownRecord, csv_file
from core.types.file_rows import FileRow
from core.types.foreign_json import parse_json
from pages.parts.session.queue_order import MARKS
from pages.parts.session.queue_work import QueueState, queue_judges
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in


def hand_in_queue(session: Session, rows: Sequence[FileRow], sentence: str) -> None:
    """Keep the table, with marks and notes, for the case.

    Not where a file is open: its own mark and note come along with it, and the other files may be none of the case's.

    Args:
        session: keeps it.
        rows: of the queue.
        sentence: on all of them, in Markdown.
    """
    state = session.page_state(QueueState)
    if session.media:
        return
    judged = [{"detector": version, **parse_json(settings)} for settings, version in queue_judges(state)]
    results, files = marked_record(rows, MARKS), {"queue.csv": csv_file(marked_rows(rows, MARKS))}
    shown = ShownRecord("queue", sentence.replace("*", ""), {"judged": judged}, results, files)
    hand_in(session, shown, of_file=False)
