"""Say what a detector is good at, blind to, and wrong about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..metrics.intervals import Interval, wilson
from ..output.text import share_words
from ..types.measured_results import MeasuredCorruptions, MeasuredDetector
from ..types.measurement import Measurement
from .measured_tables import MIN_MEDIA

GOOD = 0.75  # an AUC whose whole interval lies above it
BLIND = 0.6  # an AUC whose interval reaches down to it; 0.5 is chance
MIN_ERROR_MEDIA = 5  # media of each class, below which an error rate would be an anecdote
REAL = "real"
MANIPULATED, NOT_MANIPULATED = "Likely manipulated", "Likely not manipulated"


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Hold how well a kind of forgery is told apart from real faces.

    name: of the kind; auc: in [0, 1]; interval: of 95 %.
    """

    name: str
    auc: float
    interval: Interval


@dataclass(frozen=True, slots=True, eq=False)
class MediaErrors:
    """Hold the error rates on one kind of media.

    All shares are in [0, 1], intervals of 95 %.

    media: its name.
    n_real, n_forged: media that were judged.
    false_alarm: share of real media called manipulated; missed: share of forged ones called not manipulated.
    undecided: share of all that stayed inconclusive; None where the larger output was counted, which always decides.
    """

    media: str
    n_real: int
    n_forged: int
    false_alarm: float
    false_alarm_interval: Interval
    missed: float
    missed_interval: Interval
    undecided: float | None


def separations(measurements: Iterable[Measurement]) -> list[Separation]:
    """List AUCs by kind and condition, best first, where there are enough media."""
    found: dict[str, Separation] = {}
    for one in measurements:
        for name, auc, interval in _of_kinds(one) or _of_corruptions(one):
            if auc is not None and interval is not None:
                found.setdefault(name, Separation(name, float(auc), (float(interval[0]), float(interval[1]))))
    return sorted(found.values(), key=lambda one: -one.auc)


def good_at(measurements: Iterable[Measurement]) -> str | None:
    """Name the kinds of forgery that are told apart well; None without any."""
    found = separations(one for one in measurements if one.kind == "detector")
    return _listed([one for one in found if one.interval[0] >= GOOD]) or None


def blind_to(measurements: Iterable[Measurement]) -> str | None:
    """Name kinds and conditions with an AUC near chance, worst first."""
    return _listed([one for one in reversed(separations(measurements)) if one.interval[0] <= BLIND]) or None


def scope_parts(scope: str) -> tuple[str, str]:
    """Split a scope into what was trained on and where it fails."""
    first, _, rest = re.sub(r"(?<=\.)\s+(?=[A-Z])", "\n", scope, count=1).partition("\n")
    return first, rest


def media_errors(measurements: Iterable[Measurement]) -> list[MediaErrors]:
    """Count errors by kind of media: of verdicts, else of the larger output."""
    found = []
    for one in measurements:
        if not isinstance(result := one.result, MeasuredDetector):
            continue
        forged = sum(count for kind, count in result.n.items() if kind != REAL)
        if min(result.n.get(REAL, 0), forged) >= MIN_ERROR_MEDIA:
            made = _by_verdict(one.label, result) if result.verdicts else _by_label(one.label, result)
            found += [made] if made else []
    return found


def error_rows(errors: Sequence[MediaErrors]) -> list[dict[str, str]]:
    """Make one row per kind of media, with intervals."""
    return [
        {
            "media": f"{one.media} ({one.n_real} real, {one.n_forged} forged)",
            "wrong on real": share_words(one.false_alarm, one.false_alarm_interval, digits=0),
            "wrong on forged": share_words(one.missed, one.missed_interval, digits=0),
            "inconclusive": "not counted" if one.undecided is None else share_words(one.undecided, digits=0),
        }
        for one in errors
    ]


def short_label(label: str) -> str:
    """Cut a measurement's label before its first comma or bracket."""
    return re.split(r", | \(", label, maxsplit=1)[0]


def _listed(found: Sequence[Separation]) -> str:
    return ", ".join(f"{one.name} (AUC {one.auc:.2f})" for one in found)


def _of_kinds(one: Measurement) -> list[tuple[str, float | None, Interval | None]]:
    """List name, AUC and interval of each kind of forgery with enough media."""
    if not isinstance(result := one.result, MeasuredDetector):
        return []
    n, kinds = result.n, result.kinds
    forged = [kind for kind in n if kind != REAL]
    return [
        (
            short_label(one.label) if len(forged) == 1 else kind,
            (result.auc or {}).get(kind),
            kinds[kind].auc_interval if kind in kinds else None,
        )
        for kind in forged
        if min(n.get(REAL, 0), n[kind]) >= MIN_MEDIA
    ]


def _of_corruptions(one: Measurement) -> list[tuple[str, float | None, Interval | None]]:
    rows = one.result.conditions if isinstance(one.result, MeasuredCorruptions) else ()
    return [(row.condition, row.auc, row.auc_interval) for row in rows if row.value is not None]


def _by_verdict(label: str, found: MeasuredDetector) -> MediaErrors | None:
    verdicts = found.verdicts
    judged = {kind: _judged(counts) for kind, counts in verdicts.items()}
    forged = [kind for kind in verdicts if kind != REAL]
    alarms = verdicts.get(REAL, {}).get(MANIPULATED, 0)
    missed = sum(verdicts[kind].get(NOT_MANIPULATED, 0) for kind in forged)
    undecided = sum(counts.get("Inconclusive", 0) for counts in verdicts.values())
    n = judged.get(REAL, 0), sum(judged[kind] for kind in forged)
    return _errors(label, n, alarms, missed, undecided / max(sum(n), 1))


def _judged(counts: Mapping[str, int]) -> int:
    return sum(count for word, count in counts.items() if word != "No verdict")


def _by_label(label: str, found: MeasuredDetector) -> MediaErrors | None:
    n, called = found.n, {kind: share for kind, share in (found.called_fake or {}).items() if share is not None}
    if not n.keys() <= called.keys():
        return None
    forged = [kind for kind in n if kind != REAL]
    missed = sum(round((1 - called[kind]) * n[kind]) for kind in forged)
    return _errors(label, (n[REAL], sum(n[kind] for kind in forged)), round(called[REAL] * n[REAL]), missed, None)


def _errors(label: str, n: tuple[int, int], alarms: int, missed: int, undecided: float | None) -> MediaErrors | None:
    """Make error rates of counts; None where nothing was judged."""
    if not all(n):
        return None
    return MediaErrors(
        short_label(label),
        *n,
        alarms / n[0],
        wilson(alarms, n[0]),
        missed / n[1],
        wilson(missed, n[1]),
        undecided,
    )
