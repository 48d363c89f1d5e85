"""Hold what classifiers say of signatures, and how often they are wrong.

Fields are named like the keys of the record; shares and AUCs lie in [0, 1], intervals are 95 % ones by person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .arrays import check
from .recorded_fields import LEFT_OUT

Bounds = tuple[float, float] | None
UNATTACKED = "none"  # the name of no attack, in the order of attacks the first


@dataclass(frozen=True, slots=True)
class ClassifierMetrics:
    """Hold how well a classifier tells attacked signatures from clean ones.

    By people never seen.

    classifier: its name.
    threshold: the score from which on a signature is called attacked.
    found: share of attacked signatures that are called so; alarms: share of clean ones that are.
    attack_named: share of attacked signatures whose attack is named rightly, called attacked or not; None where there
        is one attack only.
    confusion: by what signatures are, and what they are called, how many.
    roc: corners of the curve, each the shares of clean and of attacked signatures called attacked.
    n: signatures; people: whose they are; people_known: False where each face, or each that nobody named, is taken for
        another person; people_unknown: how many of the people nobody named, None where all of them or that is not
        counted; mixed: forgeries that show two people and count as one's, None without any.
    """

    classifier: str
    threshold: float
    auc: float
    auc_interval: Bounds
    found: float
    found_interval: Bounds
    alarms: float
    alarms_interval: Bounds
    attack_named: float | None
    attack_named_interval: Bounds
    confusion: Mapping[str, Mapping[str, int]]
    roc: tuple[tuple[float, float], ...]
    n: int
    people: int
    people_known: bool | None = field(default=None, metadata=LEFT_OUT)
    people_unknown: int | None = field(default=None, metadata=LEFT_OUT)
    mixed: int | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True)
class ReferenceSetEvaluation:
    """Hold how well classifiers do on the signatures of a reference set itself."""

    references: str
    signature: str
    detector: str
    auc_attacked: float
    classifiers: Mapping[str, ClassifierMetrics]
    n: int
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class SignatureAnswer:
    """Hold whether a face's signature is like attacked ones.

    references: SHA-256 of the reference set. p_attacked: score in [0, 1]. attack: the likeliest of those that the set
    knows, None where the signature is not called attacked. measured: on the references, by people never seen.
    """

    references: str
    p_attacked: float
    attack: str | None
    measured: ClassifierMetrics

    def __post_init__(self) -> None:
        check(0 <= self.p_attacked <= 1, "p_attacked lies in [0, 1]", self.p_attacked)
        check(self.is_attacked == (self.attack is not None), "what is called attacked has an attack", self.attack)

    @property
    def is_attacked(self) -> bool:
        """Tell whether the score reaches the threshold."""
        return self.p_attacked >= self.measured.threshold
