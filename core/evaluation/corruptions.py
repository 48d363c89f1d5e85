"""Evaluate a detector under corruptions and by groups of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..faces.detection import find_faces
from ..media.datasets import (
    count_reasons,
    open_dataset,
    read_attributes,
    read_originals,
    subsample,
    without_name,
)
from ..media.post_processing import CORRUPTION_NAMES, CORRUPTIONS, UNCHANGED, corrupt
from ..metrics.intervals import bootstrap, wilson
from ..metrics.roc import auc
from ..metrics.subgroups import ANNOTATION, disparities, group_members, group_metrics
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Face, InputError, content_id
from ..types.corruption_metrics import CorruptionEvaluation, CorruptionMetrics, GroupEvaluation
from ..types.person_attributes import PersonAttributes

Corruptions = Sequence[tuple[str, int | None]]


@dataclass(frozen=True, slots=True)
class Score:
    """Hold the margin of one image under one corruption, or why there is none."""

    margin: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Hold the paths of a real image and one forgery of it."""

    name: str
    real: Path
    forged: Path
    kind: str


def pairs_in(data: Path, *, limit: int | None = None) -> tuple[list[Pair], int]:
    """Pair each real image with a forgery of it, kinds in turn.

    A forgery's original is what `read_originals` says, else what has its name. Also returns how many real images have
    none.
    """
    original, kinds = read_originals(data), open_dataset(data).kinds
    named = {kind: [(item.files[0].stem, item.files[0]) for item in items] for kind, items in kinds.items()}
    by_name = {kind: {original.get(stem, stem): path for stem, path in items} for kind, items in named.items()}
    real, forged = by_name.pop("real"), list(by_name.items())
    pairs: list[Pair] = []
    for name, path in real.items():
        turn = len(pairs) % len(forged)
        found = next(((k, them[name]) for k, them in forged[turn:] + forged[:turn] if name in them), None)
        if found:
            pairs.append(Pair(name, path, found[1], found[0]))
    if not pairs:
        raise InputError(f"{data}: no file in real/ has the name of a forgery, so that they could be paired")
    return subsample(pairs, limit or len(pairs)), len(real) - len(pairs)


def scores_of(detector: Detector, path: Path, corruptions: Corruptions = CORRUPTIONS) -> list[Score]:
    """Score an image's largest face under each of some corruptions.

    Both paths use `pipeline.judge` and its rejection rules: a face crop is detected once and judged whole under each
    corruption; in any other image the face is detected again after the corruption. Faces already narrower than the
    target size are rejected: nothing is upsampled.
    """
    try:
        image = pipeline.open_media(path).frame(0)
    except InputError as error:
        return [Score(None, without_name(error, path))] * len(corruptions)
    found = find_faces(image)
    if not found:
        return [Score(None, "No verdict: no face was found.")] * len(corruptions)
    return [_score(detector, image, found[0], kind, value) for kind, value in corruptions]


def _score(detector: Detector, image: Array, face: Face, kind: str, value: int | None) -> Score:
    if kind == "size" and value and face.width < value:
        return Score(None, f"No verdict: the face is {face.width} pixels wide as it is, and is not enlarged.")
    changed = corrupt(image, kind, value, face=face.width)
    if kind == UNCHANGED:
        seen = face
    elif face.is_precropped:
        height, width = changed.shape[:2]
        marks = (face.landmarks * (width / image.shape[1])).astype(np.float32)
        seen = Face(content_id(changed), changed, (0.0, 0.0, width, height), marks, 0, face.score, is_precropped=True)
    else:
        again = find_faces(changed)
        if not again:
            return Score(None, "No verdict: no face was found.")
        seen = again[0]
    judged = pipeline.judge(detector, seen)
    if judged.verdict is None:
        return Score(None, judged.reason)
    return Score(judged.verdict.margin)


def evaluate_corruptions(
    detector: Detector,
    data: Path,
    *,
    faces: Path | None = None,
    corruptions: Corruptions = CORRUPTIONS,
    limit: int | None = None,
    progress: Progress = NO_PROGRESS,
) -> CorruptionEvaluation:
    """Evaluate a detector on pairs of real and forged images, by corruption and group.

    A face is predicted fake where its margin is above 0. Intervals are 95 %: Wilson's for rates, a bootstrap's for AUC.

    Args:
        detector: the one that is measured.
        data: real/ and folders of forgeries named like the real images they were made from, or a split with the
            `dfdc.jsonl` that names them; each real image is paired with one forgery, kinds in turn, so that the classes
            are balanced.
        faces: the folder whose `faces.jsonl` has the age, gender and race of each real image; no groups without it.
        corruptions: of `CORRUPTIONS`, the unchanged image first.
        limit: number of pairs, evenly spaced; all by default.
        progress: told each pair; a stop raises `StopRequested`.
    """
    pairs, unpaired = pairs_in(data, limit=limit)
    rows = read_attributes(faces) if faces else {}
    people = [rows.get(pair.name) for pair in pairs]
    if faces and not any(people):
        raise InputError(f"{faces}: faces.jsonl names none of the images in {data}/real")
    real, forged = _scores_of_pairs(detector, pairs, corruptions, progress)
    conditions = tuple(_condition(*one, i, real, forged) for i, one in enumerate(corruptions))
    as_is = conditions[0]
    if None in (as_is.auc, as_is.called_fake_real, as_is.called_fake_forged):
        most = next(iter(as_is.no_verdict_reasons), "")
        raise InputError(f"{data}: no face could be judged, real or forged; what came of it most often: {most}")
    return CorruptionEvaluation(
        detector=detector.name,
        auc={"all": as_is.auc},
        called_fake={"real": as_is.called_fake_real, "forged": as_is.called_fake_forged},
        n={"real": as_is.n_real, "forged": as_is.n_forged},
        kinds=dict(Counter(pair.kind for pair in pairs)),
        unpaired=unpaired,
        conditions=conditions,
        by_group=_by_group(people, real, forged) if faces else None,
    )


def _scores_of_pairs(
    detector: Detector, pairs: Sequence[Pair], corruptions: Corruptions, progress: Progress
) -> tuple[list[list[Score]], list[list[Score]]]:
    """Score the real and the forged image of each pair under each corruption."""
    real, forged = [], []
    for pair in progress.each(pairs, "Pairs"):
        real.append(scores_of(detector, pair.real, corruptions))
        forged.append(scores_of(detector, pair.forged, corruptions))
    return real, forged


def _by_group(
    people: Sequence[PersonAttributes | None], real: Sequence[list[Score]], forged: Sequence[list[Score]]
) -> GroupEvaluation:
    """Compute the metrics of each group of people on unchanged images, and the disparities."""
    members = group_members(people)
    margins = [row[0].margin for row in real], [row[0].margin for row in forged]
    groups = tuple(group_metrics(*key, *margins, places) for key, places in members.items())
    return GroupEvaluation(groups, disparities(groups, members, *margins), ANNOTATION, people.count(None))


def _condition(
    kind: str, value: int | None, place: int, of_real: list[list[Score]], of_forged: list[list[Score]]
) -> CorruptionMetrics:
    real, forged = [row[place] for row in of_real], [row[place] for row in of_forged]
    margins = _margins(real), _margins(forged)
    both = [_both_ways(rows, place) for rows in (of_real, of_forged)]
    missing = [str(score.reason) for score in (*real, *forged) if score.margin is None]
    called = [int((values > 0).sum()) for values in margins]
    n = [len(values) for values in margins]
    return CorruptionMetrics(
        condition=CORRUPTION_NAMES[kind].format(value),
        kind=kind,
        value=value,
        auc=auc(*margins),
        auc_interval=bootstrap(auc, *margins, share=True),
        called_fake_real=called[0] / n[0] if n[0] else None,
        called_fake_real_interval=wilson(called[0], n[0]),
        called_fake_forged=called[1] / n[1] if n[1] else None,
        called_fake_forged_interval=wilson(called[1], n[1]),
        n_real=n[0],
        n_forged=n[1],
        no_verdict=len(missing),
        no_verdict_share=len(missing) / (len(real) + len(forged)),
        no_verdict_reasons=count_reasons(missing),
        auc_lost=_auc_lost(*both) if place else None,
        auc_lost_interval=bootstrap(_auc_lost, *both) if place else None,
    )


def _both_ways(rows: list[list[Score]], place: int) -> Array:
    """Return margins (N, 2) of faces judged both ways: as they are, corrupted."""
    pairs = [(row[0].margin, row[place].margin) for row in rows]
    return np.asarray([pair for pair in pairs if None not in pair], np.float64).reshape(-1, 2)


def _auc_lost(real: Array, forged: Array) -> float | None:
    before, after = (auc(real[:, way], forged[:, way]) for way in (0, 1))
    return None if before is None or after is None else before - after


def _margins(scores: list[Score]) -> Array:
    return np.asarray([score.margin for score in scores if score.margin is not None], np.float64)
