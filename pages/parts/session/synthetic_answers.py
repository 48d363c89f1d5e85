"""Ask in the background whether faces are wholly synthetic, and keep the answers."""

from __future__ import annotations

from core import pipeline
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.types import Array
from core.types.synthetic_answer import SyntheticAnswer
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.session import Session


def synthetic_answer(session: Session, crop: Array) -> SyntheticAnswer | None:
    """Return the stored answer on a crop, or None."""
    return session.results.get(_key(crop))


def ask_synthetic(session: Session, crop: Array) -> None:
    """Ask whether a crop is wholly synthetic, in the background."""

    def work(job: Job) -> None:
        job.check_stop()
        ask_synthetic_in_job(session, crop)

    session.start("ask-synthetic", "Asking whether the face is wholly synthetic", work)


def ask_synthetic_in_job(session: Session, crop: Array) -> None:
    """Answer for a crop (H, W, 3) uint8 inside of a job."""
    session.results.get_or_make(_key(crop), lambda: pipeline.answer_synthetic(crop))


def _key(crop: Array) -> ResultKey[SyntheticAnswer]:
    return ResultKey("synthetic answer", crop_id(crop), pipeline.load_synthetic_faces().version)
