"""Hold what is measured of the answer to "was it attacked?"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Interval = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class AnswerFound:
    """Hold how many attacks of one kind, size and post-processing are found.

    n: attacks that turn the verdict there. still_works: their share of all. auc: of the answer's score against clean
    faces; None without any. found_at_5, found_at_1: share found at 5 % and 1 % false alarms on other clean faces.
    interval_at_5: of the former, 95 %.
    """

    n: int
    still_works: float
    auc: float | None
    found_at_5: float | None
    found_at_1: float | None
    interval_at_5: Interval


@dataclass(frozen=True, slots=True)
class AnswerAlarms:
    """Hold how often untouched faces are answered with "signs of an attack".

    interval: 95 %.
    """

    n: int
    alarms: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class AnswerEvaluation:
    """Hold a measurement of the answer.

    attacks: by attack, epsilon and post-processing. clean: by what was done to the face. threshold: of the answer's
    logit. detector: whose verdict is attacked.
    """

    attacks: Mapping[str, Mapping[str, Mapping[str, AnswerFound]]]
    clean: Mapping[str, AnswerAlarms]
    threshold: float
    detector: str


@dataclass(frozen=True, slots=True)
class AnswerReach:
    """Hold down to which strength the answer finds attacks, as it was measured.

    attacks: titles of those that it finds. down_to: epsilon, in 1/255, at which and above which each of them was found
    often enough, wherever that was measured; None where that holds of no attack. missed: titles of those of which it
    holds at no epsilon: one by a single step may be found less often where it is stronger.
    least, most: share found of those that still turn the verdict, at that strength and above and after every
    post-processing, at 5 % false alarms.
    alarms: share of unattacked faces answered with signs, of the treatment that is mistaken most; worst: its name.
    outside: the sentence of its card on what it was not trained on; may be empty.
    ways: what was done to the attacked files, in words, such as "JPEG 75".
    """

    attacks: tuple[str, ...]
    missed: tuple[str, ...]
    down_to: float | None
    least: float
    most: float
    alarms: float | None
    worst: str
    outside: str
    ways: tuple[str, ...]
