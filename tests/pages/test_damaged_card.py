"""Every page with an empty or a damaged card of the default detector: one sentence, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_runs import ROOT, page

from core import pipeline
from core.detectors import DEFAULT, Detector
from core.media_attack import samples
from core.storage import paths
from core.storage.error_log import error_log
from core.types import JudgedFace, Media
from pages.parts.session.session import Session

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
CARDS = {"empty": "", "a list": "[]"}


@pytest.fixture(params=CARDS)
def damaged(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The shipped models, but for one card; returns its file's name."""
    folder, name = tmp_path / "models", f"{DEFAULT}.json"
    folder.mkdir()
    for path in paths.MODELS.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / name).unlink()
    (folder / name).write_text(CARDS[request.param])
    monkeypatch.setattr(paths, "MODELS", folder)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr("core.storage.error_log.platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "logs"))
    return name


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[Media, list[JudgedFace], str]:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    return media, pipeline.analyse(media, shipped), shipped.version


def check(name: str, session: Session, card: str) -> list[str]:
    """Draw a page; return the errors and warnings that name the card."""
    test = page(name, session).run()
    assert not test.exception
    assert not error_log().is_file(), "no fault of the program"
    said = [str(one.value).replace("\\", "") for one in (*test.error, *test.warning)]
    return [one for one in said if card in one]


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_page_says_it_in_at_most_one_sentence(name: str, damaged: str) -> None:
    said = check(name, Session(), damaged)
    assert len(said) == (name in ("detectors", "inspect", "methods")), said
    assert all("is damaged" in one for one in said)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_with_a_face_says_it_in_one_sentence(
    name: str, judged: tuple[Media, list[JudgedFace], str], damaged: str
) -> None:
    session = Session()
    session.media, session.faces, session.judged_by = judged
    said = check(name, session, damaged)
    assert len({one.lower().split(" choose another")[0] for one in said}) == (name != "story"), said


def test_another_detector_can_be_chosen(damaged: str) -> None:
    session = Session()
    test = page("detectors", session).run()
    choice = next(one for one in test.selectbox if one.label == "Detector")
    choice.select(next(one for one in choice.options if "blended" in one)).run()
    assert session.detector_name == "resnet-blend"
    assert not test.exception
    assert not test.error
