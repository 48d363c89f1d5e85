"""Sets of a user's own on Signatures: faces are added by a job, a set is chosen, and all on the page is of it."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrowed import some
from page_runs import click, page, run, texts
from PIL import Image
from replayed_cases import attacked_desk, held, replayed
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.cases.case_folder import new_case
from core.detectors import Detector
from core.engine import own_set_work
from core.engine.faces_to_add import found_face
from core.engine.jobs import Job
from core.engine.own_set_work import add_faces
from core.engine.reference_rows import reference_row
from core.output.signature_sentences import neighbours_sentence
from core.signatures import load_reference_set
from core.signatures.own_faces import keep_face, keys_of_set, read_face, set_names
from core.signatures.reference import reference_card
from core.types import Array, content_id
from core.types.own_set_values import FaceLabel, FileFace
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.own_set_jobs import CHANGES
from pages.parts.session.session import Session
from pages.parts.session.signature_places import face_in_file, stored_place
from pages.parts.signatures.face_sources import FACES, TO_LABEL
from pages.parts.signatures.own_set_form import FOLD, KEPT
from pages.parts.signatures.set_errors import KEY, QUESTION
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets import picked_table, progress_bar, reference_plane

NAME = "Name of the new set"
ROWS: dict[tuple[str, ...], tuple[Array, Array]] = {}
LABELS = (FaceLabel("real"), FaceLabel("fake"), FaceLabel("attacked", "pgd"))


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setattr(own_set_work, "reference_row", kept_row)


def kept_row(detector: Detector, crop: Array, kind: str, *, regions: Array | None = None) -> tuple[Array, Array]:
    """Answer as `reference_row` does; it is asked once for each face and kind: several sets hold the same noise."""
    key = detector.version, content_id(crop), kind, "" if regions is None else content_id(regions)
    if key not in ROWS:
        ROWS[key] = reference_row(detector, crop, kind, regions=regions)
        for part in ROWS[key]:
            part.setflags(write=False)
    return ROWS[key]


@pytest.fixture
def fresh(desk: Session) -> Session:
    """A session of its own with the module's open file and the attack on its face."""
    made = Session(results=desk.results)
    made.media, made.faces, made.original = desk.media, desk.faces, desk.original
    return made


def finish(desk: Session) -> None:
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join()


def opened(desk: Session) -> AppTest:
    test = page("signatures", desk)
    test.session_state[FOLD] = True
    run(test)
    return test


def chosen(test: AppTest, kind: str, label: str) -> Any:
    (found,) = (one for one in getattr(test, kind) if one.label == label)
    return found


def sent(test: AppTest, desk: Session, label: str) -> str:
    """Click what begins work; what the page says once it is done: each message once."""
    words = click(test, label)
    finish(desk)
    return "\n".join([words, *(str(one.value).replace("\\", "") for one in test.success)])


def filled(desk: Session, name: str, count: int = 9, *, people: int = 0) -> None:
    """A set of noise of every kind, of so many people; 0: nobody says whose."""
    rng = np.random.default_rng(0)
    faces = [
        found_face(
            rng.integers(0, 256, (48, 48, 3)).astype(np.uint8),
            LABELS[number % 3],
            person=f"p{number % people}" if people else "",
            face=FileFace(f"{number:016x}", 0),
            source=f"{number}.png",
        )
        for number in range(count)
    ]
    add_faces(name, desk.detector, faces)


def add(test: AppTest, desk: Session, name: str, label: str) -> str:
    """Fill the form in and send it; what the page says once the work is done."""
    chosen(test, "text_input", NAME).set_value(name)
    chosen(test, "segmented_control", "It is").set_value(label)
    run(test)
    return sent(test, desk, "Add to the set")


@pytest.mark.slow
def test_the_open_files_face_begins_a_set_that_the_page_is_of_then(fresh: Session) -> None:
    test = opened(fresh)
    assert KEPT in texts(test)
    assert "Compared with" not in [one.label for one in test.selectbox]
    chosen(test, "text_input", NAME).set_value("mine")
    run(test)
    assert TO_LABEL in click(test, "Add to the set")
    words = add(test, fresh, "mine", "forged")
    assert "1 face added to mine. It holds 1 signature of 1 file whose person nobody named." in words
    assert "Compared with your set mine, not with the shipped one: 1 forged" in words
    (key,) = keys_of_set("mine")
    face = read_face("mine", key)
    assert face
    assert face.facts.label == FaceLabel("fake")
    assert fresh.media
    assert face.facts.source == fresh.media.name
    click(test, "Place this face")
    finish(fresh)
    assert "The set mine has nobody but this face's person, or perhaps it; add faces" in run(test), "not with itself"
    filled(fresh, "mine", 3, people=3)
    said = sent(test, fresh, "Place this face")
    (heading,) = (one.value for one in test.header)
    assert heading.startswith("Too few to tell: 1 of the 3 nearest of the attacked face is ")
    assert "Another picture of this face is in the set; it was left out" in said, (
        "as it came; the attacked one is shown"
    )
    assert "the reference is too small to tell" in said
    crop = fresh.faces[0].face.crop
    own, shipped = reference_card("mine"), reference_card()
    crops = [crop, pipeline.attacked_crop(some(latest_attack(fresh)))]
    assert stored_place(fresh, crop, own, crops, face_in_file(fresh, fresh.faces[0].face))
    assert stored_place(fresh, crop, shipped) is None, "two sets share no places"


@pytest.mark.slow
def test_the_attacked_face_is_added_as_what_it_was_attacked_by(fresh: Session) -> None:
    test = opened(fresh)
    chosen(test, "segmented_control", "Which faces").set_value("The attacked face")
    chosen(test, "text_input", NAME).set_value("mine")
    run(test)
    chosen(test, "text_input", "Whose face it is").set_value(" Ada ")
    run(test)
    click(test, "Add to the set")
    finish(fresh)
    (key,) = keys_of_set("mine")
    face = read_face("mine", key)
    assert face
    assert (face.facts.label, face.facts.person, face.facts.named) == (FaceLabel("attacked", "pgd"), "Ada", True)
    filled(fresh, "mine", 3, people=3)
    words = sent(test, fresh, "Place this face")
    assert "This face is in the set; it was left out" in words, "the attacked face, which is shown"
    chosen(test, "segmented_control", "Neighbours of the face").set_value("clean")
    assert "Of this face an attacked version alone is in the set; it was left out." in run(test)
    crops = [fresh.faces[0].face.crop, pipeline.attacked_crop(some(latest_attack(fresh)))]
    for crop in crops:
        place = some(stored_place(fresh, crop, reference_card("mine"), crops, face_in_file(fresh, fresh.faces[0].face)))
        assert (place.evidence.left_out, len(place.neighbours)) == (1, 3), "its attacked version is in the set"


@pytest.mark.slow
def test_an_attack_that_changed_nothing_makes_no_attacked_face(fresh: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "attacked_crop", lambda _: fresh.faces[0].face.crop)
    test = opened(fresh)
    chosen(test, "segmented_control", "Which faces").set_value("The attacked face")
    chosen(test, "text_input", NAME).set_value("mine")
    run(test)
    assert "PGD left the face as it was, so that it is not attacked" in click(test, "Add to the set")
    assert set_names() == []


@pytest.mark.slow
def test_a_folder_and_a_case_are_added(fresh: Session, forged: Array, tmp_path: Path) -> None:
    for number, name in enumerate(("real/a.png", "swap/a-1.png")):
        (tmp_path / name).parent.mkdir()
        Image.fromarray(np.minimum(forged, 255 - 9 * number)).save(tmp_path / name)
    test = opened(fresh)
    chosen(test, "segmented_control", "Which faces").set_value("A folder")
    chosen(test, "text_input", NAME).set_value("mine")
    run(test)
    assert "Give the path of a folder first." in click(test, "Add to the set")
    chosen(test, "text_input", "Folder").set_value("~nobody-of-this-name/x")
    run(test)
    assert "There is no home of that name" in click(test, "Add to the set")
    chosen(test, "text_input", "Folder").set_value(str(tmp_path / "nowhere"))
    run(test)
    assert "nowhere is not a folder" in sent(test, fresh, "Add to the set")
    chosen(test, "text_input", "Folder").set_value(str(tmp_path))
    run(test)
    assert "3 faces added to mine. It holds 3 signatures of 1 person." in sent(test, fresh, "Add to the set")

    case = new_case(tmp_path / "case", "Case", actor="Ada")
    Image.fromarray(np.minimum(forged, 200)).save(tmp_path / "more.png")
    case.add_file(tmp_path / "more.png")
    fresh.page_state(CurrentCase).open(case.root)
    test = opened(fresh)
    chosen(test, "segmented_control", "Which faces").set_value("The open case")
    run(test)
    chosen(test, "segmented_control", "They are").set_value("attacked")
    run(test)
    assert chosen(test, "selectbox", "By which attack").value == "unknown"
    assert "1 face added to mine" in sent(test, fresh, "Add to the set")
    assert reference_card("mine").attacks == ("none", "fgsm", "unknown")

    other = new_case(tmp_path / "other", "Other", actor="Ada")
    Image.fromarray(np.minimum(forged, 180)).save(tmp_path / "another.png")
    other.add_file(tmp_path / "more.png")
    other.add_file(tmp_path / "another.png")
    fresh.page_state(CurrentCase).open(other.root)
    run(test)
    assert len(chosen(test, "multiselect", "Files of the case").value) == 2, "those of the case that is open now"


def test_a_name_that_cannot_be_one_is_refused(fresh: Session) -> None:
    test = opened(fresh)
    assert "Give the new set a name." in click(test, "Add to the set")
    chosen(test, "text_input", NAME).set_value("My set")
    chosen(test, "segmented_control", "It is").set_value("real")
    run(test)
    assert "A set's name has up to 64 of a-z" in click(test, "Add to the set")
    assert set_names() == []
    assert FACES not in chosen(test, "segmented_control", "Which faces").options, "the file has one face"


@pytest.mark.slow
def test_all_on_the_page_is_of_the_chosen_set(fresh: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    planes, tables = list[dict[str, Any]](), list[dict[str, Any]]()
    monkeypatch.setattr(reference_plane, "_PLANE", lambda *, data, **_: planes.append(data))
    monkeypatch.setattr(picked_table, "_TABLE", lambda *, data, **_: tables.append(data))
    filled(fresh, "mine", 30, people=10)
    settings = fresh.page_state(SignatureSettings)
    test = page("signatures", fresh)
    words = run(test)
    assert "Compared with your set" not in words
    shipped = planes[-1]
    settings.picked = 500
    chosen(test, "selectbox", "Compared with").set_value("mine")
    words = run(test)
    assert (
        "Compared with your set mine, not with the shipped one: 10 real, 10 forged, 10 attacked, of 10 people." in words
    )
    assert settings.picked is None, "a point of another set"
    assert planes[-1]["url"] != shipped["url"]
    assert (shipped["attacks"], planes[-1]["attacks"]) == (["none", "pgd", "fgsm"], ["none", "pgd"])
    words = sent(test, fresh, "Place this face")
    crops = [fresh.faces[0].face.crop, pipeline.attacked_crop(some(latest_attack(fresh)))]
    place = stored_place(fresh, crops[1], reference_card("mine"), crops, face_in_file(fresh, fresh.faces[0].face))
    assert neighbours_sentence(some(place), "attacked") in [one.value for one in test.header]
    assert len(some(place).neighbours) == 15
    assert tables[-1]["columns"] == ["face", "map", "reference is", "attack", "distance"]
    assert QUESTION in [one.label for one in test.expander]
    test.session_state[KEY] = True
    words = run(test)
    assert "Of its own signatures the 15 nearest of other people name" in words
    words = sent(test, fresh, "Measure attacked or not")
    assert "on 30 reference signatures of 10 people, each judged without its own" in words
    settings.picked = 4
    words = run(test)
    face = read_face("mine", keys_of_set("mine")[4])
    assert face
    assert face.facts.source in words
    assert face.facts.person in words
    assert "The face was taken out of mine." in sent(test, fresh, "Take out of the set")
    assert len(load_reference_set("mine").values) == 29


@pytest.mark.slow
def test_a_set_of_another_detector_says_so_and_offers_to_make_one(
    fresh: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(fresh, "mine", 3)
    fresh.page_state(SignatureSettings).references = "mine"
    real = pipeline.load_reference_set

    def other(name: str = "") -> object:
        found = real(name) if name else real()
        return replace(found, card=replace(found.card, detector_sha256="1" * 64)) if name else found

    monkeypatch.setattr(pipeline, "load_reference_set", other)
    test = page("signatures", fresh)
    words = run(test)
    assert f"The reference signatures are of other weights of {fresh.detector_name} than those in use" in words
    assert f"make a set of your own for {fresh.detector_name}" in words
    next(button for button in test.button if button.label.startswith("Make a set for")).click()
    run(test)
    assert KEPT in texts(test), "the form is open"
    chosen(test, "selectbox", "Compared with").set_value("signature-bank")
    assert "other weights" not in run(test)


@pytest.mark.slow
def test_faces_that_are_not_counted_yet_are_told_and_counted(fresh: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(fresh, "mine", 3)
    fresh.page_state(SignatureSettings).references = "mine"
    face = read_face("mine", keys_of_set("mine")[0])
    assert face
    keep_face("mine", "f" * 32, face)
    test = page("signatures", fresh)
    assert "Other faces lie in mine than it was made of" in run(test)
    going = threading.Event()

    def work(_: Job) -> None:
        going.wait(60)

    fresh.start(CHANGES, "Adding faces to mine", work)
    with monkeypatch.context() as patch:
        patch.setattr(progress_bar, "wait", lambda *_, **__: None)  # the page is drawn while the work goes on
        assert "Other faces lie in mine" not in run(test), "work on it is going on, and says so"
    going.set()
    finish(fresh)
    run(test)
    words = sent(test, fresh, "Make it of all its faces")
    assert "mine holds 4 signatures of 3 files whose person nobody named." in words
    assert "Other faces lie in mine" not in words


@pytest.mark.slow
def test_a_person_named_later_is_told_where_the_set_cannot_be_made(
    fresh: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = opened(fresh)
    add(test, fresh, "mine", "forged")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "mine.safetensors")

    chosen(test, "text_input", "Whose face it is").set_value("Ada")
    chosen(test, "segmented_control", "It is").set_value("forged")
    run(test)
    with monkeypatch.context() as patch:
        patch.setattr("core.storage.cards.atomic_write_all", full)
        sent(test, fresh, "Add to the set")
    words = texts(test).replace("\\", "")
    assert "0 faces added to mine, and the person of 1 face of it noted, but mine.safetensors could not be" in words
    assert "Other faces lie in mine than it was made of, or more is known of them" in words
    assert "mine holds 1 signature of 1 person." in sent(test, fresh, "Make it of all its faces")


def test_a_set_that_is_gone_leaves_the_shipped_one(fresh: Session) -> None:
    fresh.page_state(SignatureSettings).references = "gone"
    assert "Its signature is made from" in run(page("signatures", fresh))
    assert fresh.page_state(SignatureSettings).references == "signature-bank"


@pytest.mark.slow
def test_a_record_of_an_own_set_is_repeated_while_the_set_is_as_it_was(file: Path, tmp_path: Path) -> None:
    desk = attacked_desk(file)
    filled(desk, "mine", 6)
    itself = found_face(desk.faces[0].face.crop, LABELS[0], person="", face=FileFace("e" * 64, 0), source="itself.png")
    add_faces("mine", desk.detector, [itself])
    desk.page_state(SignatureSettings).references = "mine"
    test = page("signatures", desk)
    run(test)
    click(test, "Place this face")
    finish(desk)
    run(test)
    record = held(desk, "signatures")
    assert record.settings["set"] == "mine"
    assert record.weights["mine"] == str(reference_card("mine").sha256)
    assert {side: said["evidence"]["left_out"] for side, said in record.results.items()} == {"clean": 1, "attacked": 1}
    found = replayed(tmp_path / "same", file, record)
    assert found.differences == [], found.differences
    filled(desk, "mine", 7)
    said = [str(one.found) for one in replayed(tmp_path / "later", file, record).differences]
    words = "the reference set mine that the face was compared with has changed since"
    assert words in said
