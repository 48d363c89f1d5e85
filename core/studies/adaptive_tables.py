"""Make Pinhasov's tables 6 and 7, which are of adaptive attacks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..attack_detectors import AttackDetector
from ..attacks import ATTACKS
from ..attacks.engine.differentiable_maps import MAPS
from ..types import InputError, Settings
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from ..types.tracks import fake_by_majority
from . import pinhasov_paper as paper
from .attack_examples import ExampleLane, LaneExamples, TriedAttack
from .detect_study import PRESET, DetectExamples, DetectStudy, finetune_judges, paper_attacks
from .detect_tables import NAME, THRESHOLD, how_many, padded, stands_for, untrained
from .detect_training import TRAINED_ON, attack_scores

EQUATIONS = {"table 6": ("adaptive-detector", 3), "table 7": ("adaptive-map", 4)}
COUNTED = (
    "Counted are attacked faces that do not get through: called fake by the detector, or attacked by the attack "
    "detector (the pipeline of the paper's figure 3). The paper does not say what its own per cent count."
)


def adaptive_table(study: DetectStudy, part: str) -> StudyTable:
    """Measure how many adaptively attacked faces the two detectors together still catch."""
    if study.given.adaptive_map not in MAPS:
        raise InputError(
            f"the adaptive attacks follow the maps {', '.join(MAPS)}; what came is {study.given.adaptive_map}"
        )
    name, equation = EQUATIONS[part]
    chosen = (study.given.adaptive_map,)
    learned = [attack for attack in paper_attacks() if attack.key == TRAINED_ON]
    lanes = [study.lane(one, "train", learned, chosen) for one in study.detectors]
    train = study.collect(lanes, share=0.3)
    judges = finetune_judges(study, train, chosen, head_only=False)
    tests = [
        _lane(study, place, name, judges[place, chosen[0]])
        for place in range(len(study.detectors))
        if judges[place, chosen[0]] is not None
    ]
    found = {one.lane.detector.name: one for one in study.collect(tests)}
    examples = DetectExamples(tuple(train), tuple(found.values()), judges)
    forms = tuple(paper.ADAPTIVE[part])
    cells = {form: _row(study, found, judges, form) for form in forms}
    rows: tuple[StudyRow, ...] = tuple((form.upper(), *cells[form]) for form in forms)
    known = [float(cell) for row in rows for cell in row[2::2] if cell is not None]
    said = f"{np.mean(known):.0f} % of the attacked faces do not get through" if known else "nothing is measured yet"
    return StudyTable(
        NAME,
        part,
        ("attack", *(f"{one.name}, {how}" for one in reversed(study.detectors) for how in ("Vid", "F2F"))),
        rows,
        tuple((form.upper(), *_printed(part, form, len(study.detectors))) for form in forms),
        {**study.settings(), "map": chosen[0], **_said(name)},
        examples.n,
        f"Adaptive attacks by equation {equation}: faces that do not get through, in per cent",
        f"Under attacks by equation {equation}, {said}, on average.",
        (_sizes(study, examples, train), stands_for(study), COUNTED, *untrained(examples)),
    )


def _sizes(study: DetectStudy, examples: DetectExamples, train: Sequence[LaneExamples]) -> str:
    if len(examples.test) == len(train):
        return how_many(study, examples)
    return f"{examples.n} faces were attacked; not every detector has an attack detector yet."


def _settings(name: str, form: str, chosen: str) -> Settings:
    given = {**ATTACKS[name].facts.presets[PRESET], "form": form}
    return {**given, "map": chosen} if name == "adaptive-map" else given


def _said(name: str) -> dict[str, StudyCell]:
    given = ATTACKS[name].settings(ATTACKS[name].facts.presets[PRESET])
    return {"adaptive steps": given["steps"], "adaptive alpha": f"{float(given['alpha']) * 255:.3g}/255"}


def _key(study: DetectStudy, name: str, form: str, judge: AttackDetector) -> str:
    """Name an attack's files, by the attack detector that it evades."""
    of = str(judge.card.sha256)[:12] if ATTACKS[name].facts.needs else study.given.adaptive_map
    return f"{name}-{form}-{of}"


def _lane(study: DetectStudy, place: int, name: str, judge: AttackDetector | None) -> ExampleLane:
    assert judge is not None
    evaded = judge if ATTACKS[name].facts.needs else None
    attacks = [
        TriedAttack(_key(study, name, form, judge), name, _settings(name, form, study.given.adaptive_map), evaded)
        for form in paper.ADAPTIVE["table 6"]
    ]
    return study.lane(study.detectors[place], "test", attacks, (study.given.adaptive_map,))


def _row(
    study: DetectStudy,
    found: dict[str, LaneExamples],
    judges: dict[tuple[int, str], AttackDetector | None],
    form: str,
) -> list[StudyCell]:
    """Measure a row, the second detector first as the paper has it."""
    cells: list[StudyCell] = []
    for place, detector in reversed(list(enumerate(study.detectors))):
        judge, examples = judges[place, study.given.adaptive_map], found.get(detector.name)
        if judge is None or examples is None:
            cells += [None, None]
            continue
        (kind,) = (attack.key for attack in examples.lane.attacks if f"-{form}-" in attack.key)
        caught = attack_scores(study.context, judge, examples, kind) >= THRESHOLD
        media, faces, start = [], [], 0
        for block in examples.blocks(kind):
            own = block.fake | caught[start : start + len(block.crops)]
            start += len(block.crops)
            media.append(fake_by_majority(own.mean()))
            faces.append(own)
        cells += [round(100 * float(np.mean(media)), 2), round(100 * float(np.concatenate(faces).mean()), 2)]
    return cells


def _printed(part: str, form: str, detectors: int) -> tuple[StudyCell, ...]:
    """Return the paper's cells beside ours: the second detector's come first."""
    printed = paper.ADAPTIVE[part][form]
    if detectors == 1:
        return printed[2:]
    return (*padded((), 2 * (detectors - 2)), *printed)
