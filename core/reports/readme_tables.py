"""Write the README's tables of what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..attack_detectors.answer import NAME as ATTACK_SIGNS
from ..attacks import ATTACKS
from ..detectors import DEFAULT
from ..metrics.intervals import wilson
from ..output.text import number_words, share_words
from ..storage.measured_files import read_measurements
from ..synthetic_faces import NAME as SYNTHETIC_FACES
from ..types import InputError
from ..types.answer_scope import AnswerEvaluation, AnswerFound
from ..types.measured_results import MeasuredCorruptions, MeasuredDetector
from ..types.measurement import Measurement
from ..types.synthetic_metrics import SyntheticAuc, SyntheticEvaluation, SyntheticShares
from .detector_strengths import media_errors, short_label
from .measured_tables import Rows, corruption_rows
from .model_readme import table
from .scope_tables import post_title

FOUND = "found of those that still work, at 5 % false alarms"
BEGIN, END = "<!-- written by python -m core models --write -->", "<!-- end of what is written -->"


def measured_part() -> str:
    """Write the tables as Markdown, without the marks about them."""
    measured = read_measurements(DEFAULT)
    rows = detector_rows(measured), loss_rows(measured), answer_rows(read_measurements(ATTACK_SIGNS))
    return "\n\n".join(table(part) for part in (*rows, synthetic_rows(read_measurements(SYNTHETIC_FACES))) if part)


def with_measured_part(readme: str) -> str:
    """Replace what stands between the marks of a README.

    Raises:
        InputError: the marks are missing.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InputError(f"the README has no lines {BEGIN} and {END}, between which the tables are written")
    return f"{before}{BEGIN}\n\n{measured_part()}\n\n{END}{after}"


def detector_rows(measurements: Iterable[Measurement]) -> Rows:
    """Make a row for each measurement of the detector's verdicts."""
    return [
        {
            "the detector, measured on": f"{short_label(one.label)} ({errors.n_real} real, {errors.n_forged} forged)",
            "AUC by file": _auc(one.result),
            "real called manipulated": share_words(errors.false_alarm, errors.false_alarm_interval, digits=0),
            "forged called not manipulated": share_words(errors.missed, errors.missed_interval, digits=0),
            "inconclusive": share_words(errors.undecided, digits=0),
        }
        for one in measurements
        if isinstance(one.result, MeasuredDetector)
        for errors in media_errors([one])
    ]


def _auc(found: MeasuredDetector) -> str:
    """Write the AUC of all kinds, and of each where there are several."""
    video, each = found.video, found.auc or {}
    kinds = [f"{kind} {value:.2f}" for kind, value in each.items() if kind != "all" and value is not None]
    whole = number_words(video.auc, video.intervals.auc) if video else number_words(each.get("all"))
    return f"{whole}; {', '.join(kinds)}" if len(kinds) > 1 else whole


def loss_rows(measurements: Iterable[Measurement]) -> Rows:
    """Make a row for each condition where the loss of AUC was measured."""
    return [
        {f"the same faces, changed ({short_label(one.label)})": row.pop("condition"), **row}
        for one in measurements
        if isinstance(one.result, MeasuredCorruptions)
        and any(each.auc_lost is not None for each in one.result.conditions)
        for row in corruption_rows(one.result)
    ]


def answer_rows(measurements: Iterable[Measurement]) -> Rows:
    """Make a row for each strength and post-processing, over all attacks.

    The last one is of faces that nobody attacked, as the most often mistaken ones were treated.
    """
    rows: Rows = []
    for one in measurements:
        if not isinstance(one.result, AnswerEvaluation):
            continue
        cells: dict[tuple[str, str], dict[str, AnswerFound]] = {}
        for name, by_eps in one.result.attacks.items():
            for eps, by_post in by_eps.items():
                for post, cell in by_post.items():
                    cells.setdefault((eps, post), {})[name] = cell
        rows += [
            {
                f"was it attacked? ({short_label(one.label)}) eps of 255": eps,
                "then": post_title(post),
                FOUND: ", ".join(
                    f"{ATTACKS[name].title if name in ATTACKS else name} {share_words(cell.found_at_5, digits=0)}"
                    for name, cell in found.items()
                ),
                "faces": str(sum(cell.n for cell in found.values())),
            }
            for (eps, post), found in cells.items()
        ]
        if clean := one.result.clean:
            name, worst = max(clean.items(), key=lambda pair: pair[1].alarms)
            rows.append(
                {
                    **dict.fromkeys(rows[-1], ""),
                    next(iter(rows[-1])): "nobody attacked it",
                    "then": f"{name}, the worst of {len(clean)} treatments",
                    FOUND: f"taken for an attack: {share_words(worst.alarms, worst.interval, digits=0)}",
                    "faces": str(worst.n),
                }
            )
    return rows


def synthetic_rows(measurements: Iterable[Measurement]) -> Rows:
    """Make a row for each kind of synthetic face, and one for others.

    Each at the post-processing that is hardest for the answer.
    """
    rows: Rows = []
    for one in measurements:
        if isinstance(found := one.result, SyntheticEvaluation):
            label, others = short_label(one.label), {}
            for kind, by_post in found.shares.items():
                aucs = found.auc.get(kind)
                post = (min if aucs else max)(by_post, key=lambda name: by_post[name].synthetic)
                if aucs:
                    rows.append(_synthetic_row(f"{kind} ({label})", post, [by_post[post]], aucs.get(post)))
                else:
                    others[kind] = by_post[post]
            if others:
                rows.append(_synthetic_row(f"{', '.join(others)} ({label})", "", list(others.values()), None))
    return rows


def _synthetic_row(of: str, post: str, parts: Sequence[SyntheticShares], auc: SyntheticAuc | None) -> dict[str, str]:
    n = sum(part.n for part in parts)
    called, undecided, unknown = (
        sum(round(getattr(part, name) * part.n) for part in parts) for name in ("synthetic", "inconclusive", "unknown")
    )
    return {
        "wholly synthetic?": of,
        "media": str(n),
        "hardest": post and ("as it is" if post == "none" else post_title(post)),
        "AUC against real": number_words(auc.auc, auc.interval) if auc else "",
        "called synthetic": share_words(called / n, wilson(called, n), digits=0),
        "inconclusive": share_words(undecided / n, digits=0),
        "outside of what it knows": share_words(unknown / n, digits=0),
    }
