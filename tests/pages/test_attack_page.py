"""The attack page: one face, a whole file, a sweep and a check, with what each says of itself."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from page_runs import labels_of
from PIL import Image
from shown_cases import kinds_in_case
from streamlit.testing.v1 import AppTest

from core import media_attack, pipeline
from core.attacks import ATTACKS
from core.attacks.analysis import epsilon_sweep
from core.attacks.analysis.epsilon_sweep import ARIF
from core.attacks.analysis.gradient_masking import gradient_check
from core.detectors import Detector
from core.engine.results import ResultKey
from core.media.write import write_media
from core.media_attack import samples
from core.output.attack_answer_sentences import attack_detector_sentence, limit_sentence
from core.output.attack_sentences import file_attack_sentence
from core.output.attacked_media_record import files_outcome_record
from core.types import Array, AttackStep, Media
from core.types.attack_answer import SIGNS
from core.types.attacked_values import STAGES
from pages.parts.attack import attacked_frames, live_view, masking_panel, method_settings, sweep_form, whole_file
from pages.parts.attack.attack_settings import AttackSettings, FileAttackSettings, SweepSettings
from pages.parts.attack.faces_to_attack import chosen_faces
from pages.parts.attack.live_html import FAKE
from pages.parts.attack.long_results import LongResults
from pages.parts.session.attack_answers import attack_answer, reach_of
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.session import Session

ROOT = Path(__file__).resolve().parents[2]
FACE, WHOLE, SWEEP = "One face", "Whole file", "Sweep over epsilon"
Opened = tuple[Media, list[pipeline.JudgedFace]]


def shown(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "subheader", "error", "warning")
    said = [str(element.value) for kind in kinds for element in getattr(test, kind)]
    tables = [table.value.to_string() for table in (*test.dataframe, *test.table)]
    return "\n".join([*said, *tables]).replace("\\", "")


def drawn(test: AppTest) -> str:
    """Return all that the page was drawn from: words, labels, helps, charts."""
    protos = [proto for element in test.main if (proto := getattr(element, "proto", None)) is not None]
    return b"\n".join(proto.SerializeToString() for proto in protos).decode("utf-8", "ignore")


def click(test: AppTest, label: str) -> AppTest:
    test = next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def number(test: AppTest, label: str) -> object:
    return next(field for field in test.number_input if field.label == label)


@pytest.fixture(scope="module")
def opened(forged: Array, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    path = tmp_path_factory.mktemp("attack") / "forged.png"
    Image.fromarray(forged).save(path)
    media = pipeline.open_media(path)
    return media, pipeline.analyse(media, pipeline.load_detector())


@pytest.fixture(scope="module")
def clip(forged: Array, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    path = tmp_path_factory.mktemp("attack") / "forged.mkv"
    write_media((np.roll(forged, 2 * i, 1) for i in range(4)), path, fps=12)
    media = pipeline.open_media(path)
    return media, pipeline.analyse(media, pipeline.load_detector())


def page(found: Opened, tab: str = FACE, **values: object) -> tuple[AppTest, Session]:
    desk = Session()
    desk.media, desk.faces = found[0], list(found[1])
    desk.page_state(AttackSettings).tab = tab
    for name, value in values.items():
        setattr(desk.page_state(AttackSettings), name, value)
    test = AppTest.from_file(str(ROOT / "pages" / "attack.py"), default_timeout=120)
    test.session_state["session"] = desk
    test.session_state["attack-expert"] = True  # what is folded is drawn once it is open
    test.session_state["attack-how-sure"] = True
    return test, desk


OLD_WORDS = re.compile("“(fake|real)”|(called|predicted) (fake|real)", re.I)


@pytest.mark.slow
def test_no_tab_says_fake_or_real_before_or_after_its_work(opened: Opened) -> None:
    for tab, button in {FACE: "Run attack", WHOLE: "Attack the whole file", SWEEP: "Run sweep"}.items():
        test, desk = page(opened, tab, method="fgsm")
        desk.page_state(SweepSettings).attacks, desk.page_state(SweepSettings).epsilons = ("fgsm",), "2"
        before = drawn(test.run())
        after = drawn(click(test, button))
        assert "manipulated" in before + after
        assert not OLD_WORDS.findall(before + after), tab


@pytest.mark.slow
def test_each_tab_says_what_it_will_show(opened: Opened) -> None:
    words = {WHOLE: "in a file that somebody else opens", SWEEP: "before this detector gives way", FACE: "Preset"}
    buttons = {FACE: "Run attack", WHOLE: "Attack the whole file", SWEEP: "Run sweep"}
    for tab, sentence in words.items():
        test, _ = page(opened, tab)
        test.run()
        assert not test.exception
        assert sentence in shown(test) + " ".join(field.label for field in test.selectbox)
        assert buttons[tab] in [button.label for button in test.button]
        assert not {buttons[other] for other in words if other != tab} & {button.label for button in test.button}


@pytest.mark.slow
def test_a_face_shows_both_verdicts_all_norms_and_takes_everything_away(opened: Opened) -> None:
    test, desk = page(opened, method="pgd", strength="16", values={"steps": 3})
    click(test.run(), "Run attack")
    result = latest_attack(desk)
    assert result is not None
    said = shown(test)
    for value in (
        f"L-inf **{result.linf * 255:.0f}/255**",
        f"Queries **{result.queries}**",
        f"Gradients **{result.backwards}**",
        f"L0 **{result.l0:,} pixels**",
    ):
        assert value in said
    assert said.count("Was it attacked?") >= 2
    answer = attack_answer(desk, pipeline.attacked_crop(result))
    assert answer
    assert answer.answer.label == SIGNS
    assert SIGNS in said
    assert answer.verdict is not None
    assert limit_sentence(answer.answer, reach_of(desk)) in said, "how often the answer is wrong"
    assert f"Attack detector, beside it: {attack_detector_sentence(*answer)}" in said
    assert "of “attacked”" not in said
    assert [step for step, _ in result.detector_trajectory] == [1, 2, 3]
    unasked = sum(value is None for _, value in result.detector_trajectory)
    assert "On the way" not in said  # drawn once it is opened
    test.session_state["course-of-verdict"] = True
    test.run()
    said = shown(test)
    assert f"On the way its turn came at 3 steps: “manipulated” was the larger output at {unasked}" in said
    assert labels_of(test)[-3:] == [
        "Attacked face as PNG",
        "Result as JSON",
        "Trajectory as CSV",
    ]


@pytest.mark.slow
def test_by_default_the_least_epsilon_that_turns_the_verdict_is_found(opened: Opened) -> None:
    test, desk = page(opened, values={"steps": 6})
    click(test.run(), "Run attack")
    least = latest_attack(desk)
    assert least is not None
    assert least.after.band == "Likely not manipulated"
    assert test.header[0].value.startswith("The verdict turned\\: likely manipulated, ")
    test.select_slider(key="attack-strength").set_value("16").run()
    assert "made with other settings than those on the screen" in shown(test)
    click(test, "Run attack")
    strong = latest_attack(desk)
    assert strong is not None
    assert (strong.settings["eps"], strong.linf > least.linf) == (16 / 255, True)
    test.select_slider(key="attack-strength").set_value("least").run()
    click(test, "Run attack")  # found before: shown again, not made again
    assert latest_attack(desk) is least


@pytest.mark.slow
def test_a_papers_preset_comes_with_its_epsilon(opened: Opened) -> None:
    test, desk = page(opened, method="fgsm")
    preset = next(box for box in test.run().selectbox if box.label == "Preset")
    preset.set_value("arif").run()
    click(test, "Run attack")
    result = latest_attack(desk)
    assert result is not None
    assert dict(result.settings) == {"eps": 0.2, "loss": "cross-entropy"}


@pytest.mark.slow
def test_an_attack_ends_when_the_face_is_called_real_surely_enough(opened: Opened) -> None:
    test, desk = page(opened, method="pgd", strength="16", values={"steps": 24})
    click(test.run(), "Run attack")
    whole_way = latest_attack(desk)
    number(test, "stop at score").set_value(0.6)  # type: ignore[attr-defined]
    click(test, "Run attack")
    early = latest_attack(desk)
    assert whole_way is not None
    assert early is not None
    assert (whole_way.queries, early.after.label) == (24, "real")
    assert early.queries < 20
    assert "stopped at a score of “not manipulated” of 0.6" in shown(test)
    assert "made with other settings" not in shown(test)
    desk.page_state(AttackSettings).stop_at = None
    assert "made with other settings" in shown(test.run())
    click(test, "Run attack")
    assert latest_attack(desk) is whole_way, "kept under its own key"


@pytest.mark.slow
def test_an_attack_that_asks_once_cannot_end_early(opened: Opened) -> None:
    test, desk = page(opened, method="fgsm", stop_at=0.9)
    test.run()
    field = number(test, "stop at score")
    assert field.disabled  # type: ignore[attr-defined]
    click(test, "Run attack")
    assert "made with other settings" not in shown(test)
    assert latest_attack(desk) is not None
    for name, entry in ATTACKS.items():
        assert method_settings.can_stop_early(name, entry.settings()) == (entry.facts.passes(entry.settings())[0] > 1)


@pytest.mark.slow
def test_no_budget_and_a_face_called_real_are_said(opened: Opened, shipped: Detector) -> None:
    test, _ = page(opened, method="fgsm", strength="own", values={"eps": 0.0})
    click(test.run(), "Run attack")
    assert "Epsilon is 0: the face comes back unchanged." in shown(test)
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    test, desk = page((media, pipeline.analyse(media, pipeline.load_detector())), method="fgsm")
    assert desk.faces[0].verdict is not None
    assert desk.faces[0].verdict.label == "real"
    click(test.run(), "Run attack")
    said = shown(test)
    assert "there was nothing to flip" in said
    assert "“Manipulated” is the larger output for no face of this file, so there is none to attack." in said


@pytest.mark.slow
def test_the_check_tells_each_sign_with_its_numbers(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(masking_panel, "gradient_check", partial(gradient_check, queries=40))
    test, desk = page(opened, method="pgd", strength="16", values={"steps": 2})
    click(test.run(), "Run attack")
    assert "with one face, shares cannot differ beyond chance" in shown(test)
    click(test, "Check for a masked gradient")
    said = shown(test)
    assert "Loss does not move: not found." in said
    assert "Larger epsilon is weaker: cannot be told." in said
    assert "Black box beats white box: cannot be told." in said
    assert "of 1 at 32/255" in said
    assert "Check again" in [button.label for button in test.button]
    assert kinds_in_case(desk, tmp_path) == ["attack", "gradient-check"]
    desk.page_state(AttackSettings).seed = 5
    assert "This check was made with other settings" in shown(test.run())


@pytest.mark.slow
def test_a_whole_picture_is_judged_from_both_files(opened: Opened, tmp_path: Path) -> None:
    test, desk = page(opened, WHOLE, method="pgd", values={"steps": 3})
    click(test.run(), "Attack the whole file")
    said = shown(test)
    kept = desk.page_state(LongResults).get(whole_file.file_attack_key(desk))
    assert kept is not None
    assert kept.files.lossy is not None
    for path in (kept.files.lossless.written.path, kept.files.lossy.written.path):
        assert path.is_file()
    said_of_files = file_attack_sentence(*media_attack.file_verdicts(kept.files))
    assert said_of_files in [head.value.replace("\\", "") for head in test.header]
    assert "From the lossless file" in said
    assert "From the lossy file" in said
    assert f"Largest change **{kept.files.lossless.linf * 255:.0f}/255**" in said
    assert "1 of 1" in said
    assert "JPEG, quality 95" in said
    labels = labels_of(test)
    assert labels == ["PNG, lossless", "JPG, lossy", "Faces as CSV", "Record as JSON"]
    assert "made with other settings" not in said
    assert kinds_in_case(desk, tmp_path) == ["attack-file"]
    for end, found in (("lossless.png", kept.files.lossless), ("lossy.jpg", kept.files.lossy)):
        in_case = tmp_path / f"shown/results/E1/attack-file-1-{end}"
        assert in_case.read_bytes() == found.written.path.read_bytes()
    desk.page_state(FileAttackSettings).quality = 50
    assert "made with other settings" in shown(test.run())
    before = kept.files.lossless.written.path
    click(test, "Attack the whole file")
    assert not before.exists(), "what is replaced goes with its files"


@pytest.mark.slow
def test_frames_of_a_video_with_a_time_line_and_the_videos_verdict(clip: Opened) -> None:
    test, desk = page(clip, WHOLE, method="pgd", strength="16", values={"steps": 3, "alpha": 6 / 255})
    test.run()
    number(test, "frames, if not all").set_value(2)  # type: ignore[attr-defined]
    number(test, "CRF of H.264").set_value(35)  # type: ignore[attr-defined]
    click(test, "Attack the whole file")
    said = shown(test)
    assert "2 of 4 frames" in said
    assert "Over time" in said
    assert "Video: likely manipulated" in said
    assert "Video: inconclusive" in said, "two frames are few for an answer"
    assert "CRF 35" in said
    kept = desk.page_state(LongResults).get(whole_file.file_attack_key(desk))
    assert kept is not None
    assert [row["frame"] for row in kept.table] == list(kept.files.lossless.frames)
    json.dumps(files_outcome_record(media_attack.files_outcome(kept.files)), allow_nan=False)


@pytest.mark.slow
def test_a_sweep_from_the_form_with_its_table_and_bands(opened: Opened, tmp_path: Path) -> None:
    test, desk = page(opened, SWEEP)
    desk.page_state(SweepSettings).attacks, desk.page_state(SweepSettings).steps = ("fgsm", "noise"), 2
    test.run()
    next(field for field in test.text_input if field.label == "epsilons (/255)").set_value("0, 4")
    click(test, "Run sweep")
    kept = desk.page_state(LongResults).get(sweep_form.sweep_key(desk))
    assert kept is not None
    assert [(p.attack, round(p.eps * 255), p.predicted_fake) for p in kept.sweep.points] == [
        ("fgsm", 0, 1),
        ("fgsm", 4, 1),
        ("noise", 0, 1),
        ("noise", 4, 1),
    ]
    said = shown(test)
    assert test.header[0].value.startswith("FGSM ")
    assert "(a control\\) none up to 4/255" in test.header[0].value
    assert "1 of 1 faces with the larger output “manipulated”" in said
    assert "With 1 face they are wide" in said
    assert "0.0% (0.0% to 79.3%)" in said
    assert "made with other settings" not in said
    assert kinds_in_case(desk, tmp_path) == ["sweep"]
    desk.page_state(SweepSettings).seed = 3
    assert "made with other settings" in shown(test.run())


@pytest.mark.parametrize(
    ("attacks", "epsilons", "words"),
    [
        (("fgsm",), "0, two", "Epsilons are numbers from 0 to 64"),
        (("fgsm",), "65", "Epsilons are numbers from 0 to 64"),
        ((), "0, 1", "A sweep needs at least one face, one attack and one epsilon"),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_swept_is_said(attacks: tuple[str, ...], epsilons: str, words: str, opened: Opened) -> None:
    test, desk = page(opened, SWEEP)
    desk.page_state(SweepSettings).attacks = attacks
    test.run()
    next(field for field in test.text_input if field.label == "epsilons (/255)").set_value(epsilons)
    click(test, "Run sweep")
    assert words in shown(test)
    assert desk.page_state(LongResults).get(sweep_form.sweep_key(desk)) is None
    next(field for field in test.text_input if field.label == "epsilons (/255)").set_value("8")
    test.multiselect[0].set_value(["fgsm"])
    click(test, "Run sweep")
    kept = desk.page_state(LongResults).get(sweep_form.sweep_key(desk))
    assert kept is not None
    assert [round(255 * point.eps) for point in kept.sweep.points] == [8], "what was mended is what is run"


def test_the_presets_of_a_sweep_can_be_read_and_hold_what_arif_says() -> None:
    for text in sweep_form.PRESETS.values():
        assert epsilon_sweep.parse_epsilons(text)
    assert epsilon_sweep.parse_epsilons(sweep_form.PRESETS["Arif, figure 5"]) == pytest.approx(ARIF, abs=1e-9)


def test_faces_are_chosen_evenly_and_by_their_verdict(clip: Opened) -> None:
    judged = clip[1]
    assert len(judged) == 4
    assert chosen_faces(judged, "all", 2) == [judged[1], judged[3]]
    fake = [item for item in judged if item.verdict and item.verdict.label == "fake"]
    assert chosen_faces(judged, "fake", 99) == fake
    assert chosen_faces([], "fake", 3) == []


def test_a_course_is_drawn_whole_or_thinned_with_its_last_step() -> None:
    trail = [AttackStep(step, 3 * step, 1 / step) for step in range(1, 5001)]
    rows = live_view._step_rows(trail)
    assert len(rows) <= live_view.MAX_POINTS + 1
    assert rows[-1] == {"step": 5000, "query": 15000, "score": 1 / 5000, "of": FAKE}
    assert [row["step"] for row in live_view._step_rows(trail[:3])][:3] == [1, 2, 3]


def test_files_go_with_the_session(opened: Opened) -> None:
    attacked = Session().page_state(LongResults)
    first, second = attacked.new_folder(), attacked.new_folder()
    one: ResultKey[int] = ResultKey("file attack", "a", "v")
    attacked.keep(one, 1, first)
    attacked.keep(one._replace(of="b"), 2, second)
    assert first.is_dir()
    attacked.keep(one, 3, None)
    assert (first.exists(), second.is_dir()) == (False, True)
    del attacked
    assert not second.exists()


def test_the_titles_of_stages_are_those_that_there_are() -> None:
    assert list(attacked_frames.TITLES) == list(whole_file.SHORT) == list(whole_file.MEANING) == list(STAGES)
