"""Hold how far the story is, and compute its next step in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from core import pipeline
from core.detectors import DEFAULT, Detector
from core.engine.jobs import Job
from core.engine.model_weights import weights_of_models
from core.media_attack import samples
from core.media_attack.teaching_story import (
    story_answer,
    story_attack,
    story_faces,
    story_map,
    story_robustness,
)
from core.types import AttackResult, InputError
from core.types.attack_answer import AttackAnswer
from core.types.robustness_rows import RobustnessRow
from core.types.story_values import StoryFaces, StoryMap
from pages.parts.session.session import Session

NAMES = ("real", "forged", "verdict", "why", "attack", "sharing", "noticed", "questions")


@dataclass(slots=True)
class StoryState:
    """Hold the story of one visitor.

    step: index into `NAMES`; files: name and bytes of a real and a forged picture of the visitor's own, () for the
    samples; detector: version of the detector that all was computed with; weights: SHA-256 of its models; the rest:
    what was computed so far.
    """

    step: int = 0
    files: tuple[tuple[str, bytes], ...] = ()
    detector: str = ""
    weights: tuple[tuple[str, str], ...] = ()
    faces: StoryFaces | None = None
    why: StoryMap | None = None
    attack: AttackResult | None = None
    robustness: list[RobustnessRow] | None = None
    answer: AttackAnswer | None = None

    def begin(self, *files: tuple[str, bytes]) -> None:
        """Begin anew: with the samples, or with a real and a forged picture."""
        for one in fields(self):
            setattr(self, one.name, one.default)
        self.files = files


def go(session: Session, state: StoryState, step: int) -> None:
    """Go to a step; what it shows is computed first, where it is missing."""
    work = _missing(session, state, step)
    if work is None:
        state.step = step
        return
    words, compute = work

    def run(job: Job) -> None:
        compute(job)
        state.step = step

    session.start("story", words, run)


def _missing(session: Session, state: StoryState, step: int) -> tuple[str, Callable[[Job], None]] | None:
    """Return what a step still lacks, in words and as work."""
    detector = session.detector
    if state.detector != detector.version:
        state.begin(*state.files)
        state.detector, state.weights = detector.version, tuple(weights_of_models(detector).items())
    name, faces, result = NAMES[step], state.faces, state.attack
    if faces is None:
        return "Judging both faces", lambda job: _faces(session, state, detector, job)
    if name == "why" and state.why is None:
        return "Explaining the verdict", lambda job: _set(state, "why", story_map(faces.forged, detector))
    if name == "attack" and result is None:
        return "Attacking the face", lambda job: _set(
            state, "attack", story_attack(faces.forged, detector, progress=job)
        )
    if name == "sharing" and state.robustness is None and result:
        return "Sending the picture around, ways", lambda job: _robustness(state, faces, result, detector, job)
    if name == "noticed" and state.answer is None and result:
        return "Looking for signs of an attack", lambda job: _set(state, "answer", story_answer(result, detector))
    return None


def _faces(session: Session, state: StoryState, detector: Detector, job: Job) -> None:
    if state.files:
        real, forged = (pipeline.open_media(data, name) for name, data in state.files)
    else:
        made_by = pipeline.load_detector(DEFAULT)
        real, forged = (pipeline.open_media(samples.sample(name, made_by)) for name in ("portrait.png", "forgery.png"))
    _set(state, "faces", story_faces(real, forged, detector, progress=job))


def _robustness(state: StoryState, faces: StoryFaces, result: AttackResult, detector: Detector, job: Job) -> None:
    rows = story_robustness(faces.forged, result, detector, progress=job)
    if not rows:
        raise InputError("Stopped before the first way was tried.")
    state.robustness = rows


def _set(state: StoryState, name: str, value: object) -> None:
    setattr(state, name, value)
