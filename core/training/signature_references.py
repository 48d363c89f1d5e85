"""Make the reference signatures of real, forged and attacked faces, with their embedding."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from ..attacks import perturb
from ..detectors.detector import Detector
from ..engine.reference_rows import reference_row
from ..faces.regions import regions_of_crop
from ..media.images import to_array, to_tensor
from ..progress import NO_PROGRESS, Progress
from ..signatures import ATTACKS, DEFAULT_KIND, KINDS, reads_regions
from ..signatures.held_out import nearest_accuracy
from ..signatures.umap_embedding import fit_embedding
from ..types import Array, InputError
from .kept_signatures import Rows, count_kept, faces_folder, kept_rows
from .training_faces import KINDS as FORGERIES
from .training_faces import FaceSet, degrade, load_faces, make_forgery
from .training_facts import ReferenceFacts

COLUMNS = ("values", "thumbnails", "kinds", "attacks")
MIN_FACES = 10


def collect(
    detector: Detector,
    faces: FaceSet,
    *,
    seed: int,
    kind: str = DEFAULT_KIND,
    keep: Path | None = None,
    progress: Progress = NO_PROGRESS,
) -> Rows:
    """Compute three signatures per face: real, forged, and the forgery attacked.

    The kind of the forgery and the attack (PGD or FGSM) are random. Faces whose regions are not found are left out
    where the kind of signature needs them.

    Args:
        detector: whose verdicts they are of.
        faces: of the val split.
        seed: of forgeries and attacks.
        kind: a registered signature.
        keep: a folder that each face's signatures are kept in; a call that finds some there goes on.
        progress: told each face; a stop raises `StopRequested`.
    """
    folder = faces_folder(keep, detector, faces, kind=kind, seed=seed) if keep else None
    if folder and (there := count_kept(folder)):
        progress.emit(f"going on: the signatures of {there} of {len(faces.images)} faces are there")
    found = [
        kept_rows(folder, i, partial(_of_face, detector, faces, i, kind, seed))
        for i in progress.each(range(len(faces.images)), "Signatures of faces")
    ]
    found = [rows for rows in found if len(rows["kinds"])]
    if not found:
        raise InputError(f"in none of {len(faces.images)} faces the regions were found that {kind} is made of")
    return {name: np.concatenate([rows[name] for rows in found]) for name in COLUMNS}


def _of_face(detector: Detector, faces: FaceSet, i: int, kind: str, seed: int) -> Rows:
    """Compute a face's signatures; no row where its regions are not found."""
    rng = np.random.default_rng([seed, i])
    forged, mask, pristine = make_forgery(faces, i, rng, kind=str(rng.choice(FORGERIES)))
    (real, fake), _ = degrade([pristine, forged], mask, rng)
    attack = int(rng.integers(len(ATTACKS)))
    regions = [regions_of_crop(one) if reads_regions(kind) else None for one in (real, fake)]
    if reads_regions(kind) and any(one is None for one in regions):
        return {name: np.zeros(0, np.uint8) for name in COLUMNS}
    name, settings = ATTACKS[attack]
    attacked = perturb(detector.model, to_tensor(fake), name, settings, seed=seed + i)
    crops = (to_tensor(real), to_tensor(fake), attacked)
    made = [
        reference_row(detector, to_array(crop), kind, regions=places)
        for crop, places in zip(crops, (*regions, regions[1]), strict=True)
    ]
    values, thumbnails = (np.stack(column) for column in zip(*made, strict=True))
    return {
        "values": values,
        "thumbnails": thumbnails,
        "kinds": np.arange(len(KINDS), dtype=np.uint8),
        "attacks": np.asarray([0, 0, attack + 1], np.uint8),
    }


def make_reference_set(
    detector: Detector,
    data: Path,
    *,
    kind: str = DEFAULT_KIND,
    seed: int = 0,
    limit: int | None = None,
    keep: Path | None = None,
    progress: Progress = NO_PROGRESS,
) -> tuple[dict[str, Array], ReferenceFacts]:
    """Make the arrays and facts of the reference set from the val split.

    The detector was not trained on its faces.

    Args:
        detector: whose verdicts they are of.
        data: a folder with faces.jsonl.
        kind: a registered signature.
        seed: of forgeries, attacks and embedding.
        limit: of faces.
        keep: as in `collect`.
        progress: told each face; a stop raises `StopRequested`.
    """
    faces = load_faces(data, "val", limit=limit)
    parts = collect(detector, faces, seed=seed, kind=kind, keep=keep, progress=progress)
    values = parts["values"].astype(np.float32)
    if len(values) < len(KINDS) * MIN_FACES:
        raise InputError(f"a reference set takes {MIN_FACES} faces at least; there are {len(values) // len(KINDS)}")
    progress.emit(f"{len(values)} signatures; fitting UMAP")
    people = np.arange(len(values)) // len(KINDS)
    parts["places"] = fit_embedding(values, neighbours=30, min_distance=0.15, seed=seed)
    facts = ReferenceFacts(
        seed=seed,
        faces=len(values) // len(KINDS),
        signatures=len(values),
        kinds=tuple(KINDS),
        attacks=("none", *(name for name, _ in ATTACKS)),
        detector=detector.name,
        nearest_neighbour_accuracy=nearest_accuracy(values, parts["kinds"], people, KINDS),
        plane="UMAP, n_neighbors 30, min_dist 0.15",
    )
    return parts, facts
