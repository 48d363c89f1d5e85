"""The card of each registered detector, with all that was measured of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_runs import page, texts

from core.detectors import DETECTORS
from core.detectors.checkpoints import status
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session.session import Session


@pytest.mark.parametrize("name", [name for name in DETECTORS if status.measurements_of(name)])
def test_a_measured_detector_is_drawn_whole(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    desk = Session()
    desk.page_state(DetectorsSettings).shown = name
    test = page("detectors", desk)
    test.session_state["full-card"] = True
    test.run()
    assert not test.exception
    assert "Good at:" in texts(test)
