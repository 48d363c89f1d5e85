"""Alignment: landmarks land on the template, at any size, and gradients reach the crop."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from core.media.images import to_tensor
from core.media_attack import samples
from core.recognition.alignment import (
    ARCFACE,
    DLIB,
    AlignedNetwork,
    AlignmentTemplate,
    FaceAligner,
    face_crop,
    similarity_transform,
)
from core.types import Array


def test_a_similarity_is_found_again() -> None:
    points = np.asarray(ARCFACE.points)
    turn = 1.7 * np.asarray([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    found = similarity_transform(points, points @ turn.T + (5, -2))
    assert np.allclose(found, np.c_[turn, (5, -2)])


def dots(landmarks: Array, side: int) -> Array:
    image = np.zeros((side, side, 3), np.uint8)
    for x, y in landmarks:
        cv2.circle(image, (round(float(x)), round(float(y))), max(2, side // 60), (255, 255, 255), -1)
    return image


@pytest.mark.parametrize("template", [ARCFACE, DLIB], ids=["arcface", "dlib"])
@pytest.mark.parametrize("side", [90, 600])
def test_landmarks_land_on_the_template(template: AlignmentTemplate, side: int) -> None:
    wanted = np.asarray(template.points)
    marks = (wanted / template.size * 0.6 + 0.2) * side
    aligned = FaceAligner(marks, template)(to_tensor(dots(marks, side)))[0, 0].numpy()
    assert aligned.shape == (template.size, template.size)
    for x, y in wanted:
        low, left = round(y) - 4, round(x) - 4
        part = aligned[low : low + 9, left : left + 9]
        assert part.max() > 0.5
        ys, xs = np.mgrid[low : low + 9, left : left + 9]
        assert np.hypot((part * xs).sum() / part.sum() - x, (part * ys).sum() / part.sum() - y) < 1


def test_a_face_keeps_its_landmarks_in_its_crop() -> None:
    face = samples.portrait_face()
    crop = face_crop(face)
    frame = samples.portrait()
    x, y = face.landmarks[2].round().astype(int)
    a, b = crop.landmarks[2].round().astype(int)
    assert np.array_equal(crop.image[b, a], frame[y, x])


def test_gradients_reach_the_crop() -> None:
    crop = face_crop(samples.portrait_face())
    network = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(3 * 14 * 14, 6))
    module = AlignedNetwork(FaceAligner(crop.landmarks, ARCFACE), network, torch.zeros(6))
    x = to_tensor(crop.image).requires_grad_()
    vector = module(x)
    assert torch.allclose(vector.norm(dim=1), torch.ones(1))
    gradient = torch.autograd.grad(vector[0, 0], x)[0]
    nose = crop.landmarks[2].round().astype(int)
    assert gradient[0, :, nose[1] - 5 : nose[1] + 5, nose[0] - 5 : nose[0] + 5].abs().sum() > 0
