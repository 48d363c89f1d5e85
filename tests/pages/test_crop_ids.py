"""A crop is hashed once, and forgotten with its pixels."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from core.types import content_id
from pages.parts.session import crop_ids


def test_a_crop_is_hashed_once_and_forgotten_with_its_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = np.zeros((4, 4, 3), np.uint8), np.ones((4, 4, 3), np.uint8)
    known: dict[int, object] = {}
    monkeypatch.setattr(crop_ids, "_known", known)
    assert crop_ids.crop_id(first) == content_id(first)
    assert crop_ids.crop_id(second) == content_id(second)
    monkeypatch.setattr(crop_ids, "content_id", lambda _: pytest.fail("hashed again"))
    assert crop_ids.crop_id(first) != crop_ids.crop_id(second)
    del first, second
    gc.collect()
    assert not known
