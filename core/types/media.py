"""Hold media, their frames and the faces in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from .arrays import Array, Box, check, check_image
from .errors import InputError


class FrameSource(Protocol):
    """Decode a medium's frames as a stream, never a whole video in memory."""

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """Yield (index, frame) for the ascending `indices` that can be decoded.

        Frames are (H, W, 3) uint8 RGB.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """Hold an image or a video.

    id: SHA-256 of the file's bytes.
    size: (width, height) in pixels as shown.
    frames: number of decodable frames; 1 for an image.
    fps: frames per second; 0 for an image.
    notes: sentences for the user, such as "the file is cut off: 57 of 338 frames could be read".
    """

    id: str
    name: str
    kind: Literal["image", "video"]
    size: tuple[int, int]
    frames: int
    fps: float
    source: FrameSource
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check(self.kind in ("image", "video"), "a medium is an image or a video", self.kind)
        check(self.frames >= 1, "a medium has at least one frame", self.frames)

    def frame(self, index: int = 0) -> Array:
        """Decode one frame (H, W, 3) uint8 RGB."""
        check(0 <= index < self.frames, f"{self.name} has the frames 0 to {self.frames - 1}", index)
        for _, frame in self.source.read((index,)):
            return frame
        raise InputError(f"frame {index} of {self.name} cannot be decoded")


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """Hold one face of one frame.

    id: content hash.
    crop: (S, S, 3) uint8 RGB.
    box: (left, top, right, bottom) in pixels of the frame.
    landmarks: (5, 2) in pixels of the frame: eyes, nose, corners of the mouth.
    frame: index of the frame; score: of the face detector; track: number of the person.
    is_precropped: whether the image was a face crop already and is judged whole.
    """

    id: str
    crop: Array
    box: Box
    landmarks: Array
    frame: int
    score: float
    track: int = 0
    is_precropped: bool = False

    def __post_init__(self) -> None:
        check_image(self.crop, "the crop of a face", np.uint8)
        check(self.landmarks.shape == (5, 2), "a face has five landmarks (5, 2)", self.landmarks.shape)

    @property
    def width(self) -> int:
        """Return the shorter side of the face's box, in pixels of the frame."""
        return round(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))
