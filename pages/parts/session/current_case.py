"""Remember which case is open, and add to it what the pages show."""

from __future__ import annotations

from pathlib import Path

from core.cases.case_folder import CaseFolder, is_case, open_case
from core.cases.case_values import Exhibit
from core.engine.case_work import CaseAnalysis, add_records, add_to_case
from core.engine.jobs import Job
from core.storage.files import safe_name
from core.storage.leftovers import temporary_folder
from core.types import Attribution, InputError, content_id
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.opened_provenance import keep_sightings
from pages.parts.session.queue_order import MARKS
from pages.parts.session.queue_work import QueueState, queue_rows
from pages.parts.session.session import Session
from pages.parts.session.shown_records import held_of_file, held_of_page


def current_case(session: Session) -> CaseFolder | None:
    """Return the open case; None where there is none, or none any more."""
    kept = session.page_state(CurrentCase)
    if kept.folder is None or not is_case(kept.folder):
        return None
    return open_case(kept.folder, actor=kept.actor or None)


def add_open_file(session: Session, case: CaseFolder) -> None:
    """Add the open file to a case, with all that pages showed of it.

    The detector, the number of frames, the last attack and the maps are kept as settings and computed anew, so that the
    case can be replayed. What was shown is kept as it was shown; what the open page shows of no file is added to the
    case itself.
    """
    media, original, kept = session.media, session.original, session.page_state(CurrentCase)
    if media is None or original is None:
        raise InputError("no file is open that could be added to a case; open one on Inspect")
    how, shown, of_page, said = (
        _what_was_done(session),
        held_of_file(session),
        held_of_page(session),
        _queue_words(session),
    )

    def work(job: Job) -> None:
        with temporary_folder() as folder:
            path = original
            if isinstance(path, bytes):
                path = folder / safe_name("file", Path(media.name).suffix)
                path.write_bytes(original if isinstance(original, bytes) else b"")
            problems = add_to_case(case, [(path, media.name)], how, progress=job)
        if problems:
            raise InputError("; ".join(problems))
        keep_sightings(session, media)
        exhibit = case.state().exhibit(media.id)
        if exhibit is None:  # the file on disk is another than the one that was opened
            raise InputError(
                f"{media.name} was changed after it was opened, and is in the case as it is now; open it again"
            )
        new = add_records(case, shown, exhibit) + add_records(case, of_page)
        _note_once(case, exhibit, said)
        kept.changed(f"{media.name} is in the case as {exhibit.title}{_results(new)}.")

    session.start("case", f"Adding {media.name} to the case", work)


def add_page(session: Session, case: CaseFolder) -> None:
    """Add what the open page shows of no file, as results without an exhibit."""
    shown, kept = held_of_page(session), session.page_state(CurrentCase)
    if not shown:
        raise InputError("this page shows no result that could be added to a case")

    def work(_: Job) -> None:
        kept.changed(f"In the case{_results(add_records(case, shown)) or ': nothing new'}.")

    session.start("case", "Adding to the case", work)


def _results(count: int) -> str:
    return f", with {count} new result{'s' * (count != 1)}" if count else ""


def _queue_words(session: Session) -> str:
    """Return the mark and the note that the open file has in the queue. "" for none."""
    rows = [row for row in queue_rows(session.page_state(QueueState)) if row.path == session.original]
    parts = [
        part for row in rows for part in (row.mark and f"marked “{MARKS.get(row.mark, row.mark)}”", row.note) if part
    ]
    return f"In the queue: {'; '.join(parts)}" if parts else ""


def _note_once(case: CaseFolder, exhibit: Exhibit, text: str) -> None:
    """Note a sentence on an exhibit, unless it is noted there."""
    if text and all((one.exhibit, one.text) != (exhibit.sha256, text) for one in case.state().notes):
        case.note(text, exhibit.sha256)


def _what_was_done(session: Session) -> CaseAnalysis:
    attack, maps = latest_attack(session), {}
    if session.focused:
        of, version = content_id(session.focused.face.crop), session.detector.version
        found: list[Attribution] = session.results.of_image("map", of, version)
        maps = {one.method: dict(one.settings) for one in found}
    return CaseAnalysis(
        detector=session.detector_name,
        attack=attack.attack if attack else None,
        attack_settings=dict(attack.settings) if attack else {},
        maps=tuple(sorted(maps)),
        map_settings=maps,
        frames=session.frames,
        seed=attack.seed if attack else 0,
    )
