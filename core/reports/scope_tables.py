"""Put measurements of the answer about attacks into tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..attacks import ATTACKS
from ..media.post_processing import operation_title, read_operation
from ..output.text import number_words, share_words
from ..types.answer_scope import AnswerAlarms, AnswerFound
from ..types.synthetic_metrics import SyntheticAuc, SyntheticEvaluation

FoundAttacks = Mapping[str, Mapping[str, Mapping[str, AnswerFound]]]  # by attack, epsilon and post-processing


class ScopeMatrix(NamedTuple):
    """Hold the share of attacks found by row (attack and strength) and column (post-processing), with counts."""

    shares: dict[str, dict[str, float | None]]
    counts: dict[str, dict[str, int]]
    columns: tuple[str, ...]


def scope_matrix(attacks: FoundAttacks) -> ScopeMatrix:
    """Arrange a measurement's attacks by strength and post-processing; at 5 % false alarms."""
    shares: dict[str, dict[str, float | None]] = {}
    counts: dict[str, dict[str, int]] = {}
    columns: dict[str, None] = {}
    for name, by_eps in attacks.items():
        title = ATTACKS[name].title if name in ATTACKS else name
        for eps, by_post in by_eps.items():
            row = title if eps == "own" else f"{title}, {eps}/255"
            shares[row] = {post_title(post): cell.found_at_5 for post, cell in by_post.items()}
            counts[row] = {post_title(post): cell.n for post, cell in by_post.items()}
            columns |= dict.fromkeys(shares[row])
    return ScopeMatrix(shares, counts, tuple(columns))


def post_title(post: str) -> str:
    """Say what was done to an attacked file."""
    operation = read_operation(post)
    if post == "none" or operation is None:
        return "PNG, as saved" if operation else post
    return operation_title(*operation)


def alarm_rows(clean: Mapping[str, AnswerAlarms]) -> list[dict[str, str]]:
    """Make one row per kind of face that nobody attacked, the most alarms first."""
    kinds = sorted(clean.items(), key=lambda item: -item[1].alarms)
    return [
        {
            "nobody attacked it": kind,
            "answered “signs of an attack”": share_words(part.alarms, part.interval),
            "faces": str(part.n),
        }
        for kind, part in kinds
    ]


def synthetic_rows(found: SyntheticEvaluation) -> list[dict[str, str]]:
    """Make one row per kind of face and post-processing."""
    return [
        {
            "kind": kind,
            "then": "as it is" if post == "none" else post_title(post),
            "media": str(part.n),
            "AUC against real": _auc_words((found.auc.get(kind) or {}).get(post)),
            "answered “likely synthetic”": share_words(part.synthetic, part.interval),
            "inconclusive": share_words(part.inconclusive),
            "outside of what it knows": share_words(part.unknown),
        }
        for kind, by_post in found.shares.items()
        for post, part in by_post.items()
    ]


def _auc_words(part: SyntheticAuc | None) -> str:
    return "" if part is None else number_words(part.auc, part.interval)


def found_rows(attacks: FoundAttacks) -> list[dict[str, str]]:
    """Make one row per attack, strength and post-processing."""
    return [
        {
            "attack": ATTACKS[name].title if name in ATTACKS else name,
            "eps of 255": eps,
            "then": post_title(post),
            "still works": f"{cell.still_works:.0%}",
            "found at 5 % false alarms": share_words(cell.found_at_5, cell.interval_at_5),
            "found at 1 %": share_words(cell.found_at_1),
            "AUC": "" if cell.auc is None else f"{cell.auc:.3f}",
            "attacks that work": str(cell.n),
        }
        for name, by_eps in attacks.items()
        for eps, by_post in by_eps.items()
        for post, cell in by_post.items()
    ]
