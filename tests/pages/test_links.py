"""Links: an address opens its file with face, settings and results; what is not kept is computed on a click only."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from media_files import image
from page_runs import click as clicked
from page_runs import page, texts
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import sweep
from core.detectors import Detector
from core.engine.results import ResultStore
from core.media_attack import samples
from pages.parts.attack.attack_settings import OWN, SMALLEST, AttackSettings, FileAttackSettings, SweepSettings
from pages.parts.attack.long_results import LongResults
from pages.parts.attack.sweep_form import KeptSweep, sweep_key, sweep_request
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session import addresses, file_link
from pages.parts.session.file_link import FollowedLink
from pages.parts.session.kept_attacks import keep_attack, latest_attack
from pages.parts.session.session import Session

GIVEN = {"eps": 3 / 255}
MAPS = ("saliency", "input-x-gradient")


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cases", "weights", "config"):
        monkeypatch.setenv(f"PROSOPON_{name.upper()}", str(tmp_path / name))


@pytest.fixture(scope="module")
def made(shipped: Detector) -> Any:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    detector = pipeline.load_detector()
    faces = pipeline.analyse(media, detector)
    return media, faces, pipeline.attack(detector, faces[0].face.crop, "fgsm", GIVEN, seed=5)


@pytest.fixture
def desk(made: Any) -> Session:
    session = Session()
    session.media, session.faces = made[:2]
    session.judged_by = session.detector.version
    return session


@pytest.fixture
def attacked(desk: Session, made: Any) -> Session:
    keep_attack(desk, desk.faces[0].face.id, desk.detector.version, made[2])
    return desk


def said(test: AppTest) -> str:
    assert not test.exception
    return texts(test).replace("\\", "")


def query_of(test: AppTest) -> dict[str, str]:
    return {key: value if isinstance(value, str) else value[0] for key, value in test.query_params.items()}


def at(name: str, session: Session, query: dict[str, str]) -> AppTest:
    test = page(name, session)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def worked(test: AppTest) -> AppTest:
    session = test.session_state["session"]
    assert session.job
    assert session.job.thread
    session.job.thread.join(120)
    assert session.job.problem is None
    return test.run()


def test_an_address_names_file_face_detector_and_the_shown_attack(attacked: Session) -> None:
    query = query_of(page("attack", attacked).run())
    assert attacked.media
    assert (query["file"], query["face"], query["by"]) == (attacked.media.id, "0", attacked.judged_by)
    assert (query["attack"], query["fgsm.eps"], query["attack.seed"], query["tab"]) == ("fgsm", "3", "5", "One face")
    inspected = query_of(page("inspect", attacked).run())
    assert set(inspected) == {"file", "face", "by"}  # this page shows no attack
    attacked.close()
    assert not query_of(page("inspect", attacked).run())


def test_a_result_that_is_kept_is_shown_with_its_settings(attacked: Session, made: Any) -> None:
    query = query_of(page("attack", attacked).run())
    crop, other = attacked.faces[0].face, pipeline.attack(attacked.detector, attacked.faces[0].face.crop, "noise")
    keep_attack(attacked, crop.id, attacked.detector.version, other)
    assert query_of(page("attack", attacked).run())["attack"] == "noise"
    test = at("attack", attacked, query)
    assert "nothing was computed anew" in said(test)
    assert "This result was made with other settings" not in said(test)
    found, settings = latest_attack(attacked), attacked.page_state(AttackSettings)
    assert found
    assert found.id == made[2].id
    assert (settings.method, settings.strength, settings.values["eps"], settings.seed) == ("fgsm", OWN, 3 / 255, 5)
    assert "nothing was computed anew" not in said(test.run())  # it is said once
    assert query_of(test) == query


def test_a_result_that_is_gone_is_computed_on_a_click_only(attacked: Session, made: Any) -> None:
    query = query_of(page("attack", attacked).run())
    attacked.results = ResultStore()
    attacked.page_state(FollowedLink).named = {}  # as another visit
    test = at("attack", attacked, query)
    assert "This result is not kept here" in said(test)
    assert "epsilon 3/255" in said(test) or "eps 3/255" in said(test)
    assert attacked.job is None
    assert latest_attack(attacked) is None
    words = said(test.button(key="linked-compute").click().run())  # a quick attack has ended by then
    words += said(worked(test))
    assert "Computed now." in words
    assert "nothing was computed anew" not in words
    found = latest_attack(attacked)
    assert found
    assert (found.id, dict(found.settings), found.seed) == (made[2].id, dict(made[2].settings), 5)
    assert query_of(test) == query


def test_maps_of_both_faces_are_computed_with_their_attack(attacked: Session) -> None:
    choice = attacked.page_state(MapSettings)
    choice.methods, choice.target, choice.seed, choice.tab = MAPS, "fake", 9, "Regions"
    first = page("explain", attacked)
    first.run()
    next(one for one in first.button if one.label == "Compute maps").click()
    worked(first.run())
    query = query_of(first)
    assert (query["maps"], query["maps.target"], query["maps.seed"], query["tab"]) == (
        " ".join(MAPS),
        "fake",
        "9",
        "Regions",
    )
    first.selectbox(key="maps-target").select("real").run()
    first.number_input(key="maps-seed").set_value(10).run()
    assert query_of(first) == query, "the maps on the screen are named, not the form"
    kept = dict(attacked.results._held)
    attacked.results, attacked.page_state(FollowedLink).named = ResultStore(), {}
    attacked._pages.pop(MapSettings)
    test = at("explain", attacked, query)
    assert "None of these 5 results is kept here" in said(test)
    worked(test.button(key="linked-compute").click().run())
    choice = attacked.page_state(MapSettings)
    assert (choice.methods, choice.target, choice.seed, choice.tab) == (MAPS, "fake", 9, "Regions")
    maps = [key for key in kept if key.kind == "map" and key.method in MAPS]
    assert len(maps) == 4
    for key in maps:
        again = attacked.results.get(key)
        assert again
        assert (again.map == kept[key].map).all()
    assert query_of(test) == query


def test_it_can_be_left(attacked: Session) -> None:
    query = query_of(page("attack", attacked).run())
    attacked.results, attacked.page_state(FollowedLink).named = ResultStore(), {}
    test = at("attack", attacked, query)
    test.button(key="linked-forget").click().run()
    assert "not kept here" not in said(test)
    assert attacked.job is None


def test_damaged_values_leave_the_defaults_and_one_sentence(desk: Session) -> None:
    assert desk.media
    query = {"file": desk.media.id, "face": "8", "attack": "pgd", "pgd.eps": "1000", "tab": "Nowhere"}
    test = at("attack", desk, query)
    (warning,) = [one for one in test.warning if "address could be followed" in one.value]
    assert "pgd.eps: eps has to lie between" in warning.value.replace("\\", "")
    assert "there is no face 9 among the 1 found" in warning.value
    assert "names the tab 'Nowhere'; there are: One face" in said(test)
    settings = desk.page_state(AttackSettings)
    assert (settings.method, settings.strength, settings.seed, settings.tab) == ("pgd", SMALLEST, 0, "One face")
    assert ATTACKS["pgd"].settings(settings.values) == ATTACKS["pgd"].settings()
    assert desk.focus == 0
    assert query_of(test).keys() == {"file", "face", "by", "tab"}


def test_another_version_of_the_detector_is_said(attacked: Session) -> None:
    query = query_of(page("attack", attacked).run())
    attacked.page_state(FollowedLink).named = {}
    name = attacked.detector_name
    words = f"written with the detector {name}:0123:none, and {attacked.detector.version} judges here"
    assert words in said(at("attack", attacked, query | {"by": f"{name}:0123:none"}))
    attacked.page_state(FollowedLink).named = {}
    assert "'crystal-ball'" in said(at("attack", attacked, query | {"by": "crystal-ball:0123:none"}))


@pytest.mark.parametrize("other_first", [False, True])
def test_a_file_that_is_opened_by_hand_is_followed_then(
    other_first: bool, attacked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "made_sample", lambda _: None)
    query, visit = query_of(page("attack", attacked).run()), Session()
    test = at("attack", visit, query)
    assert "is in no case, in no queue of this visit and in no other tab" in said(test)
    assert "is in no case" not in said(test.run())
    if other_first:
        visit.media = pipeline.open_media(image("PNG"), "other.png")
        said(test.run())
    visit.media, visit.faces, visit.judged_by = attacked.media, attacked.faces, attacked.judged_by
    assert ("This result is not kept here" in said(test.run())) != other_first
    assert visit.job is None


def test_a_file_that_is_not_found_leaves_the_open_one_as_it_is(attacked: Session) -> None:
    query = {"file": "0" * 64, "by": "resnet-blend:0123:none", "frames": "1"}
    before = attacked.detector_name, attacked.frames, attacked.media
    assert "is in no case" in said(at("inspect", attacked, query))
    assert (attacked.detector_name, attacked.frames, attacked.media) == before
    assert not attacked.outdated


def test_another_file_has_no_maps_of_the_one_before(attacked: Session) -> None:
    attacked.media = pipeline.open_media(image("PNG"), "other.png")
    attacked.faces = []
    test = at("explain", attacked, {"file": "", "maps": "saliency", "tab": "Regions"})
    assert "maps" not in query_of(test)


def test_a_score_to_stop_at_is_of_attacks_in_steps() -> None:
    for name, stop_at in (("fgsm", None), ("pgd", 0.9)):
        found = addresses.read_address({"file": "0" * 64, "attack": name, "attack.stop_at": "0.9"})
        assert found
        assert found.attack
        assert found.attack.stop_at == stop_at


def test_another_tab_of_the_browser_hands_over_file_and_results(
    attacked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, visit = query_of(page("attack", attacked).run()), Session()
    monkeypatch.setattr(file_link, "other_sessions", lambda _: [attacked])
    visit.media = pipeline.open_media(image("PNG"), "other.png")
    assert "nothing was computed anew" in said(at("attack", visit, query))
    assert visit.media is attacked.media
    assert visit.job is None
    found = latest_attack(visit)
    assert found is latest_attack(attacked)


def test_a_file_of_the_queue_is_opened_as_it_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    row, opened = SimpleNamespace(sha256="a" * 64, key="key", path=Path("a.png")), []
    monkeypatch.setattr(file_link, "queue_rows", lambda _: [row])
    monkeypatch.setattr(file_link, "open_row", lambda _, one: opened.append(one))
    said(at("inspect", Session(), {"file": "a" * 64}))
    assert opened == [row]


def test_a_sample_is_found_by_its_hash(desk: Session) -> None:
    assert desk.media
    visit = Session()
    worked(at("inspect", visit, {"file": desk.media.id}))
    assert visit.media
    assert visit.media.name == "portrait.png"
    assert samples.made_sample("0" * 64) is None


def test_a_file_that_no_case_holds_is_named_too() -> None:
    desk = Session()
    desk.media = pipeline.open_media(image("PNG"), "one.png")
    assert query_of(page("inspect", desk).run())["file"] == desk.media.id


def swept(session: Session) -> KeptSweep:
    request = sweep_request(SweepSettings(("noise", "fgsm"), "0, 1.5, 4", "all", 3, 5, 60, 7))
    found = sweep(session.detector, [session.faces[0].face.crop], request.attacks, request.epsilons, seed=7)
    kept = KeptSweep(found, request, {"noise": {}, "fgsm": {}}, ((0, 0),), 1, 16, ())
    session.page_state(LongResults).keep(sweep_key(session), kept)
    return kept


def test_the_shown_sweep_is_named_and_stands_in_the_form_of_another_visit(desk: Session, made: Any) -> None:
    kept = swept(desk)
    desk.page_state(AttackSettings).tab = "Sweep over epsilon"
    query = query_of(page("attack", desk).run())
    assert (query["sweep.attacks"], query["sweep.epsilons"], query["sweep.faces"]) == ("noise fgsm", "0, 1.5, 4", "3")
    other = Session(media=made[0], faces=made[1], judged_by=desk.judged_by)
    test = at("attack", other, query)
    assert not test.exception
    assert other.page_state(AttackSettings).tab == "Sweep over epsilon"
    assert sweep_request(other.page_state(SweepSettings)) == kept.request
    assert next(one.value for one in test.text_input if one.label == "epsilons (/255)") == "0, 1.5, 4"
    assert other.job is None, "nothing is computed without a click"


def test_the_shown_attack_on_the_file_is_named_and_stands_in_the_form(desk: Session, made: Any) -> None:
    choice = desk.page_state(AttackSettings)
    choice.tab, choice.method, choice.strength, choice.seed = "Whole file", "bim", OWN, 9
    choice.values = {"eps": 3 / 255, "steps": 4}
    desk.page_state(FileAttackSettings).quality = 61
    test = page("attack", desk).run()
    clicked(test, "Attack the whole file")
    query = query_of(worked(test))
    assert query["whole.attack"] == "bim"
    assert "eps=3;" in query["whole.settings"]
    assert query["whole.quality"] == "61"
    other = Session(media=made[0], faces=made[1], judged_by=desk.judged_by)
    at("attack", other, query)
    taken = other.page_state(AttackSettings)
    assert (taken.tab, taken.method, taken.strength, taken.seed) == ("Whole file", "bim", OWN, 9)
    assert (taken.values["eps"], taken.values["steps"]) == (3 / 255, 4)
    assert other.page_state(FileAttackSettings).quality == 61


def test_how_critical_pixels_are_found_is_named(attacked: Session, made: Any) -> None:
    choice = attacked.page_state(MapSettings)
    choice.tab, choice.share, choice.samples = "Critical pixels", 0.02, 12
    query = query_of(page("explain", attacked).run())
    assert (query["critical.share"], query["critical.samples"], query["tab"]) == ("2", "12", "Critical pixels")
    choice.share, choice.samples = 0.05, 24
    attacked.page_state(FollowedLink).named = {}  # as another visit
    at("explain", attacked, query)
    assert (choice.share, choice.samples) == (0.02, 12)
