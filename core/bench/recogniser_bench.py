"""Time a recogniser beside its peers: embedding a face, finding it among people."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from ..faces.detection import find_faces
from ..media_attack import samples
from ..metrics.intervals import Interval
from ..progress import NO_PROGRESS, Progress
from ..recognition.alignment import face_crop
from ..recognition.calibration_of_gallery import calibrate
from ..recognition.embedding_recogniser import EmbeddingRecogniser
from ..recognition.matching import NEAREST, identify_embedding
from ..recognition.package_weights import dlib_file
from ..types import Array, InputError
from ..types.recogniser_results import ReferenceScores
from ..types.recognition import FaceCrop, Gallery, GalleryPhoto
from .timing import Ratio, median_of, time_pairs
from .timing import threads as so_many_threads

PHOTOS = 5  # of each made person
Seconds = list[tuple[float, float]]  # ours and the peer's, a pair


@dataclass(frozen=True, slots=True)
class RecogniserRow:
    """Hold one job, timed in turn with the peer's.

    milliseconds: ours, the median; interval: its 95 % one.
    peer: the library and its version; None where there is none for this recogniser, or it is not installed.
    ratio: the peer's time by ours.
    difference: the largest between our numbers and the peer's; None without a peer.
    """

    job: str
    milliseconds: float
    interval: Interval
    peer: str | None
    ratio: Ratio | None
    difference: float | None


@dataclass(frozen=True, slots=True)
class RecogniserBench:
    """Hold what was measured of a recogniser.

    people: in the made gallery of the search, `PHOTOS` photos each.
    timed: what is timed, in words.
    """

    recogniser: str
    people: int
    pairs: int
    threads: int
    timed: str
    rows: tuple[RecogniserRow, ...]


TIMED = (
    "processor time. embed: ours from a crop to its unit vector, alignment included; the peer from a face that is "
    "aligned already. identify: ours from a vector to the five nearest of the people, with confidence and threshold; "
    "the peer's brute-force search in their mean vectors"
)


def measure(
    recogniser: EmbeddingRecogniser,
    *,
    people: int = 1000,
    pairs: int = 15,
    threads: int = 1,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> RecogniserBench:
    """Time embedding and identifying a face, in turn with a peer.

    Args:
        recogniser: a network of this machine.
        people: number of people in the made gallery.
        pairs: timed runs of each.
        threads: of each.
        seed: of the made vectors and of the intervals.
        progress: told each job.
    """
    if people < NEAREST:
        raise InputError(f"a search wants {NEAREST} people or more; what came is {people}")
    rows = []
    with so_many_threads(threads):
        jobs: dict[str, Callable[[], RecogniserRow]] = {
            "embed": lambda: _embedding(recogniser, pairs, seed),
            "identify": lambda: _search(recogniser, people, pairs, seed),
        }
        for job in progress.each(list(jobs), "Timing, jobs"):
            rows.append(jobs[job]())
    return RecogniserBench(recogniser.name, people, pairs, threads, TIMED, tuple(rows))


def _embedding(recogniser: EmbeddingRecogniser, pairs: int, seed: int) -> RecogniserRow:
    face = face_crop(find_faces(samples.portrait())[0])
    module = recogniser.module(face.landmarks)

    def ours() -> Array:
        recogniser.known.clear()
        return recogniser.embed(face)

    peer = _dlib() if recogniser.name == "dlib-resnet" else None
    if peer is None:
        return _row("embed", time_pairs(ours, lambda: None, pairs=pairs), None, None, seed)
    with torch.inference_mode():
        chip = _chip(module.aligner, face)
        same = torch.from_numpy(chip.astype(np.float32) / 255).permute(2, 0, 1)[None]
        mine = module.network(same)[0].numpy()
    theirs = np.asarray(peer(chip))
    times = time_pairs(ours, lambda: peer(chip), pairs=pairs)
    return _row("embed", times, f"dlib {_version('dlib-bin', 'dlib')}", float(np.abs(mine - theirs).max()), seed)


def _chip(aligner: torch.nn.Module, face: FaceCrop) -> Array:
    image = torch.from_numpy(face.image.astype(np.float32)).permute(2, 0, 1)[None]
    chip: Array = aligner(image)[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()
    return np.ascontiguousarray(chip)


def _dlib() -> Callable[[Array], Any] | None:
    """Return dlib's own network, aligned faces to 128 numbers; None without dlib."""
    if importlib.util.find_spec("dlib") is None:
        return None
    network = importlib.import_module("dlib").face_recognition_model_v1(str(dlib_file()))
    return lambda chip: network.compute_face_descriptor(chip, 0)


def _version(*names: str) -> str:
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "of an unknown version"


def _search(recogniser: EmbeddingRecogniser, people: int, pairs: int, seed: int) -> RecogniserRow:
    gallery, means = _made_gallery(recogniser, people, seed)
    query = gallery.embeddings[gallery.owner == people // 2].mean(0)
    query /= np.linalg.norm(query)
    lengths = (means**2).sum(1)
    most = float(lengths.max())
    points = np.c_[means, np.sqrt(most - lengths)]  # all of one length: the nearest point has the largest product
    peer = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute", metric="sqeuclidean").fit(points)
    wanted = np.r_[query, np.float32(0)][None]

    def theirs() -> Any:
        return peer.kneighbors(wanted)

    found, (squared, places) = identify_embedding(query, gallery), theirs()
    if [one.name for one in found.nearest] != [gallery.people[int(k)] for k in places[0]]:
        raise AssertionError("our nearest people are not the peer's")
    cosines = (1 + most - squared[0]) / 2
    difference = float(np.abs(cosines - [one.similarity for one in found.nearest]).max())
    times = time_pairs(lambda: identify_embedding(query, gallery), theirs, pairs=pairs)
    return _row("identify", times, f"scikit-learn {_version('scikit-learn')}", difference, seed)


def _made_gallery(recogniser: EmbeddingRecogniser, people: int, seed: int) -> tuple[Gallery, Array]:
    """Make a gallery of random vectors; return it with the people's mean vectors."""
    rng = np.random.default_rng(seed)
    size = len(recogniser.centre)
    centres = np.repeat(rng.standard_normal((people, size)), PHOTOS, 0)
    vectors = centres + 0.5 * rng.standard_normal(centres.shape)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    names = tuple(f"person {k:05}" for k in range(people))
    photos = tuple(
        GalleryPhoto(name, Path(name), f"{name}/{k}.png", f"{name}/{k}", box=(0, 0, 1, 1))
        for name in names
        for k in range(PHOTOS)
    )
    owner = np.repeat(np.arange(people), PHOTOS)
    means = vectors.reshape(people, PHOTOS, size).mean(1)
    few = vectors[:: max(1, people * PHOTOS // 200)].astype(np.float32)
    impostor = (few @ few.T)[np.triu_indices(len(few), 1)]
    reference = ReferenceScores((), ((1e-2, 0.5), (1e-3, 0.6)), len(impostor), 10.0, -5.0, "made vectors")
    calibration = calibrate((np.zeros(0, np.float32), impostor, np.zeros(0, np.int64)), reference)
    return Gallery("made", Path(), recogniser.name, names, photos, owner, vectors, (), calibration), means


def _row(job: str, times: Seconds, peer: str | None, difference: float | None, seed: int) -> RecogniserRow:
    mine = median_of([1000 * ours for ours, _ in times], seed=seed)
    ratio = median_of([theirs / ours for ours, theirs in times], seed=seed) if peer else None
    return RecogniserRow(job, mine.value, mine.interval, peer, ratio, difference)
