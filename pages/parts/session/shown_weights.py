"""Name the weights behind what a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core import pipeline
from core.attacks import ATTACKS
from core.engine.model_weights import CardedModel, weights_of_models
from pages.parts.session.attack_answers import AskedAttack, attack_detector
from pages.parts.session.session import Session


def weights_shown(
    session: Session,
    attacks: Iterable[str] = (),
    *,
    asked: Sequence[AskedAttack | None] = (),
    more: CardedModel | None = None,
) -> dict[str, str]:
    """Return the SHA-256 of the weights behind what a page shows.

    Args:
        session: whose detector judged.
        attacks: names of those that made what is shown; one may evade the attack detector.
        asked: the answers to "was it attacked?" that are shown.
        more: another model that was used.
    """
    used = [more] if more else []
    if any(asked):
        used.append(pipeline.load_attack_signs())
    if any(one and one.verdict for one in asked) or any(ATTACKS[name].facts.needs for name in attacks):
        used.append(attack_detector())
    return weights_of_models(session.detector, *used)
