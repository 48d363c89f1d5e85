"""The page Cases, and “Add to case” on Inspect."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from made_cases import made_case
from media_files import image
from page_runs import labels_of, page, texts
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.cases.case_folder import CaseFolder, new_case, open_case
from core.cases.verification import verify
from core.detectors import Detector
from core.media_attack import samples
from core.output.shown_record import ShownRecord
from pages.parts.cases import case_list
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.current_case import add_open_file, add_page, current_case
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of settings and of cases of the test's own."""
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PROSOPON_CASES", str(tmp_path / "cases"))
    (tmp_path / "cases").mkdir()
    return tmp_path / "cases"


def click(test: AppTest, label: str) -> AppTest:
    found = next(button for button in test.button if button.label == label)
    return found.click().run()


def finished(test: AppTest) -> AppTest:
    session = test.session_state["session"]
    assert session.job
    assert session.job.thread
    session.job.thread.join(60)
    assert session.job.problem is None
    return test.run()


def test_a_case_is_made_listed_and_opened(folders: Path) -> None:
    test = page("cases", Session()).run()
    assert "There are no cases in this folder yet" in texts(test)
    assert "Whoever reaches this dashboard can open every case" in texts(test)
    click(test, "Make the case")
    assert "A case has a title" in texts(test).replace("\\", "")
    click(test, "Open")
    assert "Name the folder of a case; nothing was named" in texts(test)
    test.text_input(key="new-title").input("One face, two videos")
    test.text_input(key="new-examiner").input("Ada")
    click(test, "Make the case")
    assert not test.exception
    assert "No conclusion yet" in texts(test)
    case = open_case(folders / "one-face-two-videos")
    assert case.state().facts.examiner == "Ada"
    click(test, "Close the case")
    assert "One face, two videos" in texts(test).replace("\\", "")
    assert [head.value for head in test.header] == ["1 of 1 case has no conclusion yet."]
    click(test, "Open")
    assert current_case(test.session_state["session"]) is not None


def test_a_case_is_marked_noted_concluded_verified_and_reported(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = made_case(folders / "made")
    desk = Session()
    desk.page_state(CurrentCase).folder = case.root
    desk.page_state(CurrentCase).actor = "Ada"
    test = page("cases", desk).run()
    assert not test.exception
    shown = texts(test).replace("\\", "")
    assert "moderate support for the proposition that the exhibits are manipulated" in shown
    assert "Concluded by Ada, reviewed by Bela" in shown
    test.text_area(key="note-text").input("Lips lag")
    click(test, "Add the note")
    assert case.state().notes[-1].actor == "Ada"
    test.text_input(key="actor").input("Dora").run()
    test.text_area(key="note-text").input("Lips lag")
    click(test, "Add the note")
    assert case.state().notes[-1].actor == "Dora"
    test.text_input(key="actor").input("Ada").run()
    test.text_input(key="reviewer").input("ada")
    click(test, "Conclude")
    assert "The reviewer is somebody else" in texts(test).replace("\\", "")
    test.text_input(key="reviewer").input("Cyd")
    click(test, "Conclude")
    state = case.state()
    assert state.notes[-1].text == "Lips lag"
    assert state.conclusion
    assert (state.conclusion.reviewer, state.conclusion.tool[1][1]) == ("Cyd", "two\nlines.png")
    finished(click(test, "Verify"))
    assert "Nothing was changed in the case: 14 entries" in test.success[0].value
    assert not test.warning
    monkeypatch.setenv("PROSOPON_CONFIG", str(folders.parent / "of somebody else"))
    assert "which is NOT this program's own" in test.run().warning[0].value
    next((case.root / "results").rglob("maps.npz")).unlink()
    finished(click(test, "Verify"))
    assert "1 change found in the case" in texts(test)


@pytest.mark.slow
def test_the_open_file_is_added_with_one_click_and_taken_away(folders: Path, shipped: Detector) -> None:
    case = made_case(folders / "made")
    desk = Session()
    desk.original = samples.sample("portrait.png", shipped)
    desk.media = pipeline.open_media(desk.original)
    desk.faces = pipeline.analyse(desk.media, desk.detector)
    desk.page_state(CurrentCase).folder = case.root
    test = finished(click(page("inspect", desk).run(), "Add to case"))
    assert not test.exception
    assert "In the case as E3" in texts(test)
    exhibit = case.state().exhibits[2]
    assert (exhibit.name, exhibit.sha256) == ("portrait.png", desk.media.id)
    assert case.state().result_of(exhibit.sha256) is not None
    test = page("cases", desk).run()
    assert not next(button for button in test.button if button.label == "Conclude").disabled
    finished(click(test, "Export the bundle"))
    finished(click(test, "Write the report"))
    assert not test.exception
    assert labels_of(test) == ["Report as PDF", "Bundle as ZIP"]
    assert verify(folders / "made.zip").ok


@pytest.fixture
def only_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are kept, but not analysed."""

    def keep(case: CaseFolder, files: list[tuple[Path, str]], *_: object, **__: object) -> list[str]:
        case.add_file(*files[0])
        return []

    monkeypatch.setattr("pages.parts.session.current_case.add_to_case", keep)


@pytest.mark.usefixtures("only_kept")
def test_one_click_adds_the_file_with_what_pages_showed(folders: Path) -> None:
    case = new_case(folders / "first", "First")
    desk, data = Session(), image("PNG")
    desk.media, desk.original = pipeline.open_media(data, "one.png"), data
    desk.page_state(CurrentCase).folder = case.root
    hand_in(desk, ShownRecord("sweep", "FGSM turns 1 of 2.", {"seed": 0}, {"points": []}, {"plot.png": data}))
    hand_in(desk, ShownRecord("sweep", "FGSM turns 2 of 2.", {"seed": 0}, {"points": [1]}, {"plot.png": data}))
    hand_in(desk, ShownRecord("sweep", "FGSM turns 2 of 2.", {"seed": 1}, {"points": [1]}))
    test = finished(click(page("inspect", desk).run(), "Add to case"))
    assert not test.exception
    assert "In the case as E1" in texts(test)
    assert desk.page_state(CurrentCase).message == "one.png is in the case as E1, with 2 new results."
    finished(click(page("inspect", desk).run(), "Add to case"))
    assert [one.place for one in case.state().records] == ["results/E1/sweep-1.json", "results/E1/sweep-2.json"]
    assert verify(case.root).ok
    shown = texts(page("cases", desk).run()).replace("\\", "")
    assert "**Sweep** FGSM turns 2 of 2." in shown
    assert "log entry 3: results/E1/sweep-1.json" in shown
    (case.root / "results/E1/sweep-1-plot.png").unlink()
    assert [one.where for one in verify(case.root).findings] == ["results/E1/sweep-1-plot.png"]


@pytest.mark.usefixtures("only_kept")
def test_mark_and_note_of_the_queue_come_along(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, path = new_case(folders / "first", "First"), folders / "one.png"
    path.write_bytes(image("PNG"))
    desk = Session()
    desk.media, desk.original = pipeline.open_media(path), path
    row = SimpleNamespace(path=path, mark="1", note="look at the hair")
    monkeypatch.setattr("pages.parts.session.current_case.queue_rows", lambda _: [row])
    for _ in range(2):
        add_open_file(desk, case)
        assert desk.job
        assert desk.job.thread
        desk.job.thread.join(60)
        assert desk.job.problem is None
    (note,) = case.state().notes
    assert (note.text, note.exhibit) == ("In the queue: marked “Suspicious”; look at the hair", desk.media.id)


def test_nothing_is_added_without_a_file(folders: Path) -> None:
    from core.types import InputError

    with pytest.raises(InputError, match="shows no result"):
        add_page(Session(), CaseFolder(folders, "Ada"))
    with pytest.raises(InputError, match="no file is open"):
        add_open_file(Session(), CaseFolder(folders, "Ada"))


@pytest.mark.slow
def test_an_address_opens_what_a_case_holds(folders: Path, shipped: Detector) -> None:
    case = new_case(folders / "first", "First")
    exhibit, _ = case.add_file(samples.sample("portrait.png", shipped))
    test = page("inspect", Session())
    test.query_params["file"], test.query_params["face"] = exhibit.sha256, "0"
    finished(test.run())
    session = test.session_state["session"]
    assert session.media.id == exhibit.sha256
    assert (session.media.name, session.original) == ("portrait.png", case.original(exhibit))
    session.media = session.original = None
    assert session.media is None
    test.query_params["file"] = "0" * 64
    assert "is in no case, in no queue of this visit" in texts(test.run())


@pytest.mark.parametrize(
    ("waiting", "said"),
    [
        ([], "No case here can be read."),
        ([False], "The case here has a conclusion."),
        ([False, False], "All of 2 cases have a conclusion."),
        ([True, False], "1 of 2 cases has no conclusion yet."),
        ([True, True], "2 of 2 cases have no conclusion yet."),
    ],
)
def test_the_first_sentence_counts_the_cases_that_can_be_read(waiting: list[bool], said: str) -> None:
    assert case_list._waiting_words(waiting, len(waiting) or 1) == said
