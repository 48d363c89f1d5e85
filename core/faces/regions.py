"""Segment a face crop by its five landmarks, and share a map among regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..media.images import reflect_index, square_about
from ..types import Array, Face, InputError
from .detection import CROP_SCALE, find_faces

REGIONS = ("eyes", "nose", "mouth", "skin", "outline", "background")
EYE_TO_MOUTH = 1.15  # units from the line of the eyes to the mouth of a face that looks at the camera
EYE = (0.34, 0.24)  # half axes of an eye's ellipse, along the face's width and its height
BRIDGE, WINGS, BELOW = 0.14, 0.28, 0.16  # half width of the nose between the eyes and at its tip; how far below the tip
LIPS = (0.14, 0.30)  # how far the mouth's ellipse reaches beyond its corners, and half its height
OVAL, CENTRE = (1.12, 1.46), 0.41  # half axes of the face's oval; how far its middle lies below the line of the eyes
RING = 0.12  # the outline reaches this share of the oval inwards and outwards


@dataclass(frozen=True, slots=True)
class RegionShare:
    """Hold a region's share of a map; all shares lie in [0, 1].

    relevance: of the sum of absolute values; positive, negative: of the sums above and below 0, None for unsigned maps.
    area: of the pixels.
    density: relevance over area; 1 is what the size alone would give. None where the map is zero.
    """

    region: str
    relevance: float | None
    positive: float | None
    negative: float | None
    area: float
    density: float | None


def region_masks(face: Face, *, size: tuple[int, int] | None = None) -> dict[str, Array]:
    """Compute a boolean mask (H, W) for each of `REGIONS`; disjoint, covering the crop.

    Args:
        face: its landmarks, in pixels of the frame, are the centres of the eyes, the tip of the nose and the corners of
            the mouth, the left one in the image first.
        size: (width, height) of the frame in pixels. A crop that reaches over the frame's edge shows a reflection
            there; such pixels belong to the region of the pixel they show. Without `size` this is known for the left
            and the upper edge only.

    The unit is the distance of the eyes, or the distance from eyes to mouth over 1.15 when that is larger (a face in
    profile). Axes are the face's own, so that it may be tilted. "eyes": an ellipse around each, 0.34 by 0.24 units;
    "nose": a wedge from between the eyes to 0.16 below its tip, 0.14 to 0.28 to each side; "mouth": an ellipse 0.14
    beyond the corners and 0.30 up and down; "outline", where a forged face is blended in: the ring between 0.88 and
    1.12 of an oval of 1.12 by 1.46 units, its centre 0.41 below the line of the eyes and, in a turned face, shifted
    away from the nose; "skin": the rest inside it; "background": all outside. Pixels in two regions belong to the
    first.
    The measures are those of an adult's face (pupils 63 mm apart).
    """
    x, y = _frame_points(face, size)
    left, right, nose, *corners = face.landmarks.astype(np.float64)
    eyes, mouth = (left + right) / 2, (corners[0] + corners[1]) / 2
    across, down, unit = _axes(face.landmarks.astype(np.float64))

    def ellipse(at: Array, half: tuple[float, float], along: Array = across) -> Array:
        """Return the squared distance from `at`, 1 on the ellipse with half axes `half` (pixels)."""
        over, under = _on(along, at, x, y) / half[0], _on(np.array([-along[1], along[0]]), at, x, y) / half[1]
        return over**2 + under**2

    eye = EYE[0] * unit, EYE[1] * unit
    width = corners[1] - corners[0]
    lips = float(np.linalg.norm(width))
    along = width / lips if lips > 0.2 * unit else across
    aside = float(np.clip((nose - (eyes + mouth) / 2) @ across, -0.5 * unit, 0.5 * unit))
    oval = ellipse(eyes + CENTRE * unit * down - aside * across, (OVAL[0] * unit, OVAL[1] * unit))
    whole = {
        "eyes": (ellipse(left, eye) <= 1) | (ellipse(right, eye) <= 1),
        "nose": _wedge(eyes, nose, unit, x, y),
        "mouth": ellipse(mouth, (lips / 2 + LIPS[0] * unit, LIPS[1] * unit), along) <= 1,
        "skin": oval <= (1 - RING) ** 2,
        "outline": oval <= (1 + RING) ** 2,
        "background": np.ones_like(x, bool),
    }
    taken = np.zeros_like(x, bool)
    masks: dict[str, Array] = {}
    for name in REGIONS:
        masks[name] = whole[name] & ~taken
        taken |= whole[name]
    return masks


def share_by_region(values: Array, masks: Mapping[str, Array], *, signed: bool) -> list[RegionShare]:
    """Compute each region's share of a map (H, W), in the masks' order.

    `signed` False omits the shares by sign.
    """
    wrong = [name for name, mask in masks.items() if mask.shape != values.shape or mask.dtype != bool]
    if wrong:
        raise InputError(f"masks are boolean and of the map's shape {values.shape}; {', '.join(wrong)} differ")
    if not np.isfinite(values).all():
        raise InputError("a map is finite everywhere; what came is not")
    values = values.astype(np.float64)
    parts = {"relevance": np.abs(values), "positive": values.clip(min=0), "negative": (-values).clip(min=0)}
    rows = []
    for name, mask in masks.items():
        area = float(mask.mean())
        share = {part: _share(amount, mask) for part, amount in parts.items()}
        relevance = share["relevance"]
        rows.append(
            RegionShare(
                name,
                relevance,
                share["positive"] if signed else None,
                share["negative"] if signed else None,
                area,
                relevance / area if relevance is not None and area else None,
            )
        )
    return rows


def region_index(masks: Mapping[str, Array]) -> Array:
    """Join the masks into one image (H, W) uint8 of indices in their order."""
    return np.argmax(np.stack(list(masks.values())), 0).astype(np.uint8)


def regions_of_crop(crop: Array) -> Array | None:
    """Number the regions of a face crop (H, W, 3) uint8 as `region_index` does.

    None where no face is found that fills the crop.
    """
    face = next((face for face in find_faces(crop) if face.is_precropped), None)
    return None if face is None else region_index(region_masks(face))


def _share(amount: Array, mask: Array) -> float | None:
    total = float(amount.sum())
    return min(1.0, float(amount[mask].sum() / total)) if total > 0 else None  # rounded, a part can exceed the whole


def _frame_points(face: Face, size: tuple[int, int] | None) -> tuple[Array, Array]:
    """Return the frame coordinates x and y (H, W) that each crop pixel shows."""
    height, width = face.crop.shape[:2]
    left, top, side = (0, 0, 0) if face.is_precropped else square_about(face.box, scale=CROP_SCALE)
    if not face.is_precropped and (height, width) != (side, side):
        raise InputError(f"the crop of this box is {side} x {side} pixels; what came is {(height, width)}")
    columns, rows = np.arange(left, left + width), np.arange(top, top + height)
    if size is not None:
        columns, rows = reflect_index(columns, size[0]), reflect_index(rows, size[1])
    x, y = np.meshgrid(np.abs(columns), np.abs(rows))
    return x.astype(np.float64), y.astype(np.float64)


def _axes(points: Array) -> tuple[Array, Array, float]:
    """Return unit vectors across and down the face, and its unit in pixels."""
    between, along_mouth = points[1] - points[0], points[4] - points[3]
    to_mouth = (points[3] + points[4] - points[0] - points[1]) / 2
    direction = between + along_mouth + np.array([to_mouth[1], -to_mouth[0]])
    length = float(np.linalg.norm(direction))
    unit = max(float(np.linalg.norm(between)), float(np.linalg.norm(to_mouth)) / EYE_TO_MOUTH)
    if length < 1e-6 or unit < 1e-6:
        raise InputError("the five landmarks of a face lie apart from one another; what came is one point")
    across = direction / length
    return across, np.array([-across[1], across[0]]), unit


def _on(axis: Array, at: Array, x: Array, y: Array) -> Array:
    return (x - at[0]) * axis[0] + (y - at[1]) * axis[1]


def _wedge(eyes: Array, nose: Array, unit: float, x: Array, y: Array) -> Array:
    """Return the mask of the nose, wider towards the tip."""
    line = nose - eyes
    length = float(np.linalg.norm(line))
    if length < 1e-6:
        return np.zeros_like(x, bool)
    line = line / length
    along, off = _on(line, eyes, x, y), np.abs(_on(np.array([-line[1], line[0]]), eyes, x, y))
    half = unit * (BRIDGE + (WINGS - BRIDGE) * np.clip(along / length, 0, 1))
    return (along >= 0) & (along <= length + BELOW * unit) & (off <= half)
