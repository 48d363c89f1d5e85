"""Every page with damaged measurements of the default detector: one sentence that names file and key, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from page_runs import ROOT, page

from core import pipeline
from core.detectors import DEFAULT
from core.media_attack import samples
from core.storage import paths
from core.storage.error_log import error_log
from core.types import JudgedFace, Media
from pages.parts.session.session import Session

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
NAME = f"{DEFAULT}.measured.json"
ROW = {"kind": "attack", "label": "under PGD", "result": {"attacked": 3}}


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped models, but for the default detector's measurements, which lack a key."""
    folder = tmp_path / "models"
    folder.mkdir()
    for path in paths.MODELS.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / NAME).unlink()
    (folder / NAME).write_text(json.dumps({"measurements": [ROW]}))
    monkeypatch.setattr(paths, "MODELS", folder)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr("core.storage.error_log.platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "logs"))


@pytest.fixture(scope="module")
def judged() -> tuple[Media, list[JudgedFace], str]:
    detector = pipeline.load_detector(DEFAULT)
    media = pipeline.open_media(samples.sample("portrait.png", detector))
    return media, pipeline.analyse(media, detector), detector.version


@pytest.mark.usefixtures("damaged")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_it_in_at_most_one_sentence(name: str, judged: tuple[Media, list[JudgedFace], str]) -> None:
    session = Session()
    session.media, session.faces, session.judged_by = judged
    test = page(name, session)
    test.session_state["how-sure"] = True  # there Inspect tells of measurements
    test.run()
    assert not test.exception
    assert not error_log().is_file(), "no fault of the program"
    said = {str(one.value).replace("\\", "") for one in (*test.error, *test.warning)}
    said = {one for one in said if NAME in one}
    assert len(said) <= 1, said
    assert all("the key called_real is missing" in one for one in said)
    assert bool(said) == (name in ("detectors", "inspect")), said
