"""Images are encoded once, without a loss, and no more are kept than their bound."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest

from core.media.images import decode_png, encode_png, kept_png
from core.types import Array
from pages.parts.widgets import encoded_images
from pages.parts.widgets.encoded_images import drawn_image, drawn_png, png_of


def noise(seed: int, side: int = 40) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def test_an_image_is_encoded_once_and_comes_back_as_it_was() -> None:
    image = noise(1)
    first = png_of(image)
    assert np.array_equal(decode_png(first), image)
    with patch.object(encoded_images, "encode_png", side_effect=AssertionError("encoded again")):
        assert png_of(image.copy()) is first
    assert decode_png(png_of(image, longest=20)).shape == (20, 20, 3)


def test_an_attacked_face_is_decoded_once_and_stays_as_it_is() -> None:
    image = noise(5)
    data = encode_png(image)
    found = kept_png(data)
    assert np.array_equal(found, image)
    assert kept_png(data) is found
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 0


def test_the_one_that_nobody_asked_for_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_images, "LIMIT", 3 * len(png_of(noise(2))))
    drawn = list[int]()

    def draw(seed: int) -> Array:
        drawn.append(seed)
        return noise(seed)

    for seed in (10, 11, 12, 10, 13, 10, 11):
        drawn_png(f"seed {seed}", lambda seed=seed: draw(seed))  # type: ignore[misc]
    assert drawn == [10, 11, 12, 13, 11]


def test_a_drawing_is_made_once_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_images, "DRAWN_LIMIT", 2 * noise(2).nbytes)
    drawn = list[int]()

    def draw(seed: int) -> Array:
        drawn.append(seed)
        return noise(seed)

    for seed in (20, 21, 20, 22, 20, 21):
        found = drawn_image(f"drawing {seed}", lambda seed=seed: draw(seed))  # type: ignore[misc]
        assert np.array_equal(found, noise(seed))
        with pytest.raises(ValueError, match="read-only"):
            found[:] = 0
    assert drawn == [20, 21, 22, 21]
