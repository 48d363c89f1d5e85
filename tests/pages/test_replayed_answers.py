"""What pages said of a face and its attacked twin is computed again from the bundle, and compared."""

from __future__ import annotations

from pathlib import Path

import page_runs
import pytest
from PIL import Image
from replayed_cases import attacked_desk, changed, check_repeated, held, replayed

from core import pipeline
from core.cases import replay as replaying
from core.output.shown_record import ShownRecord
from core.types import Array
from pages.parts.session.attack_answers import keep_answer
from pages.parts.session.session import Session


def answered(desk: Session) -> ShownRecord:
    """Ask whether the face was attacked, unless that was done, and return what the page handed in."""
    test = page_runs.page("attacked", desk)
    page_runs.run(test)
    label = "Look for signs of an attack"
    if label in [button.label for button in test.button]:
        page_runs.click(test, label)
    return held(desk, "attack-answer")


@pytest.mark.slow
def test_signatures_are_repeated(desk: Session, file: Path, tmp_path: Path) -> None:
    test = page_runs.page("signatures", desk)
    page_runs.run(test)
    page_runs.click(test, "Place this face")
    record = held(desk, "signatures")
    check_repeated(record, file, tmp_path, at="results/attacked/neighbours/2/distance")
    results = {side: {key: said[key] for key in said if key != "evidence"} for side, said in record.results.items()}
    older = ShownRecord(record.kind, "6 of 8 nearest are real.", record.settings, results, record.files)
    found = replayed(tmp_path / "before", file, older)
    assert found.differences == []
    assert found.not_again == ["results/E1/signatures-1.json"], "without evidence, it is named"


@pytest.mark.slow
def test_answers_whether_it_was_attacked_are_repeated(desk: Session, file: Path, tmp_path: Path) -> None:
    record = answered(desk)
    left = (".json: words", "-measured.csv")
    check_repeated(record, file, tmp_path, at="results/attacked/answer/p_attacked", left=left)
    logits = [value + 0.1 for value in record.settings["logits"]]
    lies = replayed(tmp_path / "logits", file, changed(record, "settings/logits", logits)).differences
    assert "results/E1/attack-answer-1.json: settings/logits/0" in [one.where for one in lies]


@pytest.mark.slow
def test_what_the_queue_did_not_ask_is_no_difference(portrait: Array, tmp_path: Path) -> None:
    file = tmp_path / "real.png"
    Image.fromarray(portrait).save(file)
    desk = attacked_desk(file)
    desk.judged_by = desk.detector.version
    judged = desk.focused
    assert judged
    assert judged.verdict
    assert judged.verdict.label == "real"
    keep_answer(desk, judged, pipeline.answer_attack(desk.detector, judged.face.crop, judged.verdict))
    page_runs.run(page_runs.page("attacked", desk))
    record = held(desk, "attack-answer")
    assert "the queue does not ask it" in record.results["clean"]["why"]
    found = replayed(tmp_path / "bundle", file, record)
    assert found.differences == []
    assert found.not_again == ["results/E1/attack-answer-1.json: words", "results/E1/attack-answer-1-measured.csv"]


@pytest.mark.slow
def test_on_another_machine_the_attacked_face_has_another_hash(
    desk: Session, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = changed(answered(desk), "settings/attacked", "0" * 64)
    assert replayed(tmp_path / "here", file, other).differences
    monkeypatch.setattr(replaying, "tolerance_for", lambda _: replaying.TOLERANCE)
    assert replayed(tmp_path / "there", file, other).differences == []
