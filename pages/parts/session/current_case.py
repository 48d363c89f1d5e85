"""Remember which case is open, and add the open file to it."""

from __future__ import annotations

from pathlib import Path

from core.cases.case_folder import CaseFolder, is_case, open_case
from core.engine.case_work import CaseAnalysis, add_to_case
from core.engine.jobs import Job
from core.storage.files import safe_name
from core.storage.leftovers import temporary_folder
from core.types import Attribution, InputError, content_id
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.opened_provenance import keep_sightings
from pages.parts.session.session import Session


def current_case(session: Session) -> CaseFolder | None:
    """Return the open case; None where there is none, or none any more."""
    kept = session.page_state(CurrentCase)
    if kept.folder is None or not is_case(kept.folder):
        return None
    return open_case(kept.folder, actor=kept.actor or None)


def add_open_file(session: Session, case: CaseFolder) -> None:
    """Add the open file to a case, as it was examined.

    The detector, the number of frames, the last attack and the maps are kept as settings and computed anew, so that the
    case can be replayed.
    """
    media, original, kept = session.media, session.original, session.page_state(CurrentCase)
    if media is None or original is None:
        raise InputError("no file is open that could be added to a case; open one on Inspect")
    how = _what_was_done(session)

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
        kept.changed(f"{media.name} is in the case as {exhibit.title if exhibit else 'an exhibit'}.")

    session.start("case", f"Adding {media.name} to the case", work)


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
