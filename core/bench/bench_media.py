"""Make the media of the pipeline's bench: the shipped face over a textured ground."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..media.images import crop_square
from ..media.write import write_media
from ..media_attack import samples
from ..types import Array

FPS = 25
SHARE = 0.6  # the pasted square's side over the frame's height
AROUND = 1.9  # the pasted square over the face's box: hair and chin lie inside
OCTAVES = 6  # of the ground's texture: spots of 1 to 32 pixels
SWAY = 24  # pixels by which the ground sways about its middle, as in a hand
NOISE = 2.0  # standard deviation of a video's noise, of 255
TURN = 4 * FPS  # frames in which the face goes once around
Size = tuple[int, int]  # width, height
Place = tuple[float, float, float]  # centre in [0, 1] of width and height, side in pixels


def write_video(to: Path, size: Size, frames: int, *, share: float = SHARE) -> Path:
    """Write H.264 in which one face moves over the ground.

    Args:
        to: a path that ends in .mp4.
        size: of a frame.
        frames: number of frames, 25 a second.
        share: of the frame's height that the pasted face takes.
    """
    write_media(_moving(size, frames, share), to, fps=FPS)
    return to


def _moving(size: Size, frames: int, share: float) -> Iterator[Array]:
    rng = np.random.default_rng(1)
    noise = np.rint(rng.normal(0, NOISE, (size[1], size[0], 1))).astype(np.int16)
    for number in range(frames):
        across, down = np.cos(2 * np.pi * number / TURN), np.sin(2 * np.pi * number / TURN)
        places = [(0.5 + 0.12 * across, 0.5 + 0.08 * down, share * size[1])]
        frame = scene(size, places, sway=(round(SWAY * down), round(SWAY * across)))
        moved = np.roll(noise, rng.integers(0, size[::-1]), (0, 1))
        yield np.clip(frame + moved, 0, 255).astype(np.uint8)


def write_picture(to: Path, size: Size, faces: int = 1, *, side: float | None = None) -> Path:
    """Write a JPEG picture with faces on a grid.

    Args:
        to: a path that ends in .jpg.
        size: of the picture.
        faces: number of faces.
        side: of a pasted face in pixels; `SHARE` of a cell of the grid if missing.
    """
    columns, rows = _grid(size, faces)
    side = side or SHARE * cell_side(size, faces)
    places = [((n % columns + 0.5) / columns, (n // columns + 0.5) / rows, side) for n in range(faces)]
    write_media([scene(size, places)], to)
    return to


def cell_side(size: Size, faces: int) -> float:
    """Return the shorter side, in pixels, of a cell of the faces' grid."""
    columns, rows = _grid(size, faces)
    return min(size[0] / columns, size[1] / rows)


def _grid(size: Size, faces: int) -> tuple[int, int]:
    columns = int(np.ceil(np.sqrt(faces * size[0] / size[1])))
    return columns, int(np.ceil(faces / columns))


def scene(size: Size, places: Sequence[Place], *, sway: tuple[int, int] = (0, 0)) -> Array:
    """Draw the shipped face at each place of the ground: (H, W, 3) uint8.

    `sway`: pixels by which the ground is moved to the right and down, up to `SWAY`.
    """
    left, top = SWAY + sway[0], SWAY + sway[1]
    picture = _ground(size)[top : top + size[1], left : left + size[0]].copy()
    for across, down, wanted in places:
        side = round(wanted)
        left, top = round(across * size[0] - side / 2), round(down * size[1] - side / 2)
        part = picture[top : top + side, left : left + side]
        face, mask = _face(side)
        part[:] = np.rint(part + mask * (face - part.astype(np.float32))).astype(np.uint8)
    return picture


@functools.lru_cache(maxsize=2)
def _ground(size: Size) -> Array:
    """Return a texture (H, W, 3) uint8 with spots of several sizes, `SWAY` larger on each side."""
    rng = np.random.default_rng(0)
    width, height = size[0] + 2 * SWAY, size[1] + 2 * SWAY
    ground = np.zeros((height, width, 3), np.float32)
    for octave in range(OCTAVES):
        coarse = rng.random((height // 2**octave + 1, width // 2**octave + 1, 3), np.float32)
        ground += 2**octave * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    ground *= 200 / 2**OCTAVES
    return np.clip(np.rint(ground), 0, 255).astype(np.uint8)


@functools.lru_cache(maxsize=2)
def _face(side: int) -> tuple[Array, Array]:
    """Return the face (S, S, 3) float32 with its soft mask (S, S, 1) in [0, 1]."""
    crop = crop_square(samples.portrait(), samples.portrait_face().box, scale=AROUND)
    way = cv2.INTER_AREA if side < len(crop) else cv2.INTER_CUBIC
    face = cv2.resize(crop, (side, side), interpolation=way).astype(np.float32)
    away = np.hypot(*np.meshgrid(*2 * [np.linspace(-1, 1, side, dtype=np.float32)]))
    return face, np.clip((1 - away) * 8, 0, 1)[..., None]
