"""What the pages Attack and Explain showed of a file is computed again from the bundle, and compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import page_runs
import pytest
from explain_session import compute, opened
from PIL import Image
from replayed_cases import attacked_desk, changed, kept

from core import pipeline
from core.cases import replay as replaying
from core.cases.case_folder import new_case
from core.cases.replay import TOLERANCE, PageRecord
from core.engine.case_work import replay_bundle
from core.engine.repeated_records import RecordRepeater
from core.media.write import write_media
from core.output.shown_record import ShownRecord
from core.types import Array
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.shown_records import held_of_file

LEFT = [
    "results/E1/attack-1.json: attacked_course",
    "results/E1/attack-1-trajectory.csv",
    "results/E1/maps-1.json: maps",
    "results/E1/maps-1.json: words",
    "results/E1/maps-1-quality.csv",
]


@pytest.fixture(scope="module")
def file(forged: Array, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replayed") / "forged.png"
    Image.fromarray(forged).save(path)
    return path


def shown(path: Path, *, frames: int = 16) -> list[ShownRecord]:
    """Attack a file's first face, draw it on Attack and its maps on Explain; return what the pages hand in."""
    desk = attacked_desk(path, frames=frames)
    page_runs.run(page_runs.page("attack", desk))
    desk.page_state(MapSettings).methods = ("saliency", "integrated-gradients")
    compute(desk)
    opened(desk)
    return held_of_file(desk)


@pytest.fixture(scope="module")
def records(file: Path) -> list[ShownRecord]:
    return shown(file)


@pytest.mark.slow
def test_an_attack_and_maps_are_repeated_bit_by_bit(records: list[ShownRecord], file: Path, tmp_path: Path) -> None:
    assert [one.kind for one in records] == ["attack", "maps"]
    found = replay_bundle(kept(tmp_path, file, records))
    assert found.differences == []
    assert found.not_again == LEFT
    assert list(found.tolerance.values()) == [0.0, 0.0]
    assert found.compared > 60


@pytest.mark.slow
def test_a_video_is_searched_as_it_was(forged: Array, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    write_media((np.roll(forged, 2 * i, 1) for i in range(6)), clip, fps=12)
    found = replay_bundle(kept(tmp_path, clip, shown(clip, frames=3)))
    assert (found.differences, found.not_again) == ([], LEFT)


@pytest.mark.slow
def test_what_a_page_did_not_show_is_a_difference(records: list[ShownRecord], file: Path, tmp_path: Path) -> None:
    attack = records[0]
    results = json.loads(json.dumps(attack.results))
    results["attack"]["after"]["p_fake"] += 0.01
    png = pipeline.open_media(file).frame()[:8, :8]
    Image.fromarray(png).save(tmp_path / "other.png")
    files = {**attack.files, "face.png": tmp_path / "other.png"}
    wrong = ShownRecord(attack.kind, attack.words, attack.settings, results, files)
    found = replay_bundle(kept(tmp_path, file, [wrong]))
    assert [one.where for one in found.differences] == [
        "results/E1/attack-1.json: results/attack/after/p_fake",
        "results/E1/attack-1-face.png",
    ]


@pytest.mark.slow
def test_a_record_that_cannot_be_repeated_says_why(records: list[ShownRecord], file: Path, tmp_path: Path) -> None:
    other = {**records[0].settings, "detector": "efficientnet-lite0:000000000000:None"}
    face = {**records[0].results, "face": {"id": "0" * 64}}
    wrong = [
        ShownRecord("attack", "Other weights.", other, records[0].results),
        ShownRecord("attack", "Another face.", records[0].settings, face),
    ]
    said = [str(one.found) for one in replay_bundle(kept(tmp_path, file, wrong)).differences]
    assert said[0].startswith("it was made with efficientnet-lite0:000000000000:None; here is efficientnet-lite0:")
    assert said[1] == f"the face {'0' * 12} is not found in 16 frames of it"


LIES = [
    (0, "words", "The detector cannot be fooled."),
    (0, "settings/more", "said of nothing"),
    (0, "results/media/id", "0" * 64),
    (0, "results/attack_verdict_after", {"p_attacked": 0.1}),
    (0, "results/course", [0.5]),
    (1, "settings/maps/saliency/seed", 5),
    (1, "results/detector", "another"),
]
DAMAGED = [
    (0, "results/attack", []),
    (0, "results/attack", None),
    (0, "results/face", "E"),
    (0, "settings/frames", "many"),
    (0, "settings/seed", None),
    (0, "settings/seed", 10**30),
    (0, "settings/settings", ["eps"]),
    (0, "settings/stop_at", {"a": 1}),
    (0, "settings/attack", "magic"),
    (0, "settings/frames", 10**9),
    (1, "results/maps", []),
    (1, "results/maps/saliency", ["clean"]),
    (1, "settings/attack", "text"),
]


@pytest.mark.slow
def test_no_lie_of_a_record_is_equal(records: list[ShownRecord], file: Path, tmp_path: Path) -> None:
    lies = [changed(records[kind], at, value) for kind, at, value in LIES]
    found = replay_bundle(kept(tmp_path, file, lies))
    places = {str(one.where).removeprefix("results/E1/").split(".")[0] for one in found.differences}
    kinds = [records[kind].kind for kind, _, _ in LIES]
    assert places == {f"{kind}-{kinds[:number].count(kind) + 1}" for number, kind in enumerate(kinds)}


@pytest.mark.slow
def test_a_damaged_record_is_a_difference_and_the_others_are_compared(
    records: list[ShownRecord], file: Path, tmp_path: Path
) -> None:
    bad = [changed(records[kind], at, value) for kind, at, value in DAMAGED]
    found = replay_bundle(kept(tmp_path, file, [*bad, records[0]]))
    places = {str(one.where).split(":")[0] for one in found.differences}
    assert len(places) == len(bad)
    assert f"results/E1/attack-{sum(kind == 0 for kind, *_ in DAMAGED) + 1}.json: attacked_course" in found.not_again


@pytest.mark.slow
def test_on_another_machine_all_leaves_and_the_picture_are_compared(
    records: list[ShownRecord], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "tolerance_for", lambda _: TOLERANCE)
    assert replay_bundle(kept(tmp_path, file, records)).differences == []
    (tmp_path / "bad").mkdir()
    empty = changed(records[0], "results/attack", {"seconds": 1, "stopped": False})
    noise = replace(records[0], files={**records[0].files, "face.png": lambda: b"no picture"})
    found = replay_bundle(kept(tmp_path / "bad", file, [empty, noise]))
    places = [str(one.where) for one in found.differences]
    assert "results/E1/attack-1.json: results/attack/success" in places
    assert "results/E1/attack-2-face.png" in places


def test_other_kinds_stopped_attacks_and_older_records_are_left(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "load_detector", lambda _: pytest.fail("nothing is computed"))
    case = new_case(tmp_path / "case", "Case", actor="Ada")
    exhibit, _ = case.add_file(file)
    results = {"face": {"id": "0" * 64}, "attack": {"stopped": False}}
    settings = {"frames": 16, "detector": "made"}
    whole = PageRecord("attack", "Words.", settings, results)
    left = [
        replace(whole, kind="risk"),
        replace(whole, results={**results, "attack": {"stopped": True}}),
        replace(whole, settings={"detector": "made"}),
    ]
    assert [RecordRepeater()(file, exhibit, one) for one in left] == [None] * len(left)
