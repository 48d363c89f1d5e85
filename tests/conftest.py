"""What the tests share: a face that may be shipped, a small random detector, and the shipped models."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("PROSOPON_CACHE", tempfile.mkdtemp(prefix="prosopon-tests-"))
# Two runs beside each other would otherwise wait for each other's threads; the servers of walks inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import pytest
import torch
from known_models import CARD, LinearModel

torch.set_num_threads(1)
from core.detectors import Detector, load
from core.detectors.architectures.blend_resnet import BlendResNet
from core.detectors.detector import prepare
from core.faces.detection import find_faces
from core.media_attack import samples
from core.types import Array


@pytest.fixture(scope="session")
def portrait() -> Array:
    """The astronaut's portrait (512, 512, 3) uint8."""
    return samples.portrait()


@pytest.fixture(scope="session")
def crop() -> Array:
    """The astronaut's face (96, 96, 3) uint8: small, so that attacks and maps are quick."""
    return cv2.resize(samples.portrait_face().crop, (96, 96), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="session")
def forged() -> Array:
    """The forged portrait, cut to (300, 400, 3) about its face: quick to search."""
    left, top, right, bottom = find_faces(samples.forged_portrait())[0].box
    x, y = round((left + right) / 2) - 200, round((top + bottom) / 2) - 150
    return np.ascontiguousarray(samples.forged_portrait()[max(y, 0) : max(y, 0) + 300, max(x, 0) : max(x, 0) + 400])


@pytest.fixture
def random_detector() -> Detector:
    """The default architecture with random weights and running statistics that fit them."""
    torch.manual_seed(1)
    model = BlendResNet().train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.rand(4, 3, 200, 200))
    return prepare("random", model, CARD)


@pytest.fixture(scope="session")
def shipped() -> Detector:
    """The shipped default detector."""
    return load()


@pytest.fixture
def linear_detector() -> Detector:
    """A linear detector for images of 12 x 12."""
    return prepare("linear", LinearModel(), CARD)


@pytest.fixture
def small_picture() -> Array:
    """(12, 12, 3) uint8."""
    return np.random.default_rng(3).integers(0, 256, (12, 12, 3)).astype(np.uint8)
