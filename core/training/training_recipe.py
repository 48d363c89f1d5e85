"""Make training pairs: fakes beside their originals, and forgeries of real faces."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..types import Array, InputError
from .training_faces import KINDS, FaceSet, degrade, load_faces, make_forgery, read_image

SIDE = 224  # pixels of every training image
# Shares of the sources, where each is at hand: fakes beside their originals, and forgeries of real faces.
SHARES = {"pairs": 0.55, "blends of pairs": 0.25, "blends of stills": 0.2, "videos": 0.5, "blends of videos": 0.15}
VIDEO_HARDNESS = 0.5  # of the degradations of frames that were compressed hard already
KIND_SHARES = (0.3, 0.3, 0.15, 0.25)  # of self-blends, swaps, warps and resynthesised parts among forgeries
BORDER = 40  # pixels at each side: where fake and original agree there, they are of the same frame
SAME_FRAME = 3.0  # grey levels: the largest median difference at the border of a pair of the same frame
MIN_DIFFERENCE = 1.5  # grey levels in the centre: a fake that differs less from its original teaches nothing
CHANGED, CERTAIN = 2.0, 8.0  # grey levels of difference, from which on a pixel counts as changed, and is sure to be
ZOOM = (0.82, 1.25)  # of the jittered crop

Item = tuple[Tensor, Tensor, Tensor, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class PairSet:
    """Hold fakes (M, S, S, 3) uint8 RGB with their originals.

    `original_of` gives their index, `same` whether both are of one frame (M,).
    """

    originals: FaceSet
    fakes: Array
    original_of: Array
    same_frame: Array


def load_pairs(data: Path, split: str, *, limit: int | None = None) -> PairSet:
    """Read one split of a folder with `dfdc.jsonl`.

    Real crops with landmarks, fakes that name their original. Fakes that hardly differ from it are left
    out (label noise). `limit`: so many originals.
    """
    index = data / "dfdc.jsonl"
    if not index.is_file():
        raise InputError(f"no dfdc.jsonl in {data}: a folder of pairs lists its images there, one JSON object a line")
    rows = [row for row in map(json.loads, index.read_text("utf-8").splitlines()) if row["split"] == split]
    real = [row for row in rows if row["label"] == "real"][:limit]
    place = {row["original"]: number for number, row in enumerate(real)}
    originals = np.stack([to_side(read_image(data / row["file"])) for row in real]) if real else np.zeros((0,))
    fakes, original_of, same = [], [], []
    for row in rows:
        if row["label"] == "fake" and row["original"] in place:
            number = place[row["original"]]
            fake = to_side(read_image(data / row["file"]))
            centre, border = difference(fake, originals[number])
            if centre >= MIN_DIFFERENCE:
                fakes.append(fake)
                original_of.append(number)
                same.append(border < SAME_FRAME)
    if not fakes:
        raise InputError(f"{index} lists no fake of the split {split!r} whose original is listed too")
    landmarks = np.asarray([row["landmarks"] for row in real], np.float32)
    faces = FaceSet(originals, landmarks, tuple(row["file"] for row in real))
    return PairSet(faces, np.stack(fakes), np.asarray(original_of), np.asarray(same))


def to_side(image: Array) -> Array:
    """Resize a square image to `SIDE`."""
    if image.shape[:2] == (SIDE, SIDE):
        return image
    return cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA if image.shape[0] > SIDE else cv2.INTER_LINEAR)


def enlarged(faces: FaceSet) -> FaceSet:
    """Resize faces to `SIDE`, landmarks with them."""
    scale = SIDE / faces.images.shape[1]
    return FaceSet(np.stack([to_side(image) for image in faces.images]), faces.landmarks * scale, faces.names)


def difference(fake: Array, original: Array) -> tuple[float, float]:
    """Return the mean difference at the centre and the border's median, in grey levels."""
    change = np.abs(fake.astype(np.int16) - original).mean(2)
    inside = np.zeros(change.shape, bool)
    inside[BORDER:-BORDER, BORDER:-BORDER] = True
    return float(change[inside].mean()), float(np.median(change[~inside]))


def mask_of_pair(fake: Array, original: Array) -> Array:
    """Estimate where a fake differs from its original: (S, S) float32 in [0, 1]."""
    change = np.abs(fake.astype(np.int16) - original).mean(2).astype(np.float32)
    smooth = cv2.GaussianBlur(change, (0, 0), 4)
    return np.clip((smooth - CHANGED) / (CERTAIN - CHANGED), 0, 1)


def jitter(images: list[Array], rng: np.random.Generator) -> list[Array]:
    """Give all images the same random crop.

    It is zoomed, turned and shifted about the centre, the border reflected. Crops of different data sets are not
    equally tight; the detector has to read all of them.
    """
    zoom = float(np.exp(rng.uniform(*np.log(ZOOM))))
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), float(rng.normal(0, 5)), zoom)
    matrix[:, 2] += rng.normal(0, 0.03, 2) * SIDE
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    return [cv2.warpAffine(i, matrix, (SIDE, SIDE), flags=how, borderMode=cv2.BORDER_REFLECT_101) for i in images]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingData:
    """Hold pairs of stills, real faces without fakes, and pairs of frames."""

    pairs: PairSet | None
    stills: FaceSet | None
    videos: PairSet | None = None

    def sources(self) -> dict[str, PairSet | FaceSet]:
        """Name the sources at hand as `SHARES` does."""
        found = {
            "pairs": self.pairs,
            "blends of pairs": self.pairs and self.pairs.originals,
            "blends of stills": self.stills,
            "videos": self.videos,
            "blends of videos": self.videos and self.videos.originals,
        }
        return {name: source for name, source in found.items() if source is not None}


class TrainingPairs(Dataset[Item]):
    """Make item i from (seed, i) alone.

    Real and fake uint8 (3, S, S), mask (1, S/4, S/4), weight of the mask ().
    """

    def __init__(self, data: TrainingData, *, seed: int, start: int = 0) -> None:
        self.sources, self.seed, self.start = data.sources(), seed, start
        shares = np.asarray([SHARES[name] for name in self.sources])
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return 10**9

    def __getitem__(self, item: int) -> Item:
        cv2.setNumThreads(0)
        rng = np.random.default_rng([self.seed, self.start + item])
        name, hardness = str(rng.choice(list(self.sources), p=self.shares)), rng.random() ** 0.7
        source = self.sources[name]
        real, fake, mask, known = _pair(source, rng) if isinstance(source, PairSet) else _forgery(source, rng)
        real, fake, mask = jitter([np.ascontiguousarray(part) for part in (real, fake, mask)], rng)
        hardness *= VIDEO_HARDNESS if "videos" in name else 1.0
        (real, fake), mask = degrade([real, fake], mask, rng, hardness=hardness)
        mask = cv2.resize(mask, (SIDE // 4, SIDE // 4), interpolation=cv2.INTER_AREA)
        to = torch.from_numpy
        return (
            to(real.transpose(2, 0, 1).copy()),
            to(fake.transpose(2, 0, 1).copy()),
            to(mask)[None],
            torch.tensor(float(known)),
        )


def _pair(pairs: PairSet, rng: np.random.Generator) -> tuple[Array, Array, Array, bool]:
    number = int(rng.integers(len(pairs.fakes)))
    fake, real = pairs.fakes[number], pairs.originals.images[pairs.original_of[number]]
    known = bool(pairs.same_frame[number])
    return real, fake, mask_of_pair(fake, real) if known else np.zeros((SIDE, SIDE), np.float32), known


def _forgery(faces: FaceSet, rng: np.random.Generator) -> tuple[Array, Array, Array, bool]:
    kind = str(rng.choice(KINDS, p=KIND_SHARES))
    fake, mask, real = make_forgery(faces, int(rng.integers(len(faces.images))), rng, kind=kind)
    return real, fake, mask.astype(np.float32), True


def load_training_data(data: Path, split: str, *, limit: int | None = None) -> TrainingData:
    """Load the pairs and the stills that a folder holds.

    Pairs: `dfdc.jsonl`, or in `dfdc/`; stills: `faces.jsonl`, or in `faces/`.
    """
    pairs = next(
        (load_pairs(f, split, limit=limit) for f in (data, data / "dfdc") if (f / "dfdc.jsonl").is_file()), None
    )
    stills = next(
        (enlarged(load_faces(f, split, limit=limit)) for f in (data, data / "faces") if (f / "faces.jsonl").is_file()),
        None,
    )
    if pairs is None and stills is None:
        raise InputError(
            f"{data} holds neither pairs (dfdc.jsonl) nor faces (faces.jsonl), also not in dfdc/ and faces/"
        )
    return TrainingData(pairs, stills)
