"""Hold what was measured of a kind of signature.

Fields are named like the keys of the record; shares and AUCs lie in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .arrays import Settings
from .classifier_metrics import ClassifierMetrics


@dataclass(frozen=True, slots=True)
class SignatureEvaluation:
    """Hold how well a kind of signature separates faces, by people never seen.

    knn15: share of real, fake and attacked faces that most of their 15 nearest are like.
    knn15_attacks: share of attacked faces that most of their 15 nearest attacked ones share the attack with, by attack.
    auc_attacked: attacked faces against all others, by the classifier that answers; classifiers: each, by name.
    outside: share called outside of the reference at 5 %, of clean faces and of foreign kinds.
    n: signatures of faces; counts: of each kind, foreign ones too.
    people: groups that no fold divides. no_verdict: media without a face that can be judged.
    """

    knn15: Mapping[str, float]
    knn15_attacks: Mapping[str, float]
    auc_attacked: float | None
    outside: Mapping[str, float]
    n: int
    counts: Mapping[str, int]
    people: int
    no_verdict: int
    detector: str
    attacks: Mapping[str, Settings]
    seed: int
    classifiers: Mapping[str, ClassifierMetrics]
