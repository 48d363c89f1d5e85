"""Desks for the page Explain: with a face, attacked, with maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from explain_session import QUICK, compute

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import Session


@pytest.fixture(autouse=True)
def _weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[Any, list[pipeline.JudgedFace], Any]:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    found = pipeline.analyse(media, pipeline.load_detector())
    return media, found, pipeline.attack(pipeline.load_detector(), found[0].face.crop, "fgsm")


@pytest.fixture
def desk(judged: tuple[Any, list[pipeline.JudgedFace], Any]) -> Session:
    """A desk with a face and two quick methods chosen."""
    made = Session()
    made.media, made.faces = judged[:2]
    made.page_state(MapSettings).methods = QUICK
    return made


@pytest.fixture
def attacked(desk: Session, judged: tuple[Any, list[pipeline.JudgedFace], Any]) -> Session:
    keep_attack(desk, desk.faces[0].face.id, desk.detector.version, judged[2])
    return desk


@pytest.fixture
def mapped(attacked: Session) -> Session:
    """The same with its maps."""
    compute(attacked)
    return attacked
