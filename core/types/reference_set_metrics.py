"""Hold how a reference set answers on faces that are not in it.

Fields are named like the keys of the record; shares and AUCs lie in [0, 1], the interval is a 95 % one by person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .classifier_metrics import Bounds


@dataclass(frozen=True, slots=True)
class ClassifierAnswers:
    """Hold what a reference set's classifier called attacked.

    found: share of attacked faces that are called so, by attack and budget, and as JPEG. alarms: share of clean faces
    that are. n: faces of each.
    """

    found: Mapping[str, float]
    alarms: Mapping[str, float]
    n: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReferenceSetOnFaces:
    """Hold how well a reference set answers on a folder's faces.

    knn15: share of real, fake and attacked faces that most of their 15 nearest references are like; the first of those
    that equally many are like.
    auc_attacked: attacked faces against all others, by the set's classifier; None where one of them is missing.
    outside: share called outside of the reference at 5 %, of clean faces and of foreign kinds; nothing where the set is
    too small to tell.
    n: signatures of faces; counts: of each kind, foreign ones too.
    people: groups of faces that may be of one person. no_verdict: media without a face that can be judged.
    """

    references: str
    signature: str
    detector: str
    knn15: Mapping[str, float]
    auc_attacked: float | None
    auc_attacked_interval: Bounds
    outside: Mapping[str, float]
    classifier: ClassifierAnswers
    n: int
    counts: Mapping[str, int]
    people: int
    no_verdict: int
    attacks: tuple[str, ...]
    seed: int
