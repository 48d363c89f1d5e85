"""Make Pinhasov's figure 2: a face under each attack, with its maps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..explain.base import is_signed
from ..types import Array
from ..types.study_tables import StudyPanel, StudyRow, StudyTable
from . import pinhasov_paper as paper
from .attack_examples import LaneExamples, face_maps, forged_crops
from .detect_study import DetectStudy, paper_attacks
from .detect_tables import NAME, stands_for

UNTOUCHED = "no attack"


def example_table(study: DetectStudy) -> StudyTable:
    """Map a forgery as it is and under each attack, by the first detector."""
    detector = study.detectors[0]
    (examples,) = study.collect([replace(study.lane(detector, "test", paper_attacks(), ()), wanted=1)])
    clean, attacked = _pictures(examples)
    steps = study.context.progress.counter(1 + len(attacked), "Explaining the pictures")
    rows: list[StudyRow] = []
    panels: list[StudyPanel] = []
    moved: list[float] = []
    plain: list[Array] = []
    for title, crop in {UNTOUCHED: clean, **attacked}.items():
        verdict = detector.verdict(crop)
        maps = face_maps(detector, crop, study.maps, seed=study.context.seed)
        plain = plain or maps
        likeness = [_correlation(own, before) for own, before in zip(maps, plain, strict=True)]
        if title != UNTOUCHED:
            moved.append(float(np.mean(likeness)))
        change = int(np.abs(crop.astype(int) - clean).max())
        rows.append((title, verdict.label, round(verdict.p_fake, 4), change, *(round(one, 4) for one in likeness)))
        said = (f"{verdict.label} {verdict.p_fake:.0%}",)
        panels += [
            StudyPanel(title, said, crop, own.astype(np.float32), paper.MAPS[name], is_signed(name))
            for name, own in zip(study.maps, maps, strict=True)
        ]
        steps.step()
    return StudyTable(
        NAME,
        "figure 2",
        ("attack", "predicted", "score of fake", "largest change, of 255", *(paper.MAPS[name] for name in study.maps)),
        tuple(rows),
        None,
        study.settings(),
        1,
        f"A forgery under each attack on {detector.name}, with its maps",
        f"Under attack maps correlate with those of the untouched face by {np.mean(moved):.2f} on average.",
        (
            "Columns of maps hold the correlation with the same map of the untouched face.",
            "One forgery, the first of a random order that the detector calls fake.",
            stands_for(study),
        ),
        panels=tuple(panels),
    )


def _pictures(examples: LaneExamples) -> tuple[Array, dict[str, Array]]:
    """Return the first forgery as it is, and by attack."""
    lane, attacked = examples.lane, {}
    for key, title in paper.ATTACKS.items():
        attacked[title.rstrip("*")] = examples.blocks(key)[0].crops[0]
    return forged_crops(lane, examples.numbers[0])[0], attacked


def _correlation(one: Array, other: Array) -> float:
    """Return Pearson's correlation of two maps; 0 where one is constant."""
    if not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
