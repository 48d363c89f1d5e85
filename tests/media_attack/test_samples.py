"""Samples have thumbnails, which show what the samples show."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from core.types import Array

HEAD = slice(30, 210), slice(90, 360)  # rows and columns
SIZE = 144, 96  # pixels of a thumbnail


def drawn(name: str, detector: Detector) -> Array:
    """The head in a sample's last frame, as small as its thumbnail."""
    media = pipeline.open_media(samples.sample(name, detector))
    return cv2.resize(media.frame(media.frames - 1)[HEAD], SIZE, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", [one.name for one in samples.SAMPLES])
def test_a_thumbnail_shows_its_sample(name: str, shipped: Detector) -> None:
    with Image.open(samples.thumbnail(name)) as image:
        assert image.size == SIZE
        shown = np.asarray(image.convert("RGB"))
    assert np.abs(shown - drawn(name, shipped).astype(float)).mean() < 6
