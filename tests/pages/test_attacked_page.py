"""Was it attacked? The page begins with the answer, with its limit; then the picture, then what speaks for it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from made_classifier import GOOD
from narrowed import some
from page_runs import click, page, run
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from core.output.signature_answer_words import classifier_sentence, signature_answer_sentence
from core.signatures.reference import reference_card
from core.types import Array, AttackVerdict, InputError
from core.types.attack_answer import ANSWERS, NO_SIGN, PROCESSED, SIGNS, AttackAnswer
from core.types.classifier_metrics import SignatureAnswer
from pages.parts.attacked import asked_faces
from pages.parts.attacked.other_copy import start_copy_comparison
from pages.parts.session import signature_answers
from pages.parts.session.attack_answers import AskedAttack, reach_of
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import Session


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[object, list[pipeline.JudgedFace]]:
    media = pipeline.open_media(samples.sample("forgery.png", shipped))
    return media, pipeline.analyse(media, pipeline.load_detector())


@pytest.fixture
def desk(judged: tuple[object, list[pipeline.JudgedFace]]) -> Session:
    made = Session()
    made.media, made.faces = judged  # type: ignore[assignment]
    made.judged_by = made.detector.version
    return made


@pytest.fixture
def attacked(desk: Session) -> Session:
    """The same, attacked: the verdict turned."""
    face = desk.faces[0].face
    result = pipeline.attack(desk.detector, face.crop, "pgd", {"eps": 8 / 255, "steps": 5})
    assert result.success
    keep_attack(desk, face.id, desk.detector.version, result)
    return desk


def answers(
    monkeypatch: pytest.MonkeyPatch, desk: Session, clean: str, changed: str = NO_SIGN, *, score: float = 0.04
) -> None:
    """Answer of the face as it came and of the attacked one, whatever they are; `score`: of the attack detector."""
    own, verdict = desk.faces[0].face.crop, AttackVerdict("detect-resnet", score, "tests")

    def given(_: Session, crop: Array) -> AskedAttack:
        label = clean if crop is own else changed
        return AskedAttack(AttackAnswer(desk.detector.name, label, 0.6, 0.7, 0.8, "tests"), verdict, "tests")

    monkeypatch.setattr(asked_faces, "attack_answer", given)


def headline(test: AppTest) -> str:
    """The page's one header."""
    run(test)
    (header,) = test.header
    return header.value.replace("\\", "")


@pytest.mark.parametrize("label", ANSWERS)
def test_it_begins_with_the_answer_and_only_signs_have_a_colour(
    label: str, desk: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, desk, label)
    said = headline(test := page("attacked", desk))
    assert label.partition(",")[0] in said
    assert said.startswith(":violet" if label == SIGNS else ":gray")
    assert said.endswith(".")
    order = [one.type for one in test.main if one.type in ("header", "subheader")]
    assert order[0] == "header"
    assert any(re.match("Measured|Found at 5%", one.value) for one in test.caption), "its limit"


def test_no_sign_says_down_to_which_measured_strength(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, desk, NO_SIGN)
    reach = some(reach_of(desk))
    assert reach.missed == ("FGSM",), "found at 4/255, and less often at 16/255"
    words = f"No sign of an attack of the kinds it knows (from {reach.down_to:g}/255, not FGSM)."
    assert words in headline(page("attacked", desk))


@pytest.mark.parametrize(("label", "word"), [(SIGNS, "noticed"), (NO_SIGN, "missed"), (PROCESSED, "missed")])
def test_an_attack_made_here_is_noticed_or_missed(
    label: str, word: str, attacked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, attacked, NO_SIGN, label)
    said = headline(test := page("attacked", attacked))
    assert said.endswith(f"attacked here: {word}.")
    assert any("Missed: " in one.value for one in test.markdown) == (word == "missed")


def test_the_two_parts_are_told_apart(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, desk, SIGNS, score=0.04)
    words = run(page("attacked", desk))
    assert "**Attack signs, which decide:** perturbed 0.60 of 1, carries this verdict 0.70 of 1." in words
    beside = "**Attack detector, beside them:** none of those that it was trained on (0.04 of 1); others may pass it."
    assert beside in words


def test_red_and_blue_are_explained_once_a_map_is_drawn(desk: Session) -> None:
    explained = "Red: towards manipulated, blue: away from it."
    test = page("attacked", desk)
    assert explained not in run(test)
    next(one for one in test.button if one.label == "Look for signs of an attack").click().run()
    assert explained in run(test)
    asked = ("Look for", "Show what", "Compare the signature")
    assert not [one for one in test.button if one.label.startswith(asked)], "nothing is missing"
    line = (
        r"\*\*Signature, beside them:\*\* like (clean|attacked) ones \([01]\.\d\d of 1\).* it found \d+ of 100 attacked"
    )
    (said,) = (one.value for one in test.markdown if re.match(line, one.value.replace("\\", "")))
    desk.results.forget("signature answer")
    test = page("attacked", desk)
    assert "Signature, beside them" not in run(test)
    assert said.replace("\\", "") in click(test, "Compare the signature with attacked ones"), "the same again"


def test_the_signature_speaks_with_its_errors(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, desk, NO_SIGN)
    given = SignatureAnswer("0" * 64, 0.3, None, GOOD)
    monkeypatch.setattr(asked_faces, "signature_answer", lambda *_: given)
    test = page("attacked", desk)
    assert f"**Signature, beside them:** {signature_answer_sentence(given, {'pgd': 'PGD', 'fgsm': 'FGSM'})}" in run(
        test
    )
    charts = len(test.get("plotly_chart"))
    test.session_state["how-sure-attacked"] = True
    assert classifier_sentence(GOOD) in run(test)
    assert len(test.get("plotly_chart")) == charts + 1, "the ROC curve"
    confusion = test.table[-1].value
    assert confusion["called FGSM"].tolist() == ["32", "0", "56"]


def test_signatures_of_another_detector_are_not_compared(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card says so: the set itself is not loaded to draw the page."""
    answers(monkeypatch, desk, NO_SIGN)

    def loaded() -> None:
        raise AssertionError("the page loaded the whole set")

    other = replace(reference_card(), detector="another")
    monkeypatch.setattr(signature_answers, "reference_card", lambda: other)
    monkeypatch.setattr(pipeline, "load_reference_set", loaded)
    words = run(page("attacked", desk))
    assert f"not asked: the reference signatures are of another, not {desk.detector_name}." in words

    def missing() -> None:
        raise InputError("the card of the references is missing")

    monkeypatch.setattr(signature_answers, "reference_card", missing)
    assert "**Signature, beside them:** the card of the references is missing" in run(page("attacked", desk))


def test_what_stands_behind_the_answer_is_folded(desk: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, desk, NO_SIGN)
    test = page("attacked", desk)
    run(test)
    assert not test.table
    test.session_state["how-sure-attacked"] = True
    words = run(test)
    assert "Trained on PGD" in words
    assert "It calls noise of an attack's size an attack, too" in words
    assert len(test.table) >= 3


def test_a_bad_copy_is_refused_where_it_was_chosen(desk: Session) -> None:
    start_copy_comparison(desk, b"no picture", "bad.png")
    assert desk.job
    assert desk.job.thread
    desk.job.thread.join(60)
    test = page("attacked", desk).run()
    (place,) = (one for one in test.expander if one.label.startswith("Compare with another copy"))
    assert place.proto.expanded
    assert ["bad.png" in one.value.replace("\\", "") for one in place.error] == [True]
    assert len(test.error) == 1, "and nowhere else"


def test_without_a_face_there_is_a_grey_no_verdict_and_a_way_on(desk: Session) -> None:
    desk.faces = []
    for name in ("attack", "explain", "attacked", "signatures"):
        test = page(name, desk).run()
        (headline,) = test.header
        assert headline.value == ":gray[:material/help:] No verdict: no face was found in this file."
        assert not test.info
        assert "to-another" in {button.key for button in test.button}
