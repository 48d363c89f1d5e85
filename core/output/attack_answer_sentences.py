"""Say in one sentence whether a face was attacked, and on what grounds."""

from __future__ import annotations

from collections.abc import Sequence

from ..types import AttackVerdict
from ..types.answer_scope import AnswerReach
from ..types.attack_answer import NO_SIGN, PROCESSED, SIGNS, UNDECIDED, AttackAnswer

NOT_ASKED = "Not asked yet whether this face was attacked."
MEANINGS = {
    SIGNS: "The face was changed, and the change moves this detector along its own gradient.",
    PROCESSED: "The face carries noise or traces of processing, as honest media often do.",
    UNDECIDED: "What was found lies close below the thresholds of an attack.",
    NO_SIGN: "Nothing of the kinds that are looked for. That is not “untouched”.",
}
PERTURBED = "Perturbed, and whether that carries this detector's verdict is not known"
MORE = {
    SIGNS: ": the verdict may be the attack's work",
    UNDECIDED: ": something speaks for an attack, and not enough of it",
}


def queue_reason(attack_detector: str) -> str:
    """Say why an attack detector said nothing of a face in the queue."""
    return f"{attack_detector} was not asked: the queue does not ask it."


def answer_sentence(answer: AttackAnswer | None, reach: AnswerReach | None) -> str:
    """Say whether a face was attacked; without signs, what that covers.

    Args:
        answer: None where it was not asked.
        reach: down to which strength attacks on this detector are found; None where that was not measured.
    """
    if answer is None:
        return NOT_ASKED
    more = "" if answer.carries is None else MORE.get(answer.label, "")
    return f"{_clause(answer, reach)}{more}."


def both_sentence(
    clean: AttackAnswer | None, attacked: AttackAnswer | None, reach: AnswerReach | None, *, turned: bool
) -> str:
    """Say it of the face as it came and the one attacked here.

    Args:
        clean: of the face as it came; None where it was not asked.
        attacked: of the attacked face; None where it was not asked.
        reach: see `answer_sentence`.
        turned: whether the attack turned the label; one that did not is nothing that could be missed.
    """
    first = _lower(_clause(clean, reach)) if clean else "not asked yet"
    if attacked is None:
        second = "not asked yet"
    elif turned and attacked.carries is not None:
        second = "noticed" if attacked.label == SIGNS else "missed"
    else:
        second = _lower(_clause(attacked, None))
    return f"As it came: {first}; attacked here: {second}."


def limit_sentence(answer: AttackAnswer, reach: AnswerReach | None) -> str:
    """Say how far an answer can be relied on, as it was measured."""
    if answer.carries is None or reach is None:
        return answer.scope
    if answer.label == SIGNS and reach.alarms is not None:
        return (
            f"Measured: up to {reach.alarms:.0%} of faces that nobody attacked got this answer, too (most: "
            f"{reach.worst})."
        )
    missed = listed(reach.missed)
    if reach.down_to is None:
        return f"Often missed: {missed}. {reach.outside}".strip()
    found = f"{share_found(reach)} of {listed(reach.attacks)} from {reach.down_to:g}/255 that turn the verdict"
    less = f"; {missed} less often" if missed else ""
    return f"Found at 5% false alarms ({'; '.join(reach.ways)}): {found}{less}. {reach.outside}".strip()


def share_found(reach: AnswerReach) -> str:
    """Write the share found of the attacks that are reached."""
    least, most = f"{reach.least:.0%}", f"{reach.most:.0%}"
    return least if least == most else f"{least} to {most}"


def listed(names: Sequence[str]) -> str:
    """Join names by commas and a last "and"."""
    *others, last = names or ("",)
    return f"{', '.join(others)} and {last}" if others else last


def signs_sentence(answer: AttackAnswer) -> str:
    """Say what the signs found, each as a score of 0 to 1."""
    perturbed = f"perturbed {answer.perturbed:.2f} of 1"
    if answer.carries is None:
        return f"{perturbed}; whether that carries this detector's verdict is not known."
    return f"{perturbed}, carries this verdict {answer.carries:.2f} of 1."


def attack_detector_sentence(answer: AttackAnswer, verdict: AttackVerdict | None, reason: str) -> str:
    """Say what the attack detector found, and what that adds to the answer.

    Args:
        answer: of the signs, which decide.
        verdict: of the attack detector; None where it was not asked.
        reason: why it was not asked.
    """
    if verdict is None:
        return _lower(reason)
    score, signs = f"({verdict.p_attacked:.2f} of 1)", answer.label == SIGNS
    if verdict.label == "attacked":
        return f"agrees {score}." if signs else f"a hit {score}, as noise gives, too: no sign by itself."
    none = f"none of those that it was trained on {score}"
    return f"{none}; others may pass it." if signs else f"{none}."


def meaning(answer: AttackAnswer) -> str:
    """Say what an answer means."""
    if answer.carries is None and answer.label == UNDECIDED:
        return f"{PERTURBED}. The face carries noise, traces of processing or an attack."
    return f"{answer.label}. {MEANINGS[answer.label]}"


def _clause(answer: AttackAnswer, reach: AnswerReach | None) -> str:
    if answer.carries is None and answer.label == UNDECIDED:
        return PERTURBED
    if answer.label not in (NO_SIGN, PROCESSED):
        return answer.label
    if answer.carries is None:
        return f"{NO_SIGN} in the pixels alone"
    covered = [f"from {reach.down_to:g}/255"] if reach and reach.down_to is not None else []
    covered += [f"not {listed(reach.missed)}"] if reach and reach.missed else []
    none = f"{NO_SIGN} of the kinds it knows" + (f" ({', '.join(covered)})" if covered else "")
    return none if answer.label == NO_SIGN else f"Processed or noisy, but {_lower(none)}"


def _lower(words: str) -> str:
    return f"{words[:1].lower()}{words[1:]}"
