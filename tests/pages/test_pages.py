"""Each page by itself, empty and with a face: what only that page shows."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_files import image
from narrowed import some
from page_runs import page, run, texts
from PIL import Image
from shown_cases import kinds_in_case

from core import pipeline
from core.attack_detectors import load_signs
from core.attacks import ATTACKS
from core.detectors import DETECTORS, Detector
from core.detectors.video_rules import file_verdict
from core.engine.jobs import Job
from core.engine.results import MAX_RESULTS, ResultKey, ResultStore
from core.explain import EXPLAINERS
from core.media.images import encode_png
from core.media_attack import samples
from core.output.csv_text import csv_text
from core.output.signature_sentences import evidence_sentences, neighbours_sentence
from core.output.verdict_sentences import file_sentence
from core.recognition.base import RECOGNISERS
from core.signatures.reference import reference_card
from core.storage.error_log import error_log
from core.storage.measured_files import read_measurements
from core.types import Array
from core.types.attack_answer import SIGNS, AttackAnswer
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attacked.other_copy import copy_key, start_copy_comparison
from pages.parts.methods.methods_settings import MethodsSettings
from pages.parts.session.judging import open_upload
from pages.parts.session.kept_attacks import keep_attack, latest_attack
from pages.parts.session.session import Session
from pages.parts.session.signature_places import stored_place
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets import picked_table, reference_plane, tables

ROOT = Path(__file__).resolve().parents[2]
NEED_A_FACE = {"attack": "Attack", "explain": "Explain", "attacked": "Was it attacked?", "signatures": "Signatures"}


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder of the test's own."""
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[object, list[pipeline.JudgedFace]]:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    return media, pipeline.analyse(media, pipeline.load_detector())


@pytest.fixture
def desk(judged: tuple[object, list[pipeline.JudgedFace]]) -> Session:
    made = Session()
    made.media, made.faces = judged  # type: ignore[assignment]
    return made


@pytest.fixture
def attacked(desk: Session) -> Session:
    face = desk.faces[0].face
    keep_attack(desk, face.id, desk.detector.version, pipeline.attack(desk.detector, face.crop, "fgsm"))
    return desk


@pytest.mark.parametrize("name", ["inspect", *NEED_A_FACE])
def test_an_empty_page_teaches(name: str) -> None:
    test = page(name).run()
    assert not test.exception
    labels = [button.label for button in test.button]
    assert [one for one in labels if one != "Open a file"][: len(samples.SAMPLES)] == [s.title for s in samples.SAMPLES]
    assert ("Open a file" in labels) == (name != "inspect")


def test_inspect_shows_the_verdict_its_scope_and_the_file(desk: Session) -> None:
    test = page("inspect", desk).run()
    assert not test.exception
    assert not test.code, "what is folded is not made before it is opened"
    assert "How sure is this?" in [one.label for one in test.expander]
    assert "How sure is this?" not in [one.label for part in test.columns for one in part.expander], "in full width"
    test.session_state["file-details"] = test.session_state["how-sure"] = True
    shown = run(test)
    assert test.title[0].value == "Inspect"
    assert "portrait.png" in shown.replace("\\", "")
    assert some(desk.faces[0].verdict).band in shown
    assert some(desk.media).id in [code.value for code in test.code]
    assert "Deepfake Detection Challenge" in shown


def test_inspect_says_that_a_face_with_signs_of_an_attack_has_a_doubtful_verdict(
    desk: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt = "may be the attack's work"
    signs = AttackAnswer(desk.detector.name, SIGNS, 0.9, 0.9, 0.9, "tests")  # whatever the shipped ones say
    monkeypatch.setattr(pipeline, "answer_attack", lambda *_, **__: signs)
    test = page("inspect", desk).run()
    assert doubt not in texts(test), "it was not asked yet"
    next(button for button in test.button if button.label == "Attacked?").click().run()
    assert not test.exception
    assert doubt in texts(test)


def test_the_headline_is_the_files_verdict_whichever_face_is_in_focus(desk: Session) -> None:
    (item,), rng, words = desk.faces, np.random.default_rng(3), set()
    desk.media = replace(some(desk.media), kind="video", frames=10, fps=8.0)
    for _ in range(30):  # files
        desk.faces = [
            replace(item, face=replace(item.face, track=track, frame=frame), verdict=verdict)
            for track, level in enumerate(rng.uniform(-4, 5, rng.integers(1, 4)))
            for frame in range(rng.integers(1, 11))
            for verdict in [desk.detector.verdict_of(np.asarray([0, rng.normal(level, 0.5)], np.float32))]
        ]
        desk.focus = int(rng.integers(len(desk.faces)))
        found = some(file_verdict(desk.faces, desk.detector.band_thresholds, still=False))
        run(test := page("inspect", desk))
        (headline,) = (element.value.replace("\\", "") for element in test.header)
        assert headline.endswith(file_sentence(found, 8.0))
        words.add(found.band)
    assert len(words) == 3, "all bands were seen"


def test_inspect_without_a_face_says_so(desk: Session) -> None:
    desk.faces = []
    shown = texts(page("inspect", desk).run())
    assert "no face was found in this image" in shown


def test_inspect_says_what_is_held_of_the_whole_video(desk: Session) -> None:
    (item,), logits = desk.faces, np.asarray([0, 4], np.float32)
    steady = replace(some(item.verdict), logits=logits, p_fake=desk.detector.p_fake(logits), band="Likely manipulated")
    real = replace(
        some(item.verdict), logits=-logits, p_fake=desk.detector.p_fake(-logits), band="Likely not manipulated"
    )
    seen = [(0, real, range(8)), (1, steady, range(5)), (2, steady, range(2))]
    desk.media = replace(some(desk.media), kind="video", frames=8, fps=8.0)
    desk.faces = [
        replace(item, face=replace(item.face, track=track, frame=frame), verdict=verdict)
        for track, verdict, frames in seen
        for frame in frames
    ]
    test = page("inspect", desk)
    test.session_state["how-sure"] = True
    shown = run(test).replace("\\", "")
    (headline,) = (element.value for element in test.header)
    assert "Likely manipulated: 5 of 5 frames, from 0:00 (face 2, the worst of 2)." in headline.replace("\\", "")
    assert "Face 2 of 2 faces: likely manipulated" in shown
    assert "1 face judged in too few frames to count" in shown
    assert [f"Face {n}, {k} frames judged" in shown for n, k in ((1, 8), (2, 5), (3, 2))] == [True] * 3


def test_attack_runs_from_the_form_and_judges_the_saved_file(desk: Session, tmp_path: Path) -> None:
    test = page("attack", desk)
    test.session_state["attack-expert"] = True
    test.run()
    assert test.selectbox[0].options == [entry.title for entry in ATTACKS.values()]
    test.selectbox[0].select("fgsm").run()
    next(button for button in test.button if button.label == "Run attack").click().run()
    assert not test.exception
    shown = texts(test)
    assert "saved 8-bit PNG, re-opened" in shown
    assert "L-inf **16/255**" in shown
    result = latest_attack(test.session_state["session"])
    assert some(result).attack == "fgsm"
    assert kinds_in_case(desk, tmp_path) == ["attack"]
    assert (tmp_path / "shown/results/E1/attack-1-face.png").read_bytes() == some(result).png


def test_a_result_of_other_settings_says_so(attacked: Session) -> None:
    attacked.page_state(AttackSettings).method = "pgd"
    assert "made with other settings" in texts(page("attack", attacked).run())


@pytest.mark.slow
def test_the_attack_page_tells_whether_an_attack_survives(attacked: Session, tmp_path: Path) -> None:
    test = page("attack", attacked).run()
    next(button for button in test.button if button.label == "Try the ways that images travel").click().run()
    assert not test.exception
    shown = texts(test) + " ".join(table.value.to_string() for table in (*test.dataframe, *test.table))
    assert "The attack still changes the verdict after " in shown
    assert "“real”" not in shown
    assert "JPEG 30" in shown
    assert "264 CRF 40" in shown
    assert kinds_in_case(attacked, tmp_path) == ["attack", "post-processing"]


@pytest.mark.slow
def test_attacked_shows_both_and_the_scope(attacked: Session, tmp_path: Path) -> None:
    test = page("attacked", attacked).run()
    assert "What it finds and misses" in texts(test)
    next(button for button in test.button if button.label == "Look for signs of an attack").click().run()
    assert not test.exception
    measured = read_measurements(load_signs().card.name)
    assert len(test.get("plotly_chart")) == len(measured)
    scales = [one for one in test.get("bidi_component") if "Colour bar" in str(one.proto)]
    assert len(scales) == 1, "one for both maps"
    assert kinds_in_case(attacked, tmp_path) == ["attack-answer"]


def test_another_copy_of_the_file_is_compared(attacked: Session, tmp_path: Path) -> None:
    media = some(attacked.media)
    changed = np.clip(media.frame().astype(int) + 3, 0, 255).astype(np.uint8)
    start_copy_comparison(attacked, encode_png(changed), "published.png")
    some(some(attacked.job).thread).join(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(media), "frame", lambda *_: pytest.fail("a page reads no frame"))
        test = page("attacked", attacked).run()
    assert not test.exception
    assert "no pixel differs by more than 3/255" in texts(test)
    found = some(attacked.results.get(copy_key(media))).found
    assert (found.kind, found.largest) == ("bounded", 3)
    start_copy_comparison(attacked, encode_png(changed[::2, ::2]), "small.png")
    some(some(attacked.job).thread).join(60)
    test = page("attacked", attacked).run()
    assert not test.exception
    assert "in another size" in texts(test)
    start_copy_comparison(attacked, encode_png(np.ascontiguousarray(changed[:, ::-1])), "mirrored.png")
    some(some(attacked.job).thread).join(60)
    test = page("attacked", attacked).run()
    assert not test.exception
    assert "mirrored, and no pixel differs from the mirror image by more than 3/255" in texts(test)
    assert kinds_in_case(attacked, tmp_path) == ["other-copy", "other-copy", "other-copy"]


@pytest.mark.slow
def test_signatures_place_clean_and_attacked(
    attacked: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planes, tables = list[dict[str, Any]](), list[dict[str, Any]]()
    monkeypatch.setattr(reference_plane, "_PLANE", lambda *, data, **_: planes.append(data))
    monkeypatch.setattr(picked_table, "_TABLE", lambda *, data, **_: tables.append(data))
    test = page("signatures", attacked).run()
    assert {kind["name"] for kind in planes[-1]["kinds"]} == {"real", "forged", "attacked"}
    assert not planes[-1]["marked"]
    next(button for button in test.button if button.label == "Place this face").click().run()
    assert not test.exception
    card = reference_card()
    places = {name: some(stored_place(attacked, crop, card)) for name, crop in crops_of(attacked).items()}
    assert neighbours_sentence(places["attacked"], "attacked") in [head.value for head in test.header]
    near = places["attacked"].neighbours
    assert [row[-1] for row in tables[-1]["rows"]] == [f"{one.distance:.4f}" for one in near]
    assert len(near) == 15
    for words in evidence_sentences(places["attacked"].evidence, people_known=False):
        assert words in texts(test).replace("\\", "")

    attacked.page_state(SignatureSettings).picked = near[2].index
    again = page("signatures", attacked).run()
    assert not again.exception
    assert f"reference {near[2].index}, neighbour 3 of 15" in texts(again)
    assert planes[-1]["picked"] == near[2].index
    assert tables[-1]["picked"] == 2
    assert planes[-1]["marked"] == [one.index for one in near]
    assert [one["name"] for one in planes[-1]["present"]] == ["clean face", "attacked face"]
    assert all(len(one["ring"]) == 2 and min(one["ring"]) > 0 for one in planes[-1]["present"])
    attacked.page_state(SignatureSettings).selected = [0, 1, 2]
    assert "3 references selected" in " ".join(one.label for one in page("signatures", attacked).run().expander)
    assert set(kinds_in_case(attacked, tmp_path)) == {"signatures"}


@pytest.mark.slow
def test_signatures_name_the_attack_detector_that_the_attack_evades(desk: Session, tmp_path: Path) -> None:
    face, asked = desk.faces[0].face, pipeline.load_attack_detector()
    found = pipeline.attack(desk.detector, face.crop, "adaptive-detector", {"steps": 1}, attack_detector=asked)
    keep_attack(desk, face.id, desk.detector.version, found)
    test = page("signatures", desk).run()
    next(button for button in test.button if button.label == "Place this face").click().run()
    assert not test.exception
    assert kinds_in_case(desk, tmp_path, also=[asked.name]) == ["signatures"]


def crops_of(desk: Session) -> dict[str, Array]:
    return {"clean": desk.faces[0].face.crop, "attacked": pipeline.attacked_crop(some(latest_attack(desk)))}


def test_methods_list_every_registered_method_and_one_in_detail() -> None:
    test = page("methods").run()
    assert not test.exception
    (table,) = (frame.value for frame in test.dataframe)
    for registry in (DETECTORS, ATTACKS, EXPLAINERS, RECOGNISERS):
        for entry in registry.values():
            assert entry.title in set(table["method"]), entry.name
    assert next(iter(DETECTORS.values())).title in texts(test), "the first is shown at first"
    test.text_input[0].set_value("goodfellow FGSM").run()
    (row,) = test.dataframe[0].value.to_dict("records")
    assert row["kind"] == "Attack"
    assert "2015" in row["source"]
    assert test.header[0].value == ATTACKS["fgsm"].title
    test.text_input[0].set_value("nothing like it").run()
    assert "No method has all of these words" in texts(test)


def test_methods_come_back_as_they_were_left() -> None:
    desk = Session()
    settings = desk.page_state(MethodsSettings)
    settings.kinds, settings.chosen = ("Attack", "Map"), ("Attack", "pgd")
    test = page("methods", desk).run()
    assert not test.exception
    assert set(test.dataframe[0].value["kind"]) == {"Attack", "Map"}
    assert test.header[0].value == ATTACKS["pgd"].title
    assert "in scripts: pgd" in texts(test)


def test_two_visitors_have_two_sessions() -> None:
    first, second = page("attack").run(), page("attack").run()
    assert first.session_state["session"] is not second.session_state["session"]


def test_results_are_bounded_and_the_oldest_goes_first() -> None:
    results = ResultStore()
    keys: list[ResultKey[int]] = [ResultKey("map", str(i), "d", "m") for i in range(MAX_RESULTS + 5)]
    for i, key in enumerate(keys):
        results.put(key, i)
        results.get(keys[0])
    assert results.get(keys[0]) == 0
    assert results.get(keys[1]) is None
    assert results.get(keys[-1]) == MAX_RESULTS + 4


def test_what_is_taken_over_pushes_out_nothing_of_its_own() -> None:
    mine, other = ResultStore(), ResultStore()
    for number in range(MAX_RESULTS):
        other.put(ResultKey[int]("map", f"other {number}"), number)
    for number in range(3):
        mine.put(ResultKey[int]("map", f"mine {number}"), number)
    mine.take_over(other)
    assert [mine.get(ResultKey[int]("map", f"mine {number}")) for number in range(3)] == [0, 1, 2]
    assert mine.get(ResultKey[int]("map", "other 199")) == 199, "the newest of the other are taken"
    assert mine.get(ResultKey[int]("map", "other 2")) is None, "as many as there is room for"
    assert mine.get(ResultKey[int]("map", "other 3")) == 3


@pytest.mark.parametrize("start", [*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20", *"\ufe66\ufe62\ufe63\ufe6b\u207a"])
def test_a_spreadsheet_takes_no_file_name_for_a_formula(start: str) -> None:
    text = csv_text([{"name": f"{start}1+1", "value": -1}])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["name", "value"],
        [f"'{start}1+1".replace("\r", "\n"), "-1"],
    ]


def test_file_names_are_shown_as_they_are() -> None:
    assert tables.plain("<b>*x*_[y](z)") == "\\<b\\>\\*x\\*\\_\\[y\\]\\(z\\)"


def test_a_fault_of_the_program_is_a_sentence_and_the_page_goes_on(desk: Session) -> None:
    def fails(_: Job) -> None:
        raise ZeroDivisionError

    desk.start("any", "Failing", fails)
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join(30)
    for _ in range(2):
        test = page("inspect", desk).run()
        assert not test.exception
        assert [error.value for error in test.error] == [tables.plain(desk.job.problem)]
        assert "ZeroDivisionError" in test.error[0].value
    assert not page("story", desk).run().error  # it is said where it was seen first
    desk.start("any", "Working", lambda _: None)
    desk.job.thread.join(30)
    assert not page("inspect", desk).run().error


def test_a_fault_while_a_page_is_drawn_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pages.parts.widgets.sample_choice.offer_samples", fails)
    assert page("inspect").run().exception  # a developer sees it
    monkeypatch.delenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS")
    test = page("inspect").run()
    assert not test.exception
    said = test.error[0].value.replace("\\", "")
    assert "by a fault of the program (ZeroDivisionError)" in said
    assert str(error_log()) in said


def test_a_strip_is_refused_and_the_page_goes_on() -> None:
    desk, data = Session(), image("PNG", Image.new("RGB", (5000, 1)))
    open_upload(desk, data, "strip.png")
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join(30)
    test = page("inspect", desk).run()
    assert not test.exception
    assert "one side 5,000 times the other" in test.error[0].value
