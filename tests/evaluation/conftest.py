"""The shipped detector on smaller images, for commands that ask it many times."""

from __future__ import annotations

import pytest
from checkpoints import narrowed

from core import pipeline
from core.detectors import Detector

NARROW = 112  # pixels inside: a third of the time, and the forged portrait is called fake as before


@pytest.fixture
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    load = pipeline.load_detector

    def narrow(name: str) -> Detector:
        found = load(name)
        narrowed(found.model, NARROW)
        return found

    monkeypatch.setattr(pipeline, "load_detector", narrow)
