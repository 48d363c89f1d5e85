"""Put measurements of kinds of signatures into tables of words."""

from __future__ import annotations

from collections.abc import Mapping

from ..attacks import ATTACKS
from ..metrics.intervals import wilson
from ..output.signature_sentences import WORDS
from ..output.text import counted, format_settings, number_words, share_words
from ..signatures import KINDS, SIGNATURES
from ..signatures.attack_classifiers import DEFAULT_CLASSIFIER
from ..types.measured_results import MeasuredSignatures
from ..types.signature_metrics import SignatureEvaluation
from .measured_tables import Rows

ABOUT = (
    "Each signature among those of other people in the same folder, not among the references that ship. 15 nearest: "
    "faces that most of their 15 nearest are like. Outside: called outside of the reference at 5%, which should be 5% "
    "of clean faces and all of what is foreign and has what the kind reads. Intervals of shares take faces for "
    "independent, that of the AUC takes people."
)

NO_REGIONS = "no regions found"
WEAK = 0.5  # of what is foreign: who finds less may not say what is known


def signature_rows(found: MeasuredSignatures) -> Rows:
    """Write one row a kind of signature."""
    return [_row(name, one) for name, one in found.kinds.items()]


def signature_conclusion(found: MeasuredSignatures) -> str:
    """Say which kind tells faces apart best, and whether what is foreign is found."""
    best = max(found.kinds, key=lambda name: _mean(found.kinds[name].knn15))
    right = _mean(found.kinds[best].knn15)
    average = f"{right:.0%} on average of real, forged and attacked faces"
    said = f"By the 15 nearest {_title(best)} is right most often, for {average}; intervals that overlap tell no order."
    shares = [share for name in found.kinds if (share := foreign_share(found, name)) is not None]
    if not shares:
        return said
    weak = ": “not outside” does not mean known" if max(shares) < WEAK else ""
    return f"{said} Of the foreign pictures that a kind can read, at most {max(shares):.0%} are called outside{weak}."


def foreign_share(found: MeasuredSignatures, kind: str) -> float | None:
    """Return the share of foreign pictures that a kind calls outside; None where not measured."""
    one = found.kinds.get(kind)
    foreign = [name for name in one.outside if name != "clean" and one.counts.get(name)] if one else []
    if one is None or not foreign:
        return None
    return sum(one.outside[name] * one.counts[name] for name in foreign) / sum(one.counts[name] for name in foreign)


def signature_facts(found: MeasuredSignatures) -> str:
    """Say how many faces all kinds were measured on, and which attacks."""
    one = next(iter(found.kinds.values()))
    counts = ", ".join(_counted(found, kind) for kind in one.counts)
    attacks = "; ".join(
        format_settings(ATTACKS[name], ATTACKS[name].settings(given)) if name in ATTACKS else name
        for name, given in one.attacks.items()
    )
    lacking = f" {counted(one.no_verdict, 'medium', 'media')} had no face that can be judged." if one.no_verdict else ""
    return f"{counts}. Attacks in turn: {attacks}.{lacking}"


def _counted(found: MeasuredSignatures, kind: str) -> str:
    """Count the faces of a kind that each signature could read."""
    counts = sorted({one.counts.get(kind, 0) for one in found.kinds.values()})
    return f"{' to '.join(str(n) for n in dict.fromkeys((counts[0], counts[-1])))} {WORDS.get(kind, kind)}"


def _mean(shares: Mapping[str, float]) -> float:
    return sum(shares.values()) / len(shares) if shares else 0.0


def _title(name: str) -> str:
    return SIGNATURES[name].title if name in SIGNATURES else name


def _row(name: str, one: SignatureEvaluation) -> dict[str, str]:
    nearest = {f"15 nearest: {WORDS.get(kind, kind)}": kind for kind in one.knn15}
    foreign = [kind for kind in one.counts if kind not in (*KINDS, *one.outside)]
    outside = {f"outside: {kind}": kind for kind in (*one.outside, *foreign)}
    judge = one.classifiers.get(DEFAULT_CLASSIFIER)
    counts = {**one.counts, "clean": sum(one.counts.get(kind, 0) for kind in ("real", "fake"))}
    return {
        "signature": _title(name),
        **{title: _share(one.knn15, kind, counts) for title, kind in nearest.items()},
        "attacked or not, AUC": number_words(one.auc_attacked, judge.auc_interval if judge else None),
        **{title: _share(one.outside, kind, counts) for title, kind in outside.items()},
        "signatures": str(one.n),
        "people": str(one.people),
    }


def _share(shares: Mapping[str, float], kind: str, counts: Mapping[str, int]) -> str:
    share, n = shares.get(kind), counts.get(kind, 0)
    if share is None:
        return NO_REGIONS
    return share_words(share, wilson(round(share * n), n) if n else None, digits=0)
