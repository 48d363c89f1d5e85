"""Say what a face's signature tells of an attack, and its errors."""

from __future__ import annotations

from collections.abc import Mapping

from ..metrics.intervals import wilson
from ..types.classifier_metrics import UNATTACKED, ClassifierMetrics, SignatureAnswer
from .records import Record, number
from .text import counted, number_words

EVIDENCE_RATIO = 10.0  # ENFSI guideline (2015), table of likelihood ratios: from 2 to 10 they are weak support


def signature_answer_sentence(answer: SignatureAnswer, titles: Mapping[str, str]) -> str:
    """Say what the signature is like, with its errors, and whether it counts.

    `titles`: of attacks by name; others go by their names.
    """
    score = f"({answer.p_attacked:.2f} of 1)"
    attack = None if answer.attack is None else titles.get(answer.attack, answer.attack)
    like = f"like clean ones {score}" if attack is None else f"like attacked ones {score}, those of {attack} most"
    return f"{like}. {errors_sentence(answer.measured, titles)} {strength_sentence(answer, titles)}".strip()


def errors_sentence(measured: ClassifierMetrics, titles: Mapping[str, str]) -> str:
    """Say how many of 100 faces are called wrongly, by faces never seen.

    `titles`: of attacks by name.
    """
    each = [
        f"{titles.get(name, name)} {100 * (1 - called[UNATTACKED] / total):.0f}"
        for name, called in measured.confusion.items()
        if name != UNATTACKED and (total := sum(called.values()))
    ]
    never_seen = "faces" if _is_unknown(measured) else "people"
    found, alarms = (f"{100 * share:.0f} of 100" for share in (measured.found, measured.alarms))
    errors = f"found {found} attacked ({', '.join(each)}), called {alarms} clean attacked; {_whose(measured)}"
    return (
        f"Among references of {never_seen} never seen it {errors}. On other media it calls more clean faces attacked."
    )


def _whose(measured: ClassifierMetrics) -> str:
    """Count the people, the unknown and second ones, too."""
    mixed = measured.mixed and f" ({counted(measured.mixed, 'forgery', 'forgeries')} of a second person, too)"
    if _is_unknown(measured):
        return f"{measured.people} faces, each taken for another person{mixed or ''}"
    unknown = measured.people_unknown and f", {measured.people_unknown} of them files whose person nobody named"
    return f"{counted(measured.people, 'person', 'people')}{unknown or ''}{mixed or ''}"


def _is_unknown(measured: ClassifierMetrics) -> bool:
    """Tell whether nobody said who any of the people is."""
    return measured.people_known is False and not measured.people_unknown


def strength_sentence(answer: SignatureAnswer, titles: Mapping[str, str]) -> str:
    """Say that an answer is weak, or nothing, where it is; else say nothing.

    `titles`: of attacks by name.
    """
    measured, attack = answer.measured, answer.attack
    if measured.auc_interval is None or measured.auc_interval[0] <= 0.5:
        return f"No better than chance (AUC {measured.auc:.2f}): no evidence."
    ratio = least_ratio(measured, attack)
    if ratio >= EVIDENCE_RATIO:
        return ""
    hit = "attacked faces" if attack is None else f"faces attacked by {titles.get(attack, attack)}"
    more, less = ("clean faces", hit) if attack is None else (hit, "clean faces")
    if ratio <= 1:
        return f"No evidence: such an answer may be as frequent on {less} as on {more}."
    return f"Weak by itself: at least {ratio:.1f} times as frequent on {more} as on {less}."


def least_ratio(measured: ClassifierMetrics, attack: str | None) -> float:
    """Return the least likelihood ratio of an answer.

    Both shares stand at the worse ends of their intervals, as if each person gave one signature at most. `attack`: that
    it names, against clean faces; None for clean against attacked ones.
    """
    clean = measured.confusion[UNATTACKED]
    if attack is None:
        attacked = sum(sum(called.values()) for name, called in measured.confusion.items() if name != UNATTACKED)
        counts = [(1 - measured.alarms, sum(clean.values())), (1 - measured.found, attacked)]
    else:
        totals = [(called[attack], sum(called.values())) for called in (measured.confusion[attack], clean)]
        counts = [(count / total, total) for count, total in totals]
    (low, _), (_, high) = (_interval(share, min(total, measured.people)) for share, total in counts)
    return low / max(high, 1e-12)


def _interval(share: float, people: int) -> tuple[float, float]:
    return wilson(share * people, people)


def classifier_sentence(measured: ClassifierMetrics) -> str:
    """Say how well a classifier tells attacked signatures from clean ones."""
    named = (
        ""
        if measured.attack_named is None
        else f" It names the attack of {measured.attack_named:.0%} of attacked ones rightly."
    )
    return (
        f"{measured.classifier.capitalize()} on {measured.n} reference signatures of {_whose(measured)}, "
        f"each judged without its own: AUC {number_words(measured.auc, measured.auc_interval)}; "
        f"called attacked from {measured.threshold:g} on.{named}"
    )


def confusion_rows(measured: ClassifierMetrics, titles: Mapping[str, str]) -> list[dict[str, str]]:
    """Make a row of each kind of signature: how many are called what.

    `titles`: of attacks by name.
    """
    words = {**titles, UNATTACKED: "not attacked"}
    return [
        {"signature is": words.get(name, name), **{f"called {words.get(o, o)}": str(n) for o, n in called.items()}}
        for name, called in measured.confusion.items()
    ]


def signature_answer_record(answer: SignatureAnswer) -> Record:
    """Record a signature's answer with its error rates."""
    measured = answer.measured
    shares = ("auc", "found", "alarms")
    intervals = {name: getattr(measured, f"{name}_interval") for name in shares}
    return {
        "references": answer.references,
        "p_attacked": number(answer.p_attacked),
        "attack": answer.attack,
        "classifier": measured.classifier,
        "threshold": measured.threshold,
        **{name: number(getattr(measured, name)) for name in shares},
        **{f"{name}_interval": one and [number(end) for end in one] for name, one in intervals.items()},
        "people": measured.people,
        **{
            name: value
            for name in ("people_known", "people_unknown", "mixed")
            if (value := getattr(measured, name)) is not None
        },
    }
