"""Load training faces, and make (real, forged) pairs with equal degradations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..faces import forgeries
from ..media.codecs import h264_roundtrip, jpeg_roundtrip, webp_roundtrip
from ..types import Array, InputError

KINDS = ("self-blend", "swap", "warp", "resynthesis")


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Hold aligned faces: images (N, S, S, 3) uint8 RGB, landmarks (N, 5, 2), names.

    people: whose each face is, "" where that is not known; empty where it is known of none.
    """

    images: Array
    landmarks: Array
    names: tuple[str, ...]
    people: tuple[str, ...] = ()


def load_faces(data: Path, split: str, *, limit: int | None = None, lists: Sequence[str] = ("faces.jsonl",)) -> FaceSet:
    """Load one split of a folder with `faces.jsonl`: "train", "val" or "test".

    One JSON object a line with "file", "split" and "landmarks" (five points in pixels), "person" where that is known,
    and "label" where not all are real: others are passed over, as are those without landmarks.

    Args:
        data: the folder.
        split: of the faces.
        limit: of faces; all by default.
        lists: names of such files, of which the first that is there counts.
    """
    index = next((data / name for name in lists if (data / name).is_file()), None)
    if index is None:
        raise InputError(f"no faces.jsonl in {data}: a folder of faces lists its images there, one JSON object a line")
    listed = [row for row in map(json.loads, index.read_text("utf-8").splitlines()) if row["split"] == split]
    rows = [row for row in listed if row.get("label", "real") == "real" and "landmarks" in row][:limit]
    if not rows:
        raise InputError(f"{index} lists no face of the split {split!r}")
    images = []
    for row in rows:
        images.append(read_image(data / row["file"]))
    landmarks = np.asarray([row["landmarks"] for row in rows], np.float32)
    people = tuple("" if row.get("person") is None else str(row["person"]) for row in rows)
    return FaceSet(np.stack(images), landmarks, tuple(row["file"] for row in rows), people if any(people) else ())


def read_image(path: Path) -> Array:
    """Read a JPEG or PNG as (H, W, 3) uint8 RGB."""
    with Image.open(path, formats=["JPEG", "PNG"]) as image:
        return np.asarray(image.convert("RGB"))


def make_forgery(
    faces: FaceSet, i: int, rng: np.random.Generator, *, kind: str, strength: float = 1.0
) -> tuple[Array, Array, Array]:
    """Forge face `i`; return forgery, mask and its pristine source.

    uint8 RGB, float32, uint8 RGB. The pristine source is what the forgery shows outside of its mask. A swap takes the
    best of 6 donors.

    Args:
        faces: with the donors.
        i: index of the face.
        rng: source of randomness.
        kind: one of `KINDS`.
        strength: above 1 makes the forgery coarser.
    """
    image, landmarks = faces.images[i], faces.landmarks[i]
    if kind == "self-blend":
        return forgeries.self_blend(image, landmarks, rng, strength=strength)
    if kind == "warp":
        return *forgeries.warp(image, landmarks, rng, strength=strength), image
    if kind == "resynthesis":
        return *forgeries.resynthesise(image, landmarks, rng, strength=strength), image
    donors = rng.integers(0, len(faces.images), 6)
    donor = int(donors[np.argmin(np.abs(faces.landmarks[donors] - landmarks).sum((1, 2)) + 1e9 * (donors == i))])
    found = forgeries.swap(image, landmarks, faces.images[donor], faces.landmarks[donor], rng, strength=strength)
    return *found, image


def degrade(
    images: list[Array], mask: Array, rng: np.random.Generator, *, hardness: float = 1.0
) -> tuple[list[Array], Array]:
    """Apply the same random view and losses to every image.

    Mirrored, rotated, scaled (0.6 to 1.15) and shifted, border reflected; colour jitter, blur, noise; then
    post-processing: downsampled to 0.24 to 1 of the size, coded at that size as JPEG, WebP or an H.264 clip, and
    upsampled; each at random. The noise is the same array on each image.

    Args:
        images: (H, W, 3) uint8 each.
        mask: (H, W), transformed alike.
        rng: source of randomness.
        hardness: in [0, 1]; scales how often (from a quarter) and how far: the lowest JPEG and WebP quality (80 to 30)
            and the highest H.264 rate factor (26 to 40).
    """
    height, width = mask.shape
    often = 0.25 + 0.75 * hardness
    if rng.random() < 0.5:
        images, mask = [image[:, ::-1] for image in images], mask[:, ::-1]
    if rng.random() < 0.5 * often:
        scale = float(rng.uniform(0.6, 1.15))
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 6)), scale)
        matrix[:, 2] += rng.normal(0, 0.03, 2) * width

        def view(image: Array) -> Array:
            flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            return cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)

        images, mask = [view(np.ascontiguousarray(i)) for i in images], view(np.ascontiguousarray(mask))
    if rng.random() < 0.3 * often:
        seed = int(rng.integers(2**31))
        images = [forgeries.colour_jitter(i, np.random.default_rng(seed)) for i in images]
    if rng.random() < 0.25 * often:
        sigma = float(rng.uniform(0.3, 1.0 + 1.6 * hardness))
        images = [cv2.GaussianBlur(i, (0, 0), sigma) for i in images]
    if rng.random() < 0.15 * often:
        noise = rng.standard_normal((height, width, 3), dtype=np.float32) * np.float32(rng.uniform(1, 5))
        images = [np.clip(i + noise, 0, 255).astype(np.uint8) for i in images]
    return post_process([np.ascontiguousarray(i) for i in images], rng, hardness=hardness), np.ascontiguousarray(mask)


def post_process(images: list[Array], rng: np.random.Generator, *, hardness: float = 1.0) -> list[Array]:
    """Apply the same random resizing and coding to every image (H, W, 3) uint8."""
    height, width = images[0].shape[:2]
    often = 0.25 + 0.75 * hardness
    shrunk = rng.random() < 0.4 * often
    if shrunk:
        factor = float(rng.uniform(0.75 - 0.51 * hardness, 1.0))
        images = [cv2.resize(i, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA) for i in images]
    chance, quality = rng.random() / often, int(rng.integers(round(80 - 50 * hardness), 96))
    if chance < 0.45:
        images = [jpeg_roundtrip(i, quality) for i in images]
    elif chance < 0.52:
        images = [webp_roundtrip(i, quality) for i in images]
    elif chance < 0.85:
        rate, moved = int(rng.integers(16, round(27 + 14 * hardness))), rng.integers(-3, 4, 2).tolist()
        before = rng.random() < 0.6  # a frame before it, moved a little: the image is then coded as a difference
        clips = [[np.roll(i, moved, (0, 1)), i] if before else [i] for i in images]
        images = [h264_roundtrip(clip, rate, preset="veryfast")[-1] for clip in clips]
    if shrunk:
        how = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
        images = [cv2.resize(i, (width, height), interpolation=how) for i in images]
    return images


def fixed_forgeries(faces: FaceSet, *, seed: int) -> dict[str, Array]:
    """Make every face real and forged once in each kind, degraded alike.

    For selecting a model. Returns kind -> (N, S, S, 3).
    """
    out: dict[str, list[Array]] = {"real": [], **{kind: [] for kind in KINDS}}
    for i in range(len(faces.images)):
        rng = np.random.default_rng([seed, i])
        made = [make_forgery(faces, i, rng, kind=kind) for kind in KINDS]
        images, _ = degrade([made[i % len(made)][2], *(m[0] for m in made)], made[0][1], rng)
        for kind, image in zip(out, images, strict=True):
            out[kind].append(image)
    return {kind: np.stack(images) for kind, images in out.items()}
