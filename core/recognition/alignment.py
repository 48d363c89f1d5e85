"""Align a face to a template by five landmarks, differentiably."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..faces.detection import CROP_SCALE
from ..media.images import square_about
from ..types import Array, Face
from ..types.recognition import FaceCrop


@dataclass(frozen=True, slots=True)
class AlignmentTemplate:
    """Hold where a network wants the landmarks.

    size: side of its input in pixels.
    points: five (x, y) in pixels of the input: eyes, nose, corners of the mouth.
    """

    size: int
    points: tuple[tuple[float, float], ...]


# Deng et al. 2019 (ArcFace), for 112 x 112; the five points that nearly all networks since are trained with.
ARCFACE = AlignmentTemplate(
    112, ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
)
# dlib's mean face of 68 points (image_transforms/interpolation.h), padded by .25 to 150 x 150 as `get_face_chip` does:
# centres of the eyes, tip of the nose, corners of the mouth.
_DLIB_MEAN = (
    (0.225492, 0.21599),
    (0.754761, 0.21599),
    (0.490127, 0.515625),
    (0.254149, 0.780233),
    (0.726104, 0.780233),
)
DLIB = AlignmentTemplate(150, tuple(((x + 0.25) / 1.5 * 150, (y + 0.25) / 1.5 * 150) for x, y in _DLIB_MEAN))


def face_crop(face: Face) -> FaceCrop:
    """Return a detected face with its landmarks in pixels of the crop."""
    left, top = (0, 0) if face.is_precropped else square_about(face.box, scale=CROP_SCALE)[:2]
    return FaceCrop(face.crop, (face.landmarks - np.asarray((left, top))).astype(np.float32))


def similarity_transform(source: Array, target: Array) -> Array:
    """Fit the similarity (2, 3) that maps points (N, 2) to others with the least squares.

    Source: Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns", without
    reflection.
    """
    a, b = source.astype(np.float64), target.astype(np.float64)
    centre_a, centre_b = a.mean(0), b.mean(0)
    a, b = a - centre_a, b - centre_b
    power = max(float((a**2).sum()), 1e-9)
    real, imaginary = float((a * b).sum()) / power, float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / power
    turn = np.asarray([[real, -imaginary], [imaginary, real]])
    return np.c_[turn, centre_b - turn @ centre_a]


class FaceAligner(nn.Module):
    """Cut crops (N, 3, H, W) to a template (N, 3, S, S), differentiably.

    Large faces are shrunk with an antialiasing filter first. What lies outside of the crop is black.
    """

    def __init__(self, landmarks: Array, template: AlignmentTemplate) -> None:
        super().__init__()
        self.size = template.size
        self.matrix = similarity_transform(landmarks, np.asarray(template.points))

    def forward(self, x: Tensor) -> Tensor:
        """Return the aligned faces."""
        matrix = self.matrix.copy()
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        if scale < 1:
            sides = [max(1, round(side * scale)) for side in x.shape[2:]]
            across, along = sides[1] / x.shape[3], sides[0] / x.shape[2]
            x = functional.interpolate(x, size=sides, mode="bilinear", antialias=True, align_corners=False)
            # pixel centres: x_small = (x + .5) * factor - .5
            resized = np.asarray([[across, 0, across / 2 - 0.5], [0, along, along / 2 - 0.5], [0, 0, 1]])
            matrix = (np.r_[matrix, [[0, 0, 1]]] @ np.linalg.inv(resized))[:2]
        back = np.linalg.inv(np.r_[matrix, [[0, 0, 1]]])
        height, width = x.shape[2:]
        unit = np.asarray([[2 / width, 0, 1 / width - 1], [0, 2 / height, 1 / height - 1], [0, 0, 1]])
        side = self.size
        place = np.linalg.inv(np.asarray([[2 / side, 0, 1 / side - 1], [0, 2 / side, 1 / side - 1], [0, 0, 1]]))
        theta = torch.from_numpy((unit @ back @ place)[:2]).to(x.dtype)[None].expand(len(x), 2, 3)
        grid = functional.affine_grid(theta, [len(x), 3, self.size, self.size], align_corners=False)
        return functional.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class AlignedNetwork(nn.Module):
    """Embed crops (N, 3, H, W) in [0, 1] of one face position as unit vectors (N, D).

    Alignment and normalisation lie inside, so that attacks and maps see the crop itself. `centre` (D,) is subtracted
    before the vectors are normalised: it spreads cosines of networks whose vectors point to one side.
    """

    def __init__(self, aligner: FaceAligner, network: nn.Module, centre: Tensor) -> None:
        super().__init__()
        self.aligner, self.network = aligner, network
        self.centre: Tensor
        self.register_buffer("centre", centre)

    def forward(self, x: Tensor) -> Tensor:
        """Return the unit vectors."""
        return functional.normalize(self.network(self.aligner(x)) - self.centre, dim=1)
