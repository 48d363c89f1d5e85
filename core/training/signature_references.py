"""Make the reference signatures of real, forged and attacked faces, with their embedding."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ..attacks import perturb
from ..detectors.detector import Detector
from ..engine.faces_to_add import Attack
from ..engine.reference_rows import reference_row
from ..faces.regions import regions_of_crop
from ..media.codecs import jpeg_roundtrip
from ..media.images import to_array, to_tensor, to_uint8
from ..progress import NO_PROGRESS, Progress
from ..signatures import ATTACKS, DEFAULT_KIND, KINDS, reads_regions
from ..signatures.held_out import nearest_accuracy
from ..signatures.umap_embedding import fit_embedding
from ..types import Array, InputError
from .kept_signatures import Rows, count_kept, faces_folder, kept_rows
from .training_faces import KINDS as FORGERIES
from .training_faces import FaceSet, degrade, load_faces, make_forgery
from .training_facts import ReferenceFacts

ATTACKED = KINDS.index("attacked")
LISTS = ("faces.jsonl", "dfdc.jsonl")
COLUMNS = ("values", "thumbnails", "kinds", "attacks", "people")
MIN_FACES = 10


def collect(
    detector: Detector,
    faces: FaceSet,
    *,
    seed: int,
    kind: str = DEFAULT_KIND,
    attacks: Sequence[Attack] = (),
    jpeg: int | None = None,
    keep: Path | None = None,
    progress: Progress = NO_PROGRESS,
) -> Rows:
    """Compute three signatures per face: real, forged, and the forgery attacked.

    The kind of the forgery and the attack are random. With `jpeg` the attacked face is compressed, too, which gives a
    fourth one. Faces whose regions are not found are left out where the kind of signature needs them.

    Args:
        detector: whose verdicts they are of.
        faces: of the val split.
        seed: of forgeries and attacks.
        kind: a registered signature.
        attacks: one of them for each face, with its settings; PGD and FGSM as they are by default.
        jpeg: quality of a JPEG of each attacked face, whose signature is a fourth one; None for none.
        keep: a folder that each face's signatures are kept in; a call that finds some there goes on.
        progress: told each face; a stop raises `StopRequested`.
    """
    put = tuple(attacks) or ATTACKS
    how = f"{put!r} {jpeg}"
    folder = faces_folder(keep, detector, faces, kind=kind, seed=seed, attacked=how) if keep else None
    if folder and (there := count_kept(folder)):
        progress.emit(f"going on: the signatures of {there} of {len(faces.images)} faces are there")
    found = [
        kept_rows(folder, i, partial(_of_face, detector, faces, i, kind, seed, put, jpeg))
        for i in progress.each(range(len(faces.images)), "Signatures of faces")
    ]
    found = [rows for rows in found if len(rows["kinds"])]
    if not found:
        raise InputError(f"in none of {len(faces.images)} faces the regions were found that {kind} is made of")
    return {name: np.concatenate([rows[name] for rows in found]) for name in COLUMNS}


def _of_face(
    detector: Detector, faces: FaceSet, i: int, kind: str, seed: int, attacks: Sequence[Attack], jpeg: int | None
) -> Rows:
    """Compute a face's signatures; no row where its regions are not found.

    Args:
        detector: whose verdicts they are of.
        faces: all of them.
        i: number of the face.
        kind: a registered signature.
        seed: of forgeries and attacks.
        attacks: one of them is put on the forgery.
        jpeg: quality of the attacked face's JPEG; None for none.
    """
    rng, forgery = _forgery_of(i, seed)
    forged, mask, pristine = make_forgery(faces, i, rng, kind=forgery)
    (real, fake), _ = degrade([pristine, forged], mask, rng)
    attack = int(rng.integers(len(attacks)))
    regions = [regions_of_crop(one) if reads_regions(kind) else None for one in (real, fake)]
    if reads_regions(kind) and any(one is None for one in regions):
        return {name: np.zeros(0, np.uint8) for name in COLUMNS}
    name, settings = attacks[attack]
    attacked = to_array(perturb(detector.model, to_tensor(fake), name, settings, seed=seed + i))
    sent = [] if jpeg is None else [jpeg_roundtrip(to_uint8(attacked), jpeg)]
    crops = (real, fake, attacked, *sent)
    places = (*regions, *[regions[1]] * (1 + len(sent)))
    made = [reference_row(detector, crop, kind, regions=region) for crop, region in zip(crops, places, strict=True)]
    number = 1 + method_names(attacks).index(name)
    values, thumbnails = (np.stack(column) for column in zip(*made, strict=True))
    return {
        "values": values,
        "thumbnails": thumbnails,
        "kinds": np.asarray([*range(len(KINDS)), *[ATTACKED] * len(sent)], np.uint8),
        "attacks": np.asarray([0, 0, *[number] * (1 + len(sent))], np.uint8),
        "people": np.full(len(crops), i, np.int64),
    }


def _forgery_of(i: int, seed: int) -> tuple[np.random.Generator, str]:
    """Choose a face's kind of forgery.

    Return also what its other choices are drawn from.
    """
    rng = np.random.default_rng([seed, i])
    return rng, str(rng.choice(FORGERIES))


def method_names(attacks: Sequence[Attack]) -> list[str]:
    """Name each attack once, whatever its settings."""
    return list(dict.fromkeys(name for name, _ in attacks))


def make_reference_set(
    detector: Detector,
    data: Path,
    *,
    more: Sequence[Path] = (),
    kind: str = DEFAULT_KIND,
    seed: int = 0,
    limit: int | None = None,
    attacks: Sequence[Attack] = (),
    jpeg: int | None = None,
    keep: Path | None = None,
    progress: Progress = NO_PROGRESS,
) -> tuple[dict[str, Array], ReferenceFacts]:
    """Make the arrays and facts of the reference set from val splits.

    The detector was not trained on its faces.

    Args:
        detector: whose verdicts they are of.
        data: a folder with faces.jsonl, or dfdc.jsonl.
        more: other such folders, whose people are others.
        kind: a registered signature.
        seed: of forgeries, attacks and embedding; of each folder more it is larger by one.
        limit: of faces of each folder.
        attacks: as in `collect`.
        jpeg: as in `collect`.
        keep: as in `collect`.
        progress: told each face; a stop raises `StopRequested`.
    """
    sets = _sets((data, *more), limit)
    of = partial(collect, detector, kind=kind, attacks=attacks, jpeg=jpeg, keep=keep, progress=progress)
    parts, each = _joined([of(faces, seed=seed + k) for k, faces in enumerate(sets)])
    progress.emit(f"{len(parts['values'])} signatures; fitting UMAP")
    people, named = _people(sets, each)
    known = jpeg is not None or any(faces.people for faces in sets)  # else three in a row are of one
    parts |= {"people": people} if known else {}
    values = parts["values"].astype(np.float32)
    parts["places"] = fit_embedding(values, neighbours=30, min_distance=0.15, seed=seed)
    facts = ReferenceFacts(
        seed=seed,
        faces=sum(len(np.unique(one)) for one in each),
        signatures=len(values),
        kinds=tuple(KINDS),
        attacks=("none", *method_names(attacks or ATTACKS)),
        detector=detector.name,
        nearest_neighbour_accuracy=nearest_accuracy(values, parts["kinds"], people, KINDS),
        plane="UMAP, n_neighbors 30, min_dist 0.15",
        **(_told(people, named, each, seed) if known else {}),
    )
    return parts, facts


def _sets(folders: Sequence[Path], limit: int | None) -> list[FaceSet]:
    """Load the val faces of folders of different people."""
    if len({one.resolve() for one in folders}) < len(folders):
        raise InputError("a folder is named twice; each has to be of other people")
    return [load_faces(one, "val", limit=limit, lists=LISTS) for one in folders]


def _joined(made: Sequence[Rows]) -> tuple[Rows, list[Array]]:
    """Join what was made of folders; return also their faces' numbers, (M,) each. Too few faces are refused."""
    each = [one["people"] for one in made]
    if (count := sum(len(np.unique(one)) for one in each)) < MIN_FACES:
        raise InputError(f"a reference set takes {MIN_FACES} faces at least; there are {count}")
    return {name: np.concatenate([one[name] for one in made]) for name in COLUMNS if name != "people"}, each


def _told(people: Array, named: int, each: Sequence[Array], seed: int) -> dict[str, int]:
    """Count people, those whom nobody named, and faces mixed of two.

    Args:
        people: (N,) a number for each of them.
        named: how many of them have a name.
        each: of each folder, (M,) of the faces.
        seed: that the first one's forgeries are chosen with.
    """
    count = int(people.max()) + 1
    swaps = sum(_forgery_of(i, seed + k)[1] == "swap" for k, one in enumerate(each) for i in np.unique(one).tolist())
    return {"people": count, "people_unknown": count - named, "mixed": swaps}


def _people(sets: Sequence[FaceSet], each: Sequence[Array]) -> tuple[Array, int]:
    """Number people in turn; return also how many of them have a name.

    Args:
        sets: the folders' faces.
        each: of each folder, numbers (M,) of its faces.
    """
    found = [
        (k, faces.people[i] if faces.people else "", i)
        for k, (faces, numbers) in enumerate(zip(sets, each, strict=True))
        for i in numbers.tolist()
    ]
    persons = [(k, name, -1 if name else i) for k, name, i in found]
    turns = {person: number for number, person in enumerate(dict.fromkeys(persons))}
    return np.asarray([turns[one] for one in persons], np.int64), sum(bool(name) for _, name, _ in turns)
