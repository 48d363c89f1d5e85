"""Make the ROC curves of Pinhasov's appendix A."""

from __future__ import annotations

from dataclasses import replace

from ..metrics.roc import auc, roc_points
from ..types import InputError
from ..types.study_tables import StudyRow, StudyTable
from . import pinhasov_paper as paper
from .attack_examples import CLEAN
from .detect_study import DetectStudy, detect_examples
from .detect_tables import DIFFERS, NAME, how_many, mean_of, stands_for, untrained
from .detect_training import attack_scores
from .study_figures import CURVE_COLUMNS

CURVES = {"figure 10": (0, False), "figure 11": (0, True), "figure 12": (1, False), "figure 13": (1, True)}


def roc_figure(study: DetectStudy, part: str) -> StudyTable:
    """Measure the curves of one detector: fully finetuned, or the head only."""
    place, head_only = CURVES[part]
    if place >= len(study.detectors):
        raise InputError(f"{part} is of the second of two detectors; what came is {study.detectors[0].name} alone")
    own = replace(study, detectors=(study.detectors[place],))
    found = detect_examples(own, head_only=head_only)
    (examples,), judges = found.test, found.judges_of(0)
    rows: list[StudyRow] = []
    areas: dict[str, list[float | None]] = {}
    for name, judge in judges.items():
        if judge is None:
            continue
        clean = attack_scores(study.context, judge, examples, CLEAN)
        for key, title in paper.ATTACKS.items():
            attacked = attack_scores(study.context, judge, examples, key)
            area = auc(clean, attacked)
            areas.setdefault(paper.MAPS[name], []).append(area)
            points = zip(*roc_points(clean, attacked), strict=True)
            rows += [
                (paper.MAPS[name], title, round(area or 0.0, 4), round(float(x), 4), round(float(y), 4))
                for x, y in points
            ]
    means = {title: mean_of(values) or 0.0 for title, values in areas.items()}
    best = max(means, key=lambda title: means[title], default=None)
    said = "No map is trained yet" if best is None else f"With {best} the area under the curve is {means[best]:.3f}"
    how = "head only" if head_only else "fully finetuned"
    stands = paper.DETECTORS[place]
    return StudyTable(
        NAME,
        part,
        CURVE_COLUMNS,
        tuple(rows),
        None,
        {**own.settings(), "finetuned": how},
        found.n,
        f"ROC curves, {how}, attacks against {examples.lane.detector.name}",
        f"{said} on average over the attacks, of {found.n} faces."
        if best
        else f"{said}; {found.n} faces were attacked.",
        (
            how_many(own, found),
            f"This is the paper's table {part.split()[1]}, of {stands}, which prints curves without numbers.",
            stands_for(study),
            DIFFERS,
            *untrained(found),
        ),
    )
