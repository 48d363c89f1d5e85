"""Measure a recogniser's similarities of many different people."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ..media.datasets import subsample
from ..media.open import open_media
from ..metrics.summary import rounded
from ..output.value_records import value_record
from ..progress import NO_PROGRESS, Progress
from ..recognition.base import Recogniser
from ..recognition.calibration_of_gallery import RATES, fit_confidence, gallery_scores, threshold_of
from ..recognition.embedding_recogniser import EmbeddingRecogniser
from ..recognition.gallery_folder import alike_groups
from ..recognition.gallery_photos import photo_crop
from ..storage.files import atomic_write, safe_name
from ..types import Array, InputError
from ..types.foreign_json import parse_json
from ..types.recogniser_results import ReferenceScores
from ..types.recognition import FaceCrop, Gallery

MAX_FACES = 1500  # as in what is shipped: over a million pairs
MIN_REFERENCE = 50  # faces: 1,225 pairs, of which one is a false match at 1e-3


def reference_crops(faces: Path, limit: int, *, split: str = "train") -> list[FaceCrop]:
    """Read faces of different people from a folder.

    Its faces.jsonl has file, split and landmarks, one JSON object a line.
    """
    index = faces / "faces.jsonl"
    if not index.is_file():
        raise InputError(f"no faces.jsonl in {faces}: it lists each face's file, split and landmarks, one JSON a line")
    rows = [parse_json(line) for line in index.read_text("utf-8").splitlines()]
    chosen = subsample([row for row in rows if row.get("split") == split and row.get("landmarks")], limit)
    return [
        FaceCrop(open_media(faces / row["file"]).frame(0), np.asarray(row["landmarks"], np.float32)) for row in chosen
    ]


def measure_reference(
    recogniser: EmbeddingRecogniser,
    crops: list[FaceCrop],
    gallery: Gallery,
    *,
    source: str,
    centred: bool,
    progress: Progress = NO_PROGRESS,
) -> tuple[EmbeddingRecogniser, ReferenceScores]:
    """Measure a recogniser's centre, thresholds and confidence.

    Args:
        recogniser: the one to measure.
        crops: faces, each of another person.
        gallery: of any recogniser, whose photos give pairs of the same person.
        source: what they are, in words.
        centred: whether the mean vector is subtracted.
        progress: told each face.

    Returns the recogniser with its centre, and the measurements.
    """
    plain = replace(recogniser, centre=torch.zeros_like(recogniser.centre))
    if centred:
        raw = [_raw(plain, crop) for crop in crops[::4]]
        plain = replace(plain, centre=torch.from_numpy(np.mean(raw, 0).astype(np.float32)))
    vectors = plain.embed_all(crops, progress=progress)
    impostor = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    thresholds = [threshold_of(impostor, rate, source) for rate in RATES]
    photos = list(gallery.enrolled)
    own = plain.embed_all([photo_crop(photo) for photo in photos], progress=progress)
    genuine, others, _ = gallery_scores(own, gallery.owner, alike_groups(photos))
    slope, intercept = fit_confidence(genuine, others)
    found = ReferenceScores(
        tuple(rounded(float(v)) for v in plain.centre) if centred else (),
        tuple((one.fmr, rounded(one.similarity)) for one in thresholds),
        len(impostor),
        rounded(slope),
        rounded(intercept),
        source,
    )
    return plain, found


def write_reference(
    recogniser: Recogniser,
    faces: Path,
    gallery: Gallery,
    out: Path,
    *,
    limit: int = MAX_FACES,
    centred: bool = True,
    progress: Progress = NO_PROGRESS,
) -> Path:
    """Measure a recogniser on reference faces, and write the file that `reference_of` reads.

    Args:
        recogniser: a network of this machine.
        faces: folder with faces.jsonl, each face of another person; its train split is read.
        gallery: of any recogniser, of people with several photos.
        out: folder, made if missing.
        limit: most faces, evenly spread.
        centred: whether the mean vector is subtracted.
        progress: told each face.

    Raises:
        InputError: a service, or too few faces.
    """
    if not isinstance(recogniser, EmbeddingRecogniser):
        raise InputError(f"{recogniser.name} gives no vectors; thresholds are measured of a network of this machine")
    crops = reference_crops(faces, limit)
    if len(crops) < MIN_REFERENCE:
        raise InputError(f"thresholds want {MIN_REFERENCE} faces of different people; {faces.name} has {len(crops)}")
    people = len({photo.person for photo in gallery.enrolled})
    source = (
        f"{len(crops):,} faces of {faces.name} for thresholds (pairs of different people), and {people} people "
        "with several photos for the confidence"
    )
    _, found = measure_reference(recogniser, crops, gallery, source=source, centred=centred, progress=progress)
    out.mkdir(parents=True, exist_ok=True)
    path = out / safe_name(recogniser.name, ".json")
    atomic_write(path, json.dumps(value_record(found)) + "\n")
    return path


def _raw(recogniser: EmbeddingRecogniser, crop: FaceCrop) -> Array:
    """Return the network's vector before it is normalised."""
    module = recogniser.module(crop.landmarks)
    with torch.inference_mode():
        image = torch.from_numpy(crop.image.astype(np.float32) / 255).permute(2, 0, 1)[None]
        values: Array = module.network(module.aligner(image))[0].numpy()
    return values
