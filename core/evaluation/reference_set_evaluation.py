"""Measure how a reference set answers on faces that are not in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..faces.regions import regions_of_crop
from ..media.codecs import jpeg_roundtrip
from ..media.datasets import read_people
from ..metrics.intervals import bootstrap
from ..metrics.roc import auc
from ..output.text import counted
from ..progress import NO_PROGRESS, Progress
from ..signatures import ATTACKS, KINDS, ReferenceSet, place, reads_regions
from ..signatures.reference import misfit
from ..signatures.reference_classifier import ReferenceClassifier, reference_classifier
from ..storage.files import sha256_of
from ..types import Array, InputError, Settings, content_id
from ..types.own_set_values import FileFace
from ..types.reference_set_metrics import ClassifierAnswers, ReferenceSetOnFaces
from .fold_judges import source_groups, source_of
from .foreign_faces import FOREIGN
from .labelled_faces import largest_found
from .signature_evaluation import media_in_turn

SIZES = (4, 8, 16)  # budgets of the attacks, in 1/255
QUALITY = 75  # of the JPEG that each face is measured as, too
AS_JPEG = f" as JPEG {QUALITY}"
IN_TURN: tuple[tuple[str, Settings], ...] = tuple(
    (name, {**settings, "eps": size / 255}) for size in SIZES for name, settings in ATTACKS
)


class _Asked(NamedTuple):
    """Name the face that is asked about: the content hash of its crop, and which face of which file it is."""

    crop: str
    face: FileFace


@dataclass(frozen=True, slots=True)
class _Answer:
    """Hold what the set answered on one picture.

    kind: of `KINDS`, or of `FOREIGN`. what: its row. person: a number. voted: the kind that most of its nearest are of.
    """

    kind: str
    what: str
    person: int
    voted: str
    outside: bool | None
    p_attacked: float
    called: bool


def evaluate_set_on_faces(
    references: ReferenceSet,
    detector: Detector,
    data: Path,
    *,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> ReferenceSetOnFaces:
    """Measure a reference set on faces that are not in it.

    Each is placed among the references and judged by their classifier, as the pages do. The forgeries are attacked, by
    PGD and FGSM at three budgets in turn; each face is judged as JPEG, too, by the classifier; and real ones are made
    foreign in three ways. A face that is in the set is not compared with itself, but its classifier has seen it: that
    the folder's people are not in the set is for the caller to see to.

    Args:
        references: a set of the detector's signatures.
        detector: whose verdicts they are of.
        data: real/ and a folder for each forgery, see `open_dataset`; of a video the first frame counts.
        limit: real faces, evenly spaced; as many forgeries are taken, each kind of them in turn.
        seed: of attacks and noise.
        progress: told each medium; a stop raises `StopRequested`.
    """
    if said := misfit(references.card, detector):
        raise InputError(said)
    media, lacking, found = media_in_turn(data, limit, len(IN_TURN)), 0, list[_Answer]()
    judge, by_region = reference_classifier(references), reads_regions(references.card.signature)
    groups = source_groups([path for path, _ in media], read_people(data))
    number_of = {source: number for number, group in enumerate(groups) for source in group}
    for number, (path, attack) in enumerate(progress.each(media, "Asking the reference set, media")):
        read = largest_found(path)
        crop = None if read is None else read.crop
        places = regions_of_crop(crop) if crop is not None and by_region else None
        if read is None or crop is None or (places is None and by_region):
            lacking += 1
            continue
        own = _Asked(content_id(crop), FileFace(sha256_of(path), read.track))
        for kind, what, picture in _pictures(detector, crop, attack, seed + number):
            shown = regions_of_crop(picture) if kind in FOREIGN and by_region else places
            if shown is not None or not by_region:  # what is foreign may have no regions
                found.append(_asked(judge, detector, picture, shown, own, (kind, what, number_of[source_of(path)])))
    if not found:
        raise InputError(f"{data}: none of {counted(lacking, 'medium', 'media')} has a face that can be judged")
    return _measured(references, found, lacking, detector.name, seed)


def _pictures(detector: Detector, crop: Array, attack: int | None, seed: int) -> Iterator[tuple[str, str, Array]]:
    """Yield a face as it is and changed: kind, row and picture.

    attack: number of the one that changes a forgery; None for a real face, which is made foreign.
    """
    kind = "real" if attack is None else "fake"
    yield kind, kind, crop
    yield kind, kind + AS_JPEG, jpeg_roundtrip(crop, QUALITY)
    if attack is not None:
        name, settings = IN_TURN[attack]
        attacked = pipeline.attacked_crop(pipeline.attack(detector, crop, name, settings, seed=seed))
        yield "attacked", _row(attack), attacked
        yield "attacked", _row(attack) + AS_JPEG, jpeg_roundtrip(attacked, QUALITY)
    else:
        rng = np.random.default_rng(seed)
        for name, make in FOREIGN.items():
            yield name, name, make(crop, rng)


def _row(attack: int) -> str:
    name, settings = IN_TURN[attack]
    return f"{name} {settings['eps'] * 255:.0f}/255"


def _asked(
    judge: ReferenceClassifier,
    detector: Detector,
    picture: Array,
    regions: Array | None,
    own: _Asked,
    of: tuple[str, str, int],
) -> _Answer:
    """Ask the set of one picture.

    Args:
        judge: the set's classifier.
        detector: whose verdict the signature is of.
        picture: (H, W, 3) uint8.
        regions: (H, W) uint8 of it, where the set's kind of signature needs them.
        own: the face, which is not compared with itself where it is in the set.
        of: kind, row and person of the picture.
    """
    name = judge.references.card.signature
    made = pipeline.signatures_of(detector, picture, [name], regions=regions)[name]
    evidence = place(judge.references, made, faces=[own.crop], face=own.face).evidence
    most = max(evidence.shares, key=lambda one: one.count)
    said = judge.answer(made)
    return _Answer(*of, most.kind, evidence.outside, said.p_attacked, said.is_attacked)


def _measured(
    references: ReferenceSet, found: list[_Answer], lacking: int, detector: str, seed: int
) -> ReferenceSetOnFaces:
    """Count what the set answered."""
    plain = [one for one in found if one.kind in KINDS and not one.what.endswith(AS_JPEG)]
    kinds = {kind: [one for one in plain if one.kind == kind] for kind in KINDS}
    foreign = {name: [one for one in found if one.kind == name] for name in FOREIGN}
    area, interval = _area(plain)
    judged = {"clean": [*kinds["real"], *kinds["fake"]], **foreign}
    return ReferenceSetOnFaces(
        references=references.card.name,
        signature=references.card.signature,
        detector=detector,
        knn15={kind: _share(one.voted == kind for one in them) for kind, them in kinds.items() if them},
        auc_attacked=area,
        auc_attacked_interval=interval,
        outside={
            name: _share(bool(one.outside) for one in them)
            for name, them in judged.items()
            if them and all(one.outside is not None for one in them)
        },
        classifier=_answers([one for one in found if one.kind in KINDS]),
        n=len(plain),
        counts={name: len(them) for name, them in {**kinds, **foreign}.items()},
        people=len({one.person for one in plain}),
        no_verdict=lacking,
        attacks=tuple(_row(number) for number in range(len(IN_TURN))),
        seed=seed,
    )


def _answers(found: list[_Answer]) -> ClassifierAnswers:
    """Count what the classifier called attacked, by row."""
    rows: dict[str, list[_Answer]] = {}
    for one in found:
        rows.setdefault(one.what, []).append(one)
    called = {what: _share(one.called for one in them) for what, them in rows.items()}
    return ClassifierAnswers(
        found={what: called[what] for what, them in rows.items() if them[0].kind == "attacked"},
        alarms={what: called[what] for what, them in rows.items() if them[0].kind != "attacked"},
        n={what: len(them) for what, them in rows.items()},
    )


def _area(found: list[_Answer]) -> tuple[float | None, tuple[float, float] | None]:
    """Compute the AUC of attacked faces against others, with its interval by person."""
    people = np.asarray([one.person for one in found])
    table = np.asarray([(one.p_attacked, one.kind == "attacked") for one in found], float).reshape(-1, 2)

    def area(rows: Array) -> float | None:
        return auc(rows[rows[:, 1] == 0, 0], rows[rows[:, 1] > 0, 0])

    return area(table), bootstrap(area, [table[people == one] for one in np.unique(people)], share=True)


def _share(hits: Iterable[bool]) -> float:
    return float(np.mean(list(hits)))
