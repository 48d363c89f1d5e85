"""Attack a face inside of a job, and keep what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import pipeline
from core.attacks import ATTACKS
from core.detectors import Detector
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.media_attack.smallest_epsilon import attack_at_smallest_epsilon
from core.output.attack_results_record import attack_settings_record
from core.output.records import Record
from core.output.text import format_settings
from core.types import AttackResult, Face, Settings
from pages.parts.session.attack_answers import ask_in_job, attack_detector
from pages.parts.session.attack_progress import live_callbacks
from pages.parts.session.kept_attacks import keep_attack, latest_attack, latest_attack_key
from pages.parts.session.session import Session


@dataclass(frozen=True, slots=True, eq=False)
class PlannedAttack:
    """Hold an attack with all that its result depends on.

    method: its name; settings: all of them; seed: of what it samples; stop_at: the score of "real" at which it ends
    early, [0.5, 1], or None.
    """

    method: str
    settings: Settings
    seed: int = 0
    stop_at: float | None = None

    @property
    def words(self) -> str:
        """Say the attack with all of its settings in one line."""
        ends = f", stopped at a score of “not manipulated” of {self.stop_at:g}" if self.stop_at is not None else ""
        return f"{format_settings(ATTACKS[self.method], self.settings)}, seed {self.seed}{ends}"

    @property
    def steps(self) -> int:
        """Return how many steps it takes at most."""
        return int(ATTACKS[self.method].facts.passes(dict(self.settings))[0])


def planned(key: ResultKey[AttackResult]) -> PlannedAttack:
    """Return the attack that a key names."""
    settings: dict[str, Any] = dict(key.settings)
    stop_at = settings.pop("stop_at", None)
    return PlannedAttack(key.method, settings, key.seed, None if stop_at is None else float(stop_at))


def recorded_attack(session: Session) -> Record | None:
    """Record what the attacked face in focus can be made again with.

    None where there is none, or where somebody stopped the attack.
    """
    key, result = latest_attack_key(session), latest_attack(session)
    if key is None or result is None or result.stopped:
        return None
    return attack_settings_record(result, stop_at=planned(key).stop_at)


def attack_in_job(
    session: Session,
    job: Job,
    face: Face,
    plan: PlannedAttack,
    detector: Detector,
    *,
    asks: str = "some",
    smallest: ResultKey[AttackResult] | None = None,
) -> None:
    """Attack a face; ask of it before and after whether it was attacked.

    Args:
        session: keeps the attack and the answers.
        job: shows the attack as it runs.
        face: the one that is attacked.
        plan: the attack; where the smallest epsilon is searched, its own is none.
        detector: the one that is attacked.
        asks: how often the attack detector is asked on the way, "none", "some" or "each" step.
        smallest: names what the search for the smallest epsilon finds; None for the plan's epsilon.
    """
    title, asked = ATTACKS[plan.method].title, attack_detector()
    score = pipeline.attack_score(detector, asked) if asked.fits(detector.name) else None
    callbacks = live_callbacks(job, title, stop_at=plan.stop_at, score=score, steps=plan.steps, asks=asks)
    if smallest:
        others = {name: value for name, value in plan.settings.items() if name != "eps"}
        result = attack_at_smallest_epsilon(
            detector,
            face.crop,
            method=plan.method,
            settings=others,
            seed=plan.seed,
            progress=job,
            callbacks=callbacks,
        )
        if not result.stopped:
            session.results.put(smallest, result)
    else:
        result = pipeline.attack(detector, face.crop, plan.method, plan.settings, seed=plan.seed, callbacks=callbacks)
    keep_attack(session, face.id, detector.version, result, plan.stop_at)
    for crop, verdict in ((face.crop, result.before), (pipeline.attacked_crop(result), result.after)):
        ask_in_job(session, crop, verdict, detector)
