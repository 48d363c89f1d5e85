"""Masks of regions are kept for the very face that they are of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.types import InputError
from pages.parts.explain import region_results
from pages.parts.session.session import Session


def test_a_face_without_masks_never_gets_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Session()

    def masks(face: Any, *, size: object) -> dict[str, Any]:
        if face.id == "bad":
            raise InputError("its landmarks are one point")
        return {face.id: np.ones((4, 4), bool)}

    def scene(name: str) -> Any:
        return SimpleNamespace(session=desk, judged=SimpleNamespace(face=SimpleNamespace(id=name)))

    monkeypatch.setattr(region_results, "region_masks", masks)
    assert set(region_results.masks_of(scene("good"))) == {"good"}
    for _ in range(2):
        with pytest.raises(InputError, match="one point"):
            region_results.masks_of(scene("bad"))
