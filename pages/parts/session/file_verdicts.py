"""Judge the open file from its judged faces."""

from __future__ import annotations

from core.detectors.video_rules import file_verdict
from core.types.tracks import FileVerdict
from pages.parts.session.session import Session


def verdict_on_file(session: Session) -> FileVerdict | None:
    """Return the verdict on the open file.

    None where no file is open, or where the detector has changed since: its edges are not those that the faces were
    judged by.
    """
    if session.media is None or session.outdated or session.detector_problem:
        return None
    return file_verdict(session.faces, session.detector.band_thresholds, still=session.media.kind == "image")
