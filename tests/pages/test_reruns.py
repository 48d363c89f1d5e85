"""What a rerun of a page may not do: pass an image through a network, wait for a detector, load one twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import plotly.graph_objects as go
import pytest
from page_runs import labels_of
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from core import pipeline
from core.detectors import Detector
from core.detectors.checkpoints import status
from core.media_attack import samples
from core.types.attack_answer import NO_SIGN, SIGNS, UNDECIDED
from pages.parts.detectors.detectors_settings import DetectorsSettings
from pages.parts.session.judging import open_media
from pages.parts.session.session import Session

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted(path.stem for path in (ROOT / "pages").glob("*.py")))
DETECTOR_TABS = ("This detector", "Weights", "Calibrate", "Compare")

ANSWERS = (SIGNS, NO_SIGN, UNDECIDED, "Processed or noisy")


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[object, list[pipeline.JudgedFace]]:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    return media, pipeline.analyse(media, pipeline.load_detector())


@pytest.fixture
def desk(judged: tuple[object, list[pipeline.JudgedFace]]) -> Session:
    """A face that is called real, so that it can be asked whether it was attacked; nobody did."""
    made = Session()
    made.media, made.faces = judged  # type: ignore[assignment]
    made.judged_by = made.detector.version
    assert made.focused
    assert made.focused.verdict
    assert made.focused.verdict.label == "real"
    return made


@pytest.fixture
def passes() -> Iterator[list[str]]:
    """The threads in which a module was called."""
    threads: list[str] = []

    def note(module: nn.Module, _: object) -> None:
        threads.append(threading.current_thread().name)

    handle = register_module_forward_pre_hook(note)
    yield threads
    handle.remove()


@pytest.fixture
def held(desk: Session) -> Iterator[None]:
    """Somebody else's long work holds the detector meanwhile."""
    taken, done = threading.Event(), threading.Event()

    def work() -> None:
        with desk.detector.lock:
            taken.set()
            done.wait()

    thread = threading.Thread(target=work)
    thread.start()
    taken.wait()
    yield
    done.set()
    thread.join()


def run(name: str, desk: Session) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60)
    test.session_state["session"] = desk
    test.run()
    assert not test.exception
    return test


def words(test: AppTest) -> str:
    kinds = ("header", "markdown", "caption", "info", "error", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind)).replace("\\", "")


def click(test: AppTest, label: str) -> AppTest:
    test = next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


@pytest.mark.parametrize("name", PAGES)
def test_a_rerun_needs_no_pass(name: str, desk: Session, passes: list[str]) -> None:
    run(name, desk)
    assert not passes


@pytest.mark.parametrize("name", PAGES)
def test_a_rerun_encodes_no_image(name: str, desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    test = run(name, desk)
    monkeypatch.setattr(Image.Image, "save", lambda *_, **__: pytest.fail("encoded again"))
    monkeypatch.setattr(cv2, "imencode", lambda *_, **__: pytest.fail("encoded again"))
    test.run()
    assert not test.exception


@pytest.mark.parametrize("name", PAGES)
def test_a_rerun_draws_no_chart_anew(name: str, desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    test = run(name, desk)
    monkeypatch.setattr(go.Figure, "update_layout", lambda *_, **__: pytest.fail("drawn again"))
    test.run()
    assert not test.exception


def test_a_folded_card_is_drawn_once_it_is_opened(desk: Session) -> None:
    test = run("methods", desk)
    assert "Card as JSON" not in labels_of(test)
    test.session_state["methods-card"] = True
    test.run()
    assert "Card as JSON" in labels_of(test)


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", PAGES)
def test_a_rerun_needs_no_free_detector(name: str, desk: Session) -> None:
    test = run(name, desk)
    assert not test.error
    assert ("portrait.png" in words(test)) == (name != "story"), "the head of the page is there; Story has none"


def test_the_head_says_whether_a_face_was_attacked_once_that_was_asked(desk: Session, passes: list[str]) -> None:
    test = run("methods", desk)
    before = sum(words(test).count(word) for word in ANSWERS)
    click(test, "Attacked?")
    assert sum(words(test).count(word) for word in ANSWERS) == before + 1
    assert {name.split("-")[0] for name in passes} == {"prosopon"}
    assert "Attacked?" not in [button.label for button in test.button]


def test_it_is_asked_about_the_face_in_focus_after_the_verdict(
    judged: tuple[object, list[pipeline.JudgedFace]],
) -> None:
    desk = Session()
    open_media(desk, lambda **_: judged[0], "portrait.png")  # type: ignore[arg-type]
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join()
    test = run("methods", desk)
    assert [word for word in ANSWERS if word in words(test)]
    assert "Attacked?" not in [button.label for button in test.button]


def test_the_map_that_the_attack_detector_reads_is_made_on_a_click(desk: Session, passes: list[str]) -> None:
    test = click(run("attacked", desk), "Look for signs of an attack")
    assert "Attack detector, beside them:" in words(test)
    assert {name.split("-")[0] for name in passes} == {"prosopon"}


def test_a_face_is_placed_on_a_click(desk: Session, passes: list[str]) -> None:
    test = click(run("signatures", desk), "Place this face")
    assert "nearest are" in words(test)
    assert {name.split("-")[0] for name in passes} == {"prosopon"}


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the detectors that were looked for on the disk."""
    names: list[str] = []
    located = status.locate

    def counted(name: str, *, folder: Path | None = None) -> object:
        names.append(name)
        return located(name, folder=folder)

    monkeypatch.setattr(status, "locate", counted)
    return names


@pytest.mark.parametrize("name", PAGES)
def test_a_rerun_loads_a_detector_once(name: str, desk: Session, loads: list[str]) -> None:
    loads.clear()
    run(name, desk)
    assert len(loads) == (name != "story")


@pytest.mark.parametrize("tab", DETECTOR_TABS)
def test_each_tab_of_the_detectors_loads_one_once(tab: str, desk: Session, loads: list[str]) -> None:
    desk.page_state(DetectorsSettings).tab = tab
    desk.page_state(DetectorsSettings).compared = pipeline.compare([item.face for item in desk.faces], [desk.detector])
    loads.clear()
    run("detectors", desk)
    assert len(loads) == 1
