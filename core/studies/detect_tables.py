"""Make Pinhasov's tables 2, 3, 4 and 8."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations

import numpy as np

from ..attack_detectors import AttackDetector
from ..metrics.intervals import wilson
from ..types import Array, InputError
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from ..types.tracks import fake_by_majority
from . import pinhasov_paper as paper
from .attack_examples import CLEAN, LaneExamples
from .detect_study import DetectExamples, DetectStudy, detect_examples, paper_attacks
from .detect_training import TRAINED_ON, attack_scores

NAME, THRESHOLD, AVERAGE = "pinhasov2024", 0.5, "average"
DIFFERS = (
    "Attacked are forgeries that the detector calls fake: black-box attacks leave others as they are. Untouched are as "
    "many faces, half forgeries and half real ones."
)
LEARNED = (
    "Attack detectors learn from PGD only, at the paper's learning rate for their heads; the backbone's weights follow "
    "at the rate that its card says. The paper's 100 iterations are read as passes over the data for the head alone."
)


def stands_for(study: DetectStudy) -> str:
    """Say which detector and backbone stand for which of the paper's."""
    pairs = [f"{one.name} for {name}" for one, name in zip(study.detectors, paper.DETECTORS, strict=False)]
    backbone = "" if study.given.backbone == "resnet50" else f", the backbone {study.given.backbone} for ResNet-50"
    return f"Differs: here stand {', '.join(pairs)}{backbone}."


def how_many(study: DetectStudy, found: DetectExamples, *, learned: bool = True) -> str:
    """Say how many faces were attacked, against each detector."""
    parts = []
    for train, test in zip(found.train or found.test, found.test, strict=True):
        wanted = (train.lane.wanted, test.lane.wanted)
        begun = f"{train.faces} faces to learn from, {test.faces} to test on" if learned else f"{test.faces} faces"
        media = (len(train.numbers), len(test.numbers)) if learned else (len(test.numbers),)
        short = any(have < want for have, want in zip(reversed(media), reversed(wanted), strict=False))
        parts.append(f"{test.lane.detector.name}: {begun}{', fewer than asked for' if short else ''}")
    return f"Attacked by each attack, {'; '.join(parts)}. {study.media.note}"


def still_fake(examples: LaneExamples, kind: str) -> tuple[float, float]:
    """Return the per cent of attacked media, and of faces, called fake."""
    blocks = examples.blocks(kind)
    media = float(np.mean([fake_by_majority(block.fake.mean()) for block in blocks]))
    return round(100 * media, 2), round(100 * float(np.concatenate([block.fake for block in blocks]).mean()), 2)


def attacked_table(study: DetectStudy) -> StudyTable:
    """Measure table 2: attacked forgeries that are still called fake."""
    attacks = paper_attacks()
    test = tuple(study.collect([study.lane(one, "test", attacks, ()) for one in study.detectors]))
    rows: list[StudyRow] = []
    printed: list[StudyRow] = []
    for key, title in paper.ATTACKS.items():
        name = title.rstrip("*")
        shares = [share for one in test for share in still_fake(one, key)]
        rows.append((name, *shares))
        printed.append((name, *padded([x for pair in paper.STILL_FAKE[key] for x in pair], len(shares))))
    faces = [still_fake(one, key)[1] for key in paper.ATTACKS for one in test]
    n = sum(one.faces for one in test)
    found = DetectExamples((), test, {})
    frames = all(len(block.crops) == 1 for one in test for block in one.blocks(CLEAN))
    return StudyTable(
        NAME,
        "table 2",
        ("attack", *(f"{one.name}, {how}" for one in study.detectors for how in ("Vid", "F2F"))),
        tuple(rows),
        tuple(printed),
        study.settings(),
        n,
        "Attacked forgeries that are still called fake, in per cent",
        f"Of forgeries called fake before, {np.mean(faces):.1f} % are still called fake under attack, on average.",
        (
            how_many(study, found, learned=False),
            stands_for(study),
            *(("One face of each medium was attacked: by video and by frame are the same.",) if frames else ()),
        ),
    )


def padded(cells: Sequence[StudyCell], count: int) -> tuple[StudyCell, ...]:
    """Return `count` cells, None where there are fewer."""
    return (*cells[:count], *(None for _ in range(count - len(cells))))


def accuracy(scores: tuple[Array, Array]) -> float:
    """Return the accuracy in per cent on untouched and attacked faces, which count alike."""
    clean, attacked = scores
    return 100 * (float((clean < THRESHOLD).mean()) + float((attacked >= THRESHOLD).mean())) / 2


BLACK = "pgd-b"
Cell = Callable[[str, str], float | None]  # from an attack or `BLACK`, and a map


def cells_of(study: DetectStudy, judges: Mapping[str, AttackDetector | None], examples: LaneExamples) -> Cell:
    """Return what measures an accuracy by attack and map.

    It is None where there is no attack detector.
    """

    def cell(kind: str, name: str) -> float | None:
        judge, black = judges.get(name), kind == BLACK
        if judge is None:
            return None
        keys = (CLEAN, TRAINED_ON if black else kind)
        clean, attacked = (attack_scores(study.context, judge, examples, key, black=black) for key in keys)
        return accuracy((clean, attacked))

    return cell


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return the mean; None where a value is missing."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def _rounded(values: Sequence[float | None]) -> tuple[float | None, ...]:
    return tuple(None if value is None else round(value, 2) for value in values)


def block_rows(first: str, cell: Cell, *, black: bool) -> tuple[list[StudyRow], list[float | None]]:
    """Measure the rows of one detector, and their averages over the attacks."""
    rows: list[StudyRow] = []
    if black:
        rows.append((first, "PGD-B*", *_rounded([cell(BLACK, name) for name in paper.MAPS])))
    found = [[cell(key, name) for name in paper.MAPS] for key in paper.ATTACKS]
    rows += [(first, title, *_rounded(values)) for title, values in zip(paper.ATTACKS.values(), found, strict=True)]
    means = [mean_of(column) for column in zip(*found, strict=True)]
    return [*rows, (first, AVERAGE, *_rounded(means))], means


def _printed(
    firsts: Sequence[str], blocks: Sequence[paper.Block], total: tuple[float, ...], *, black: bool
) -> list[StudyRow]:
    """Return the paper's rows in the layout of ours."""
    titles = [*(["PGD-B*"] if black else []), *paper.ATTACKS.values(), AVERAGE]
    many = len(paper.MAPS)
    rows: list[StudyRow] = [
        (first, title, *padded(values, many))
        for first, block in zip(firsts, blocks, strict=False)
        for title, values in zip(titles, block, strict=True)
    ]
    return [*rows, ("all", f"total {AVERAGE}", *padded(total, many))]


def accuracy_table(study: DetectStudy, part: str) -> StudyTable:
    """Measure table 3 (fully finetuned) or 4 (head only), with PGD-B."""
    head_only = part == "table 4"
    found = detect_examples(study, head_only=head_only)
    rows: list[StudyRow] = []
    means = []
    for place, examples in enumerate(found.test):
        cell = cells_of(study, found.judges_of(place), examples)
        own, averages = block_rows(examples.lane.detector.name, cell, black=True)
        rows += own
        means.append(averages)
    totals = [mean_of(column) for column in zip(*means, strict=True)]
    rows.append(("all", f"total {AVERAGE}", *_rounded(totals)))
    blocks, total = (paper.HEAD_ONLY, paper.HEAD_ONLY_TOTAL) if head_only else (paper.FINETUNED, paper.FINETUNED_TOTAL)
    how = "the classification head finetuned alone" if head_only else "the whole network finetuned"
    return StudyTable(
        NAME,
        part,
        ("deepfake detector", "attack", *paper.MAPS.values()),
        tuple(rows),
        _aligned(_printed(paper.DETECTORS, blocks, total, black=True), len(study.detectors), 7),
        _trained_settings(study, found),
        found.n,
        f"Accuracy, unattacked or attacked, in per cent: {how}",
        best_said(totals, found.n),
        (how_many(study, found), stands_for(study), DIFFERS, LEARNED, _interval(found.n), *untrained(found)),
    )


def _aligned(rows: list[StudyRow], detectors: int, block: int) -> tuple[StudyRow, ...]:
    """Bring the paper's rows of two detectors beside those of one, two or more."""
    if detectors >= len(paper.DETECTORS):
        empty: StudyRow = ("", "", *(None for _ in paper.MAPS))
        return (*rows[:-1], *(empty for _ in range((detectors - 2) * block)), rows[-1])
    return (*rows[: detectors * block], rows[-1])


def _interval(n: int) -> str:
    low, high = wilson(n // 2, n)
    return f"With {n} attacked faces in all, a share of 50 % has a 95 % interval from {low:.0%} to {high:.0%}."


def best_said(means: Sequence[float | None], n: int) -> str:
    """Say which map served best on average."""
    known = {title: mean for title, mean in zip(paper.MAPS.values(), means, strict=True) if mean is not None}
    if not known:
        return f"No map is trained for every detector yet; {n} faces were attacked by each attack."
    best = max(known, key=lambda title: known[title])
    return f"With {best} {known[best]:.1f} % are told right on average over the attacks, of {n} attacked faces."


def untrained(found: DetectExamples) -> tuple[str, ...]:
    """Say which attack detectors were not trained, and what they wait for."""
    missing = [
        f"{paper.MAPS[name]} on {found.train[place].lane.detector.name}"
        for (place, name), judge in found.judges.items()
        if judge is None
    ]
    waiting = [
        f"{one.lane.detector.name} has {len(one.numbers)} of {one.lane.wanted}"
        for one in found.train
        if not one.whole()
    ]
    faces = f" Training begins once all media to learn from are attacked: {', '.join(waiting)}." if waiting else ""
    said = f"Not trained within the minutes: {', '.join(missing)}.{faces} The same command goes on."
    return (said,) if missing else ()


def _trained_settings(study: DetectStudy, found: DetectExamples) -> dict[str, StudyCell]:
    own: dict[str, StudyCell] = {
        "steps of a whole finetuning": study.given.steps,
        "passes of a head": study.given.passes,
    }
    for train, test in zip(found.train, found.test, strict=True):
        name = test.lane.detector.name
        own |= {f"faces to learn from, {name}": train.faces, f"faces to test on, {name}": test.faces}
    return {**study.settings(), **own}


def transfer_table(study: DetectStudy) -> StudyTable:
    """Measure table 8: trained on one detector's maps, tested on attacks against another."""
    if len(study.detectors) < 2:
        raise InputError("table 8 needs two detectors: trained on the maps of one, tested on those of another")
    found = detect_examples(study, head_only=False)
    rows: list[StudyRow] = []
    means = []
    for source, other in permutations(range(len(study.detectors)), 2):
        way = f"{study.detectors[source].name} → {study.detectors[other].name}"
        cell = cells_of(study, found.judges_of(source), found.test[other])
        own, averages = block_rows(way, cell, black=False)
        rows += own
        means.append(averages)
    totals = [mean_of(column) for column in zip(*means, strict=True)]
    rows.append(("all", f"total {AVERAGE}", *_rounded(totals)))
    first, second = paper.DETECTORS
    printed = _printed(
        (f"{first} → {second}", f"{second} → {first}"), paper.TRANSFER, paper.TRANSFER_TOTAL, black=False
    )
    two = len(study.detectors) == len(paper.DETECTORS)
    return StudyTable(
        NAME,
        "table 8",
        ("source → transferred", "attack", *paper.MAPS.values()),
        tuple(rows),
        tuple(printed) if two else None,
        _trained_settings(study, found),
        found.n,
        "Accuracy of attack detectors on attacks against another deepfake detector, in per cent",
        best_said(totals, found.n),
        (how_many(study, found), stands_for(study), DIFFERS, LEARNED, _interval(found.n), *untrained(found)),
    )
