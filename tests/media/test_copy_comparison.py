"""Two copies of one file: the very same, the same pixels, a small change everywhere, coded again, mirrored, another."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from media_files import video
from PIL import Image

from core.media.copy_comparison import CopyComparison, compare_copies
from core.media.images import encode_png
from core.media.open import open_media
from core.output.copy_sentences import copy_sentence
from core.types import Array, InputError, Media


def opened(pixels: Array, kind: str = "PNG", **options: int) -> Media:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return open_media(buffer.getvalue(), f"copy.{kind.lower()}")


def test_each_kind_of_copy_is_told(portrait: Array) -> None:
    one = open_media(encode_png(portrait), "one.png")
    noise = np.random.default_rng(0).integers(-4, 5, portrait.shape)
    attacked = np.clip(portrait.astype(int) + noise, 0, 255).astype(np.uint8)
    half = np.asarray(Image.fromarray(portrait).resize((portrait.shape[1] // 2, portrait.shape[0] // 2)))
    told = {
        "identical": one,
        "same pixels": opened(portrait, "BMP"),
        "bounded": opened(attacked),
        "similar": opened(portrait, "JPEG", quality=20),
        "mirrored": opened(np.ascontiguousarray(portrait[:, ::-1])),
        "other": opened(np.random.default_rng(1).integers(0, 256, portrait.shape).astype(np.uint8)),
    }
    assert {name: compare_copies(one, other).kind for name, other in told.items()} == {name: name for name in told}
    bounded = compare_copies(one, told["bounded"])
    assert bounded.largest == int(np.abs(attacked.astype(int) - portrait).max())
    assert bounded.changed == pytest.approx(float((attacked != portrait).any(2).mean()))
    assert "differs by more than 4/255" in copy_sentence(bounded)
    assert "possibly an attacked copy" in copy_sentence(bounded)
    small = compare_copies(one, opened(half))
    assert (small.kind, small.largest, small.changed) == ("similar", None, None)
    assert "another size" in copy_sentence(small)


def test_a_mirrored_copy_that_was_changed_a_little_is_told_as_both(portrait: Array) -> None:
    one = open_media(encode_png(portrait), "one.png")
    noise = np.random.default_rng(0).integers(-8, 9, portrait.shape)
    turned = np.clip(portrait[:, ::-1].astype(int) + noise, 0, 255).astype(np.uint8)
    found = compare_copies(one, opened(turned))
    assert (found.kind, found.largest) == ("mirrored", 8)
    assert found.changed == pytest.approx(float((turned[:, ::-1] != portrait).any(2).mean()))
    assert "mirrored, and no pixel differs from the mirror image by more than 8/255" in copy_sentence(found)
    assert "possibly an attacked copy" in copy_sentence(found)
    same = compare_copies(one, opened(np.ascontiguousarray(portrait[:, ::-1])))
    assert (same.kind, same.largest, same.changed) == ("mirrored", 0, 0.0)
    assert copy_sentence(same) == "The same picture, mirrored, and the very same pixels."
    half = Image.fromarray(turned).resize((portrait.shape[1] // 2, portrait.shape[0] // 2))
    small = compare_copies(one, opened(np.asarray(half)))
    assert (small.kind, small.largest) == ("mirrored", None)
    assert "resized, cut, coded again or edited" in copy_sentence(small)


def test_two_videos_are_compared_over_their_frames(tmp_path: Path) -> None:
    one = open_media(video(tmp_path, "one.mkv", "ffv1"), "one.mkv")
    other = open_media(video(tmp_path, "other.mp4", "libx264", crf="40"), "other.mp4")
    found = compare_copies(one, other, frames=4)
    assert found.frames == 4
    assert found.largest is not None
    assert found.largest > 0
    assert compare_copies(one, opened(one.frame(0)), frames=4).largest is None  # no film and a still


def test_a_comparison_is_of_a_known_kind() -> None:
    with pytest.raises(InputError, match="copies are one of identical"):
        CopyComparison("alike", 0, 0.0, 0, 1)  # type: ignore[arg-type]
