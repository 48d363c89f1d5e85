"""The page Impersonation: its gallery, a face against it, the bench, an attack, a service by consent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from made_people import made_people, tiny_recogniser
from page_runs import click, labels_of, page, run
from service_server import Service, Way
from shown_cases import kinds_in_case
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from core.output.text import signed_number
from core.recognition.embedding_recogniser import EmbeddingRecogniser
from core.recognition.gallery_folder import make_gallery
from core.types import InputError, limits
from core.types.recognition import Gallery
from pages.parts.impersonation import attack_tab, bench_tab, face_match, gallery_card
from pages.parts.impersonation.face_match import kept_match, start_match
from pages.parts.impersonation.impersonation_settings import (
    BenchSettings,
    ImpersonationSettings,
    RecogniserAttackSettings,
    UploadedPhotos,
)
from pages.parts.inspect import reference_photo
from pages.parts.session.session import Session

LOADERS: tuple[ModuleType, ...] = (attack_tab, bench_tab, face_match, gallery_card)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in LOADERS:
        monkeypatch.setattr(module, "load_recogniser", lambda name="": tiny_recogniser())


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def gallery(people: Path) -> Gallery:
    return make_gallery(people, tiny_recogniser(), cache=False)


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[object, list[pipeline.JudgedFace]]:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    return media, pipeline.analyse(media, pipeline.load_detector())


@pytest.fixture
def desk(judged: tuple[object, list[pipeline.JudgedFace]], gallery: Gallery) -> Session:
    """A session with a face and a gallery, already compared."""
    made = Session()
    made.media, made.faces = judged  # type: ignore[assignment]
    made.judged_by = made.detector.version
    made.page_state(ImpersonationSettings).gallery = gallery
    start_match(made, made.faces[0].face, gallery)
    ended(made)
    return made


def ended(session: Session) -> None:
    assert session.job
    assert session.job.thread
    session.job.thread.join(60)
    assert session.job.problem is None


def on(tab: str, desk: Session) -> tuple[AppTest, str]:
    desk.page_state(ImpersonationSettings).tab = tab
    test = page("impersonation", desk)
    return test, run(test)


def test_a_gallery_is_built_from_a_folder(people: Path) -> None:
    test = page("impersonation", Session())
    run(test)
    assert "Give the path of a folder first" in click(test, "Build gallery")
    test.text_input[0].set_value(str(people / "nobody"))
    assert "is not a folder" in click(test, "Build gallery")
    test.text_input[0].set_value(str(people))
    words = click(test, "Build gallery")
    assert "2 people, 4 photos" in words
    assert "1 photo left out" in words
    assert "Checks found 1 x no face" in words
    assert "Findings as CSV" in labels_of(test)


def test_a_network_of_ones_own_is_loaded_by_its_path_later_too(
    people: Path, desk: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load(name: str = "") -> EmbeddingRecogniser:
        asked.append(name)
        return tiny_recogniser()

    for module in LOADERS:
        monkeypatch.setattr(module, "load_recogniser", load)
    settings = desk.page_state(ImpersonationSettings)
    settings.gallery = None
    test = page("impersonation", desk)
    run(test)
    test.text_input[0].set_value(str(people))
    next(box for box in test.text_input if "ONNX" in box.label).set_value("own/faces.onnx")
    assert "2 people, 4 photos" in click(test, "Build gallery")
    assert settings.gallery
    start_match(desk, desk.faces[0].face, settings.gallery)
    ended(desk)
    assert asked == ["own/faces.onnx"] * 2


def test_uploaded_photos_are_a_gallery_until_they_are_forgotten(people: Path) -> None:
    kept = UploadedPhotos()
    data = (people / "bob" / "a.png").read_bytes()
    gallery_card._store(kept, "../Ann", [("../a.PNG", data), ("b.png", data)])
    assert kept.counts == {"_Ann": 2}
    assert sorted(path.relative_to(kept.root).as_posix() for path in kept.root.rglob("*.png")) == [
        "_Ann/001-a.png",
        "_Ann/002-b.png",
    ]
    kept.forget()
    assert not list(kept.root.iterdir())


def test_photos_of_a_gallery_keep_to_the_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SESSION_KEPT_FILES", 2)
    kept = UploadedPhotos()
    gallery_card._store(kept, "Ann", [("a.png", b"1")])
    with pytest.raises(InputError, match=r"c\.png is not kept: with it 3 files .* at most 2 files"):
        gallery_card._store(kept, "Bob", [("b.png", b"2"), ("c.png", b"3")])
    assert kept.counts == {"Ann": 1, "Bob": 1}
    kept.forget()
    gallery_card._store(kept, "Bob", [("c.png", b"3")])


def test_a_face_against_the_gallery(desk: Session, gallery: Gallery, tmp_path: Path) -> None:
    match = kept_match(desk, gallery)
    assert match
    desk.results = type(desk.results)()
    test, words = on("This face", desk)
    assert "Would face recognition take this face" in words
    words = click(test, "Compare with the gallery")
    nearest, threshold = match.found.nearest[0], gallery.threshold
    assert threshold
    assert (
        f"Similarity to {nearest.name} **{signed_number(nearest.similarity)}**; "
        f"the threshold is {signed_number(threshold.similarity)}" in words
    )
    assert ("Passes as nobody" in words) == (nearest.similarity < threshold.similarity)
    assert {"Nearest as CSV", "Nearest as JSON"} <= set(labels_of(test))
    assert "this very picture" not in words
    assert kinds_in_case(desk, tmp_path) == ["face-match"]


def test_the_very_picture_is_left_out_of_the_gallery(desk: Session, gallery: Gallery) -> None:
    assert desk.media
    first = replace(gallery.photos[0], id=desk.media.id)
    desk.results = type(desk.results)()
    desk.page_state(ImpersonationSettings).gallery = replace(gallery, photos=(first, *gallery.photos[1:]))
    words = click(on("This face", desk)[0], "Compare with the gallery")
    assert f"{first.name} is this very picture: it is left out of the comparison." in words


def test_the_bench_and_its_files(desk: Session, tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("person,group\nann,first\n")
    settings = desk.page_state(BenchSettings)
    settings.each, settings.groups = 1, str(table)
    test, words = on("Bench", desk)
    assert "How often do deepfakes pass" in words
    words = click(test, "Run the bench")
    assert "of the deepfakes pass as the person they show" in words
    assert "it refuses" in words
    assert "1 person is in no group" in words
    assert [list(table.value["group"]) for table in test.table if "group" in table.value] == [["first"]]
    assert {"metrics as CSV", "fakes as CSV", "people-swap as CSV", "Bench as JSON"} <= set(labels_of(test))
    assert kinds_in_case(desk, tmp_path) == ["impersonation-bench"]
    assert (tmp_path / "shown/results/case/impersonation-bench-1-metrics.csv").is_file(), "it is of no exhibit"


def test_an_attack_on_the_recogniser_and_its_map(desk: Session, tmp_path: Path) -> None:
    settings = desk.page_state(RecogniserAttackSettings)
    settings.values, settings.map = {**settings.values, "steps": 4}, "saliency"
    test, words = on("Attack the recogniser", desk)
    words = click(test, "Attack the recogniser")
    assert "Judged from the saved 8-bit picture" in words
    assert "Attack as JSON" in labels_of(test)
    assert kinds_in_case(desk, tmp_path) == ["recogniser-attack"]
    assert "Both on one scale" in click(test, "Make the map")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    running = Service()
    known = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1", "NO_PROXY": "*"}
    own = {"PROSOPON_SERVICES": "aws", "PROSOPON_CACHE": str(tmp_path), "AWS_ENDPOINT_URL_REKOGNITION": running.url}
    for name, value in {**known, **own}.items():
        monkeypatch.setenv(name, value)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def test_services_are_off_by_default(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROSOPON_SERVICES", raising=False)
    _, words = on("Services", desk)
    assert "Services are off: nothing leaves this machine" in words


def test_a_service_is_asked_by_consent_only(desk: Session, aws: Service, tmp_path: Path) -> None:
    found = {"CelebrityFaces": [{"Name": "Ada", "MatchConfidence": 91.0}], "UnrecognizedFaces": []}
    aws.ways = [Way(found)]
    test, _ = on("Services", desk)
    next(box for box in test.selectbox if box.label == "Service").set_value("aws-celebrities")
    assert "Costs at most **1 call**, 0.0010 US dollars" in run(test)
    (button,) = (button for button in test.button if button.label == "Ask the service")
    assert button.disabled
    test.checkbox[0].check()
    run(test)
    assert not aws.asked
    words = click(test, "Ask the service")
    assert "takes this face for Ada, with a confidence of 91%" in words
    assert "Answered before: nothing leaves" in words
    assert len(aws.asked) == 1
    assert kinds_in_case(desk, tmp_path) == ["service"]


def test_a_reference_photo_on_inspect(
    desk: Session, people: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert desk.focused
    monkeypatch.setattr(reference_photo, "load_recogniser", lambda name: tiny_recogniser())
    key = reference_photo.comparison_key(desk.focused.face)
    data = (people / "ann" / "photo" / "a.png").read_bytes()
    reference_photo.start_comparison(desk, desk.focused.face, data, "ann.png")
    ended(desk)
    found = desk.results.get(key)
    assert found
    words = run(page("inspect", desk))
    assert reference_photo.ANSWERS[found.answer] in words
    assert f"Similarity **{found.similarity:.2f}**" in words
    assert kinds_in_case(desk, tmp_path) == ["reference-photo"]
