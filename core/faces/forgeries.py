"""Forge faces: self-blended images, swaps between two aligned faces, local warps, resynthesised parts.

Everything works on a face crop (H, W, 3) uint8 RGB with its five landmarks (5, 2) float in pixels of that crop (left
eye, right eye, nose, left and right corner of the mouth). All randomness comes from one `numpy.random.Generator`, so
that a seed repeats a forgery bit for bit.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..media.codecs import jpeg_roundtrip
from ..types import Array

REGIONS = ("face", "inner", "lower", "mouth", "eyes", "nose", "blob")


def smooth_noise(shape: tuple[int, int], rng: np.random.Generator, *, cells: int = 4) -> Array:
    """Sample a smooth random field (H, W) float32, about N(0, 1).

    A small grid of noise is enlarged, which makes cheap elastic fields.
    """
    grid = rng.standard_normal((cells + 2, cells + 2)).astype(np.float32)
    return cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)


def region_mask(
    shape: tuple[int, int],
    landmarks: Array,
    rng: np.random.Generator,
    *,
    region: str | None = None,
    strength: float = 1.0,
) -> Array:
    """Sample a soft mask (H, W) float32 in [0, 1] of a part of the face.

    Region, outline and feather are random.

    Args:
        shape: (H, W) of the crop.
        landmarks: (5, 2) in pixels.
        rng: source of randomness.
        region: one of `REGIONS`; random when None.
        strength: above 1 narrows the feather.

    Source: Li et al. 2020 (Face X-ray), section 3.2, and Shiohara and Yamasaki 2022, section 3.2. Differs: built from
    five landmarks (ellipses), not from the convex hull of 68 or 81.
    """
    eyes, nose, mouth = landmarks[:2].mean(0), landmarks[2], landmarks[3:].mean(0)
    unit = max(float(np.linalg.norm(landmarks[1] - landmarks[0])), float(np.linalg.norm(mouth - eyes)), 4.0)
    angle = float(np.degrees(np.arctan2(*(landmarks[1] - landmarks[0])[::-1])))
    region = region or str(rng.choice(REGIONS, p=(0.34, 0.16, 0.12, 0.14, 0.1, 0.06, 0.08)))
    centre, axes = {
        "face": (0.5 * eyes + 0.5 * mouth, (0.95, 1.25)),
        "inner": (0.5 * eyes + 0.5 * mouth, (0.8, 0.85)),
        "lower": (0.35 * nose + 0.65 * mouth, (0.85, 0.7)),
        "mouth": (mouth, (0.62, 0.42)),
        "eyes": (eyes, (0.9, 0.36)),
        "nose": (0.3 * eyes + 0.7 * nose, (0.36, 0.55)),
        "blob": (eyes + unit * rng.uniform(-0.9, 0.9, 2) + 0.5 * (mouth - eyes), rng.uniform(0.25, 0.9, 2)),
    }[region]
    size = unit * np.asarray(axes) * rng.uniform(0.75, 1.25, 2)
    mask = _filled(shape, centre + unit * rng.normal(0, 0.06, 2), size, angle, rng)
    spread = rng.uniform(0.0, 0.12) * unit
    if spread > 0.5:  # an elastic outline
        mask = warp_by(mask, spread * smooth_noise(shape, rng), spread * smooth_noise(shape, rng))
    feather = unit * rng.choice([0.015, 0.04, 0.08, 0.14]) * rng.uniform(0.6, 1.4) / strength
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(feather, 0.4))
    if rng.random() < 0.5:  # pull the feather inwards, so that the outer contour is where the blend ends
        soft = np.clip(soft * 2 - 1, 0, 1)
    return np.clip(soft, 0, 1)


def _filled(shape: tuple[int, int], centre: Array, size: Array, angle: float, rng: np.random.Generator) -> Array:
    """Fill an ellipse or a polygon in it: (H, W) uint8, 255 inside."""
    mask = np.zeros(shape, np.uint8)
    if rng.random() < 0.25:  # a polygon: straight edges, as warped templates leave them
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 10)))
        points = centre + np.stack([np.cos(turns), np.sin(turns)], 1) * size
        cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 255)
    else:
        cv2.ellipse(mask, (tuple(map(float, centre)), tuple(map(float, 2 * size)), angle), 255, -1)
    return mask


def warp_by(image: Array, dx: Array, dy: Array) -> Array:
    """Warp an image (H, W) or (H, W, 3) by a field in pixels.

    `dx`, `dy`: (H, W) each; the border is reflected.
    """
    height, width = image.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    return cv2.remap(image, xs + dx, ys + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def blend(background: Array, foreground: Array, mask: Array) -> Array:
    """Return `mask * foreground + (1 - mask) * background` as uint8.

    `mask`: (H, W) float32 in [0, 1].
    """
    weight = mask[..., None]
    mixed = foreground.astype(np.float32) * weight + background.astype(np.float32) * (1 - weight)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def match_colour(source: Array, target: Array, mask: Array, *, strength: float = 1.0) -> Array:
    """Shift the channel means and deviations of `source` to those of `target` inside `mask`.

    Args:
        source: (H, W, 3) uint8.
        target: (H, W, 3) uint8.
        mask: (H, W) in [0, 1]; inside means above 0.5.
        strength: share of the shift, 1 for all of it.

    Source: Reinhard et al. 2001, "Color transfer between images". Differs: in YCrCb, which OpenCV converts cheaply.
    """
    inside = mask > 0.5
    if inside.sum() < 16:
        return source
    here, there = (cv2.cvtColor(i, cv2.COLOR_RGB2YCrCb).astype(np.float32) for i in (source, target))
    mean_s, std_s = here[inside].mean(0), here[inside].std(0) + 1e-3
    mean_t, std_t = there[inside].mean(0), there[inside].std(0) + 1e-3
    gain = np.clip(std_t / std_s, 0.5, 2.0)
    moved = (here - mean_s) * (1 + strength * (gain - 1)) + mean_s + strength * (mean_t - mean_s)
    return cv2.cvtColor(np.clip(moved, 0, 255).astype(np.uint8), cv2.COLOR_YCrCb2RGB)


def colour_jitter(image: Array, rng: np.random.Generator, *, strength: float = 1.0) -> Array:
    """Apply a random gain and shift per channel, a common gain, and a gamma."""
    values = np.arange(256, dtype=np.float32)[:, None] / 255
    gain = 1 + strength * (rng.normal(0, 0.06, 3) + rng.normal(0, 0.06))
    shift = strength * (rng.normal(0, 0.03, 3) + rng.normal(0, 0.02))
    gamma = float(np.exp(strength * rng.normal(0, 0.12)))
    values = np.clip(values * gain.astype(np.float32) + shift.astype(np.float32), 0, 1) ** gamma
    return cv2.LUT(image, np.rint(values * 255).astype(np.uint8)[None])


def degrade(image: Array, rng: np.random.Generator) -> Array:
    """Apply one random loss or gain of detail, as generators leave it.

    Downsampling and upsampling, blur, sharpening, noise, JPEG, or nothing.
    """
    height, width = image.shape[:2]
    kind = rng.choice(["resize", "blur", "sharpen", "noise", "jpeg", "none"], p=(0.3, 0.15, 0.15, 0.1, 0.15, 0.15))
    if kind == "resize":
        factor = rng.uniform(0.25, 0.9)
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
    if kind == "blur":
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6)))
    if kind == "sharpen":
        amount = float(rng.uniform(0.3, 1.2))
        return cv2.addWeighted(image, 1 + amount, cv2.GaussianBlur(image, (0, 0), 1.2), -amount, 0)
    if kind == "noise":
        noise = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(1, 6))
        return np.clip(image + noise, 0, 255).astype(np.uint8)
    return jpeg_roundtrip(image, int(rng.integers(30, 90))) if kind == "jpeg" else image


def _jitter(image: Array, centre: Array, rng: np.random.Generator, *, strength: float = 1.0) -> Array:
    """Rotate, scale and shift an image slightly around `centre`; always resampled."""
    height, width = image.shape[:2]
    scale = float(np.exp(strength * rng.normal(0, 0.03)))
    matrix = cv2.getRotationMatrix2D(tuple(map(float, centre)), float(strength * rng.normal(0, 1.5)), scale)
    matrix[:, 2] += strength * rng.normal(0, 0.012, 2) * width
    flags = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    return cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101)


def self_blend(
    image: Array, landmarks: Array, rng: np.random.Generator, *, strength: float = 1.0
) -> tuple[Array, Array, Array]:
    """Blend a face with a jittered, degraded, shifted copy of itself.

    The background is the face, or at times the copy. The pristine source of a forgery has to be its background:
    otherwise blur and colour outside of the mask would give the forgery away.

    Args:
        image: (H, W, 3) uint8.
        landmarks: (5, 2) in pixels.
        rng: source of randomness.
        strength: scales how far the copy departs from the face (a curriculum begins above 1).

    Returns forgery uint8, mask float32, background uint8.
    Source: Shiohara and Yamasaki 2022, "Detecting Deepfakes with Self-Blended Images", CVPR, arXiv:2204.08376, eq. 1.
    """
    mask = region_mask(image.shape[:2], landmarks, rng, strength=strength)
    copy = colour_jitter(image, rng, strength=strength) if rng.random() < 0.8 else image
    copy = degrade(copy, rng)
    copy = _jitter(copy, landmarks.mean(0), rng, strength=strength) if rng.random() < 0.9 else copy
    mask = mask * rng.choice([0.5, 0.75, 1.0, 1.0, 1.0]) ** (1 / strength**2)
    back, front = (image, copy) if rng.random() < 0.6 else (copy, image)
    return blend(back, front, mask), mask, back


def align(image: Array, landmarks: Array, to: Array, shape: tuple[int, int]) -> Array:
    """Warp an image by the similarity that best maps its landmarks to `to`.

    Args:
        image: (H, W, 3) uint8.
        landmarks: (5, 2) in pixels of the image.
        to: (5, 2) in pixels of the result.
        shape: (H, W) of the result.
    """
    matrix, _ = cv2.estimateAffinePartial2D(landmarks.astype(np.float64), to.astype(np.float64), method=cv2.LMEDS)
    if matrix is None:
        matrix = np.eye(2, 3)
    size = (shape[1], shape[0])
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def swap(
    target: Array,
    landmarks: Array,
    donor: Array,
    donor_landmarks: Array,
    rng: np.random.Generator,
    *,
    strength: float = 1.0,
) -> tuple[Array, Array]:
    """Put the donor's face on the target's head: aligned, colour-matched, feathered.

    Args:
        target: (H, W, 3) uint8.
        landmarks: (5, 2) of the target, in pixels.
        donor: (H, W, 3) uint8.
        donor_landmarks: (5, 2) of the donor, in pixels.
        rng: source of randomness.
        strength: above 1 makes the forgery coarser.

    Returns forgery uint8 and mask float32.
    Source: Li et al. 2020, "Face X-ray", CVPR, arXiv:1912.13458, section 3.2 (blended images).
    """
    shape = target.shape[:2]
    region = str(rng.choice(["face", "inner", "lower", "eyes"], p=(0.6, 0.25, 0.1, 0.05)))
    mask = region_mask(shape, landmarks, rng, region=region, strength=strength)
    face = align(donor, donor_landmarks, landmarks, shape)
    face = match_colour(face, target, mask, strength=float(rng.choice([1.0, 1.0, 0.8, 0.5])) / strength)
    face = degrade(face, rng) if rng.random() < 0.6 else face
    mask = mask * rng.choice([0.85, 1.0, 1.0, 1.0])
    return blend(target, face, mask), mask


def warp(image: Array, landmarks: Array, rng: np.random.Generator, *, strength: float = 1.0) -> tuple[Array, Array]:
    """Warp a part of the face and blend it back, as reenactment does.

    The part is stretched, opened, bent and moved by a smooth field around its centre.

    Args:
        image: (H, W, 3) uint8.
        landmarks: (5, 2) in pixels.
        rng: source of randomness.
        strength: of the warp, 1 for realistic.

    Returns forgery uint8 and mask float32.
    """
    shape = image.shape[:2]
    region = str(rng.choice(["mouth", "lower", "eyes", "nose", "inner"], p=(0.45, 0.2, 0.15, 0.1, 0.1)))
    mask = region_mask(shape, landmarks, rng, region=region, strength=strength)
    eyes, mouth = landmarks[:2].mean(0), landmarks[3:].mean(0)
    centre = {"mouth": mouth, "lower": mouth, "eyes": eyes, "nose": landmarks[2]}.get(region, landmarks.mean(0))
    unit = max(float(np.linalg.norm(mouth - eyes)), 4.0)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    x, y = (xs - centre[0]) / unit, (ys - centre[1]) / unit
    stretch = np.exp(strength**0.5 * rng.normal(0, 0.18, 2))
    shift = strength * rng.normal(0, 0.03, 2)
    fade = np.exp(-(x**2 + y**2) / (2 * rng.uniform(0.25, 0.7) ** 2))
    dx = fade * (x * (stretch[0] - 1) + shift[0])
    dy = fade * (y * (stretch[1] - 1) + shift[1] + rng.normal(0, 0.25) * (x**2 - 0.05))
    wobble = rng.uniform(0, 0.02)
    dx, dy = (d + wobble * smooth_noise(shape, rng, cells=5) for d in (dx, dy))
    moved = warp_by(image, (unit * dx).astype(np.float32), (unit * dy).astype(np.float32))
    if rng.random() < 0.5:
        moved = degrade(moved, rng)
    if rng.random() < 0.3:
        moved = colour_jitter(moved, rng, strength=0.4)
    return blend(image, moved, mask), mask


def resynthesise(
    image: Array, landmarks: Array, rng: np.random.Generator, *, strength: float = 1.0
) -> tuple[Array, Array]:
    """Draw a part of the face anew, as a renderer does that drives it.

    The part keeps its coarse shape and colour; its fine detail is lost, and another, regular one is put in its place.
    Mostly it is moved a little too.

    Args:
        image: (H, W, 3) uint8.
        landmarks: (5, 2) in pixels.
        rng: source of randomness.
        strength: above 1 makes the forgery coarser.

    Returns forgery uint8 and mask float32.
    Source: what Thies et al. 2016 (Face2Face, arXiv:2007.14808) and Thies et al. 2019 (NeuralTextures,
    arXiv:1904.12356) leave: a rendered face, or mouth, put back into its frame. Differs: nothing is rendered.
    """
    region = str(rng.choice(["mouth", "lower", "eyes", "inner", "face"], p=(0.35, 0.25, 0.1, 0.15, 0.15)))
    mask = region_mask(image.shape[:2], landmarks, rng, region=region, strength=strength)
    moved = _moved(image, landmarks, rng, strength=strength) if rng.random() < 0.7 else image
    coarse = _redrawn(moved, rng, strength=strength)
    kept = float(rng.uniform(0, 0.5)) / strength  # of the fine detail
    drawn = cv2.addWeighted(coarse, 1 - kept, moved, kept, 0)
    drawn = _with_grid(drawn, rng, strength=strength) if rng.random() < 0.35 else drawn
    drawn = colour_jitter(drawn, rng, strength=0.3 * strength) if rng.random() < 0.6 else drawn
    return blend(image, drawn, mask), mask


def _moved(image: Array, landmarks: Array, rng: np.random.Generator, *, strength: float) -> Array:
    """Open or close the mouth a little, and shift everything by a smooth field."""
    shape, mouth = image.shape[:2], landmarks[3:].mean(0)
    unit = max(float(np.linalg.norm(mouth - landmarks[:2].mean(0))), 4.0)
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    x, y = (xs - mouth[0]) / unit, (ys - mouth[1]) / unit
    fade = np.exp(-(x**2 / 0.3 + y**2 / 0.15))
    dx = fade * x * strength * rng.normal(0, 0.08)
    dy = fade * y * strength * rng.normal(0, 0.16)
    wobble = strength * rng.uniform(0, 0.02)
    dx, dy = (unit * (d + wobble * smooth_noise(shape, rng)) for d in (dx, dy))
    return warp_by(image, dx.astype(np.float32), dy.astype(np.float32))


def _redrawn(image: Array, rng: np.random.Generator, *, strength: float) -> Array:
    """Take the fine detail away in one of four ways."""
    height, width = image.shape[:2]
    kind = rng.choice(["small", "smooth", "colour", "codec"], p=(0.45, 0.25, 0.15, 0.15))
    if kind == "smooth":
        return cv2.bilateralFilter(image, 5, float(rng.uniform(15, 60)) * strength, float(rng.uniform(1.5, 4)))
    if kind == "codec":
        return jpeg_roundtrip(image, int(rng.integers(12, 40)))
    factor = float(rng.uniform(0.15, 0.55)) / strength
    how = int(rng.choice([cv2.INTER_AREA, cv2.INTER_LINEAR]))
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=how)
    back = cv2.resize(small, (width, height), interpolation=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
    if kind == "small":
        return back
    light = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
    light[..., 1:] = cv2.cvtColor(back, cv2.COLOR_RGB2YCrCb)[..., 1:]
    return cv2.cvtColor(light, cv2.COLOR_YCrCb2RGB)


def _with_grid(image: Array, rng: np.random.Generator, *, strength: float) -> Array:
    """Add a faint pattern of period 2 to 8, as transposed convolutions leave it."""
    height, width = image.shape[:2]
    period = int(rng.choice([2, 4, 8]))
    tile = rng.standard_normal((period, period, 1)).astype(np.float32)
    pattern = np.tile(tile - tile.mean(), (-(-height // period), -(-width // period), 1))[:height, :width]
    return np.clip(image + strength * rng.uniform(0.5, 3) * pattern, 0, 255).astype(np.uint8)
