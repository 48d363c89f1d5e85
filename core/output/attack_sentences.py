"""Say what an attack did to a verdict in one sentence."""

from __future__ import annotations

from ..detectors.detector import INCONCLUSIVE
from ..types import AttackResult, Verdict
from ..types.attack_answer import SIGNS, AttackAnswer
from .text import percent


def attack_sentence(result: AttackResult) -> str:
    """Say whether the verdict turned, and both verdicts."""
    both = f"{_said(result.before)} → {_said(result.after)}"
    if not result.success:
        return f"The verdict held: {both}."
    if result.after.band == INCONCLUSIVE:
        return f"The verdict is inconclusive now: {both}."
    return f"The verdict turned: {both}."


def notice_sentence(result: AttackResult, answer: AttackAnswer | None) -> str:
    """Say by how much pixels changed, and whether "was it attacked?" notices it."""
    size = f"No pixel changed by more than {result.linf * 255:.0f}/255"
    if answer is None:
        return f"{size}. “Was it attacked?” was not asked."
    if answer.label == SIGNS:
        return f"{size}, and “Was it attacked?” notices it."
    return f"{size}, and “Was it attacked?” misses it: {answer.label[0].lower()}{answer.label[1:]}."


def _said(verdict: Verdict) -> str:
    score = percent(verdict.p_fake) if verdict.calibrated else f"score {verdict.p_fake:.3f}"
    return f"{verdict.band.lower()}, {score}"
