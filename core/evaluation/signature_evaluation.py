"""Measure how well kinds of signatures separate real, forged and attacked faces."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attacks import ATTACKS as REGISTERED
from ..detectors import Detector
from ..faces.regions import regions_of_crop
from ..media.datasets import open_dataset, read_people, subsample
from ..progress import NO_PROGRESS, Progress
from ..signatures import ATTACKS, KINDS, SIGNATURES, reads_regions
from ..signatures.attack_classifiers import DEFAULT_CLASSIFIER
from ..signatures.classifier_errors import all_classifiers
from ..signatures.held_out import FOLDS, nearest_votes, outside_shares
from ..signatures.reference_distance import MIN_CALIBRATION, NEAR
from ..types import Array, InputError
from ..types.classifier_metrics import UNATTACKED
from ..types.signature_metrics import SignatureEvaluation
from .fold_judges import source_groups, source_of
from .foreign_faces import FOREIGN
from .labelled_faces import interleave, largest_face

REAL, FAKE, ATTACKED = range(len(KINDS))


@dataclass(slots=True, eq=False)
class _Samples:
    """Collect signatures by their kind of signature, with what each is of.

    labels: numbers of `KINDS`. attacks: numbers of `ATTACKS`, -1 for none. people: numbers.
    foreign: values and person of each.
    """

    values: dict[str, list[Array]]
    foreign: dict[str, dict[str, list[tuple[Array, int]]]]
    labels: list[int] = field(default_factory=list)
    attacks: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    no_verdict: int = 0


def evaluate_signatures(
    detector: Detector,
    data: Path,
    *,
    kinds: Collection[str] = (),
    limit: int | None = None,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> dict[str, SignatureEvaluation]:
    """Measure kinds of signatures, each signature by those of other people only.

    Every forgery is attacked as well, by the attacks of a reference set in turn, and every real face is made foreign in
    three ways. All kinds are measured on the same faces: where one needs regions, faces without are left out of all.
    People are told by names of files, as `source_groups` does: another file counts as a person of its own. In a fake of
    two people both are left out where its name tells both; `dfdc.jsonl` tells one.

    Args:
        detector: whose verdicts the signatures are of.
        data: real/ and a folder for each forgery, see `open_dataset`; of a video the first frame counts.
        kinds: names of registered signatures; all by default.
        limit: real faces, evenly spaced; as many forgeries are taken, each kind of them in turn.
        seed: of attacks and noise.
        progress: told each medium; a stop raises `StopRequested`.
    """
    kinds = tuple(kinds) or tuple(SIGNATURES)
    regions = [reads_regions(kind) for kind in kinds]  # an unknown kind is refused before any work
    media = media_in_turn(data, limit, len(ATTACKS))
    groups = source_groups([path for path, _ in media], read_people(data))
    number_of = {source: number for number, group in enumerate(groups) for source in group}
    found = _Samples({kind: [] for kind in kinds}, {name: {kind: [] for kind in kinds} for name in FOREIGN})
    for number, (path, attack) in enumerate(progress.each(media, "Computing signatures, media")):
        crop = largest_face(path)
        places = regions_of_crop(crop) if crop is not None and any(regions) else None
        if crop is None or (any(regions) and places is None):
            found.no_verdict += 1
        else:
            _add(found, detector, crop, places, attack, number_of[source_of(path)], seed + number)
    people = _checked(found, data)
    return {kind: _measured(found, kind, people, detector.name, seed) for kind in kinds}


def media_in_turn(data: Path, limit: int | None, attacks: int) -> list[tuple[Path, int | None]]:
    """List real media, then as many forgeries with their attacks' numbers.

    The attacks take turns within each kind of forgery: else one would be known by the other.

    Args:
        data: real/ and a folder for each forgery.
        limit: real media, evenly spaced; all by default.
        attacks: how many there are.
    """
    by_kind = {kind: [item.files[0] for item in items] for kind, items in open_dataset(data).kinds.items()}
    real = subsample(by_kind["real"], limit or len(by_kind["real"]))
    forged = [paths for kind, paths in by_kind.items() if kind != "real"]
    each = -(-len(real) // len(forged))
    turns = (
        [(path, (kind + k) % attacks) for k, path in enumerate(subsample(paths, each))]
        for kind, paths in enumerate(forged)
    )
    listed: list[tuple[Path, int | None]] = [(path, None) for path in real]
    return listed + list(interleave(turns)[: len(real)])


def _add(
    found: _Samples, detector: Detector, crop: Array, places: Array | None, attack: int | None, person: int, seed: int
) -> None:
    """Add the signatures of one face, as it is and changed.

    attack: number of the one that changes a forgery; None for a real face, which is made foreign.
    """

    def values_of(image: Array, regions: Array | None) -> dict[str, Array]:
        kinds = [kind for kind in found.values if regions is not None or not reads_regions(kind)]
        made = pipeline.signatures_of(detector, image, kinds, regions=regions) if kinds else {}
        return {kind: one.values for kind, one in made.items()}

    def add(image: Array, what: int, by: int = -1) -> None:
        for kind, values in values_of(image, places).items():
            found.values[kind].append(values)
        found.labels.append(what)
        found.attacks.append(by)
        found.people.append(person)

    add(crop, REAL if attack is None else FAKE)
    if attack is not None:
        name, settings = ATTACKS[attack]
        add(pipeline.attacked_crop(pipeline.attack(detector, crop, name, settings, seed=seed)), ATTACKED, attack)
    else:
        rng = np.random.default_rng(seed)
        for name, make in FOREIGN.items():
            changed = make(crop, rng)  # which may have other regions than the face, or none
            for kind, values in values_of(changed, None if places is None else regions_of_crop(changed)).items():
                found.foreign[name][kind].append((values, person))


def _checked(found: _Samples, data: Path) -> Array:
    """Number the people of all signatures in turn, or refuse too few of them."""
    numbers = {person: number for number, person in enumerate(dict.fromkeys(found.people))}
    people = np.asarray([numbers[person] for person in found.people], np.int64)
    clean = np.asarray(found.labels) != ATTACKED
    least = min((int((clean & (people % FOLDS != fold)).sum()) for fold in range(FOLDS)), default=0)
    if len(numbers) < FOLDS or least < MIN_CALIBRATION or found.labels.count(FAKE) == 0:
        raise InputError(
            f"{data}: signatures are judged by people never seen, which takes faces of {FOLDS} people and "
            f"{MIN_CALIBRATION} unattacked faces of others for each; there are {len(numbers)} people and {clean.sum()} "
            f"unattacked faces, {found.labels.count(FAKE)} of them forged, and {found.no_verdict} media without a face"
        )
    return people


def _measured(found: _Samples, kind: str, people: Array, detector: str, seed: int) -> SignatureEvaluation:
    """Measure one kind of signature."""
    values, labels = np.stack(found.values[kind]), np.asarray(found.labels, np.int64)
    attacked = labels == ATTACKED
    voted = nearest_votes(values, labels, people) == labels
    attacks, names = np.asarray(found.attacks) + 1, (UNATTACKED, *(name for name, _ in ATTACKS))
    classifiers = all_classifiers(values, attacks, names, people)
    numbers = dict(zip(found.people, people.tolist(), strict=True))
    foreign = {
        name: (np.stack([row for row, _ in made[kind]]), np.asarray([numbers[person] for _, person in made[kind]]))
        for name, made in found.foreign.items()
        if made[kind]
    }
    outside = outside_shares(values, ~attacked, people, foreign)
    counts = {name: int((labels == number).sum()) for number, name in enumerate(KINDS)}
    return SignatureEvaluation(
        knn15=_shares(voted, labels, KINDS),
        knn15_attacks=_by_attack(values[attacked], np.asarray(found.attacks)[attacked], people[attacked]),
        auc_attacked=classifiers[DEFAULT_CLASSIFIER].auc,
        outside=outside,
        n=len(labels),
        counts={**counts, **{name: len(made[kind]) for name, made in found.foreign.items()}},
        people=int(people.max()) + 1,
        no_verdict=found.no_verdict,
        detector=detector,
        attacks={name: REGISTERED[name].settings(settings) for name, settings in ATTACKS},
        seed=seed,
        classifiers=classifiers,
    )


def _by_attack(values: Array, attacks: Array, people: Array) -> dict[str, float]:
    """Tell attack from attack among attacked faces; nothing where they are too few."""
    if any(int((people % FOLDS != fold).sum()) < NEAR for fold in range(FOLDS)):
        return {}
    return _shares(nearest_votes(values, attacks, people) == attacks, attacks, [name for name, _ in ATTACKS])


def _shares(right: Array, labels: Array, names: Collection[str]) -> dict[str, float]:
    return {name: float(right[labels == n].mean()) for n, name in enumerate(names) if (labels == n).any()}
