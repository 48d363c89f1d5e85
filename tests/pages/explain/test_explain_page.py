"""The page Explain: maps computed, scaled, laid out, read by pixel and measured."""

from __future__ import annotations

import json
from typing import Any

import pytest
from explain_session import QUICK, buttons, click, columns, compute, grid, grid_cells, grids, opened, tables, texts
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.explain import EXPLAINERS, REDUCER, quality
from core.types import QualityMetric
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import Session


@pytest.mark.slow
def test_maps_are_computed_on_a_click_and_introduced_by_what_they_are_not(attacked: Session) -> None:
    test = opened(attacked)
    assert "Not where the image was edited" in texts(test)
    assert REDUCER in texts(test)
    assert "4 to compute" in texts(test)
    assert not grids(test)
    click(test, "Compute maps")
    assert "All are computed with these settings" in texts(test)
    assert buttons(test)["Compute maps"]
    drawn, maps = grid(test), [cell for cell in grid_cells(test) if cell]
    assert len(maps) == 2 * 3  # clean, attacked, difference
    assert drawn["rows"] == ["clean", "attacked", "difference"]
    assert {"linearity error", "relevance conserved"} <= {line["name"] for cell in maps for line in cell["lines"]}
    assert [column["title"] for column in drawn["columns"]] == ["Face", *(EXPLAINERS[name].title for name in QUICK)]


def test_without_an_attack_there_is_one_row_and_the_way_to_an_attack(desk: Session) -> None:
    compute(desk)
    test = opened(desk)
    assert grid(test)["rows"] == ["clean"]
    assert "Go to Attack" in buttons(test)


def test_before_any_map_its_faces_are_seen_with_the_verdict_that_is_asked_about(desk: Session) -> None:
    verdict = desk.faces[0].verdict
    assert verdict
    test = opened(desk, "One map")
    assert f"Why “{verdict.band.lower()}”? Compute the maps to see." in texts(test)
    assert captions(test) == ["The face in focus"]
    face = desk.faces[0].face
    keep_attack(desk, face.id, desk.detector.version, pipeline.attack(desk.detector, face.crop, "fgsm"))
    assert captions(opened(desk, "One map")) == ["The clean face", "The attacked face"]


def captions(test: AppTest) -> list[str]:
    """Those of faces that are drawn by themselves."""
    shown = [words for one in test.image for words in one.captions]
    return [words for words in shown if words.startswith("The ")]


@pytest.mark.slow
def test_maps_of_other_settings_stay_and_say_so(mapped: Session) -> None:
    test = opened(mapped)
    assert not test.warning
    assert "Red: towards manipulated, blue: away from it." in texts(test)
    test.selectbox(key="maps-target").select("real").run()
    assert "Red: towards manipulated, blue: away from it." in texts(test), "of the maps that are shown"
    warning = test.warning[0].value.replace("\\", "")
    assert "Made with other settings" in warning
    assert "all of the margin: manipulated minus not manipulated, seed 0" in warning
    assert all(EXPLAINERS[name].title in warning for name in QUICK)
    assert [column["mark"] for column in grid(test)["columns"]] == ["", *["made with other settings"] * 2]
    assert not buttons(test)["Compute maps"]
    click(test, "Compute maps")
    assert not test.warning
    assert {column.maps[1].target for column in columns(mapped)} == {"real"}
    assert "Red: towards not manipulated, blue: away from it." in texts(test)


@pytest.mark.slow
def test_a_newer_attack_is_not_shown_with_the_older_ones_maps(mapped: Session) -> None:
    face = mapped.faces[0].face
    keep_attack(
        mapped, face.id, mapped.detector.version, pipeline.attack(mapped.detector, face.crop, "fgsm", {"eps": 4 / 255})
    )
    test = opened(mapped)
    assert "The attack is newer than some of these maps" in texts(test)
    assert [column.found[1] for column in columns(mapped)] == [None, None]
    assert grid_cells(test).count(None) == 4  # attacked and difference of each


@pytest.mark.slow
def test_settings_that_were_not_used_yet_survive_the_page_being_left(desk: Session) -> None:
    test = opened(desk)
    test.multiselect(key="maps-methods").select("integrated-gradients").run()
    test.number_input(key="map-integrated-gradients-steps").set_value(48).run()
    test.selectbox(key="maps-target").select("real").run()
    test.number_input(key="maps-seed").set_value(7).run()
    again = opened(desk)  # another visit: nothing but the desk is left of the first one
    assert "integrated-gradients" in again.multiselect(key="maps-methods").value
    assert again.number_input(key="map-integrated-gradients-steps").value == 48
    assert again.selectbox(key="maps-target").value == "real"
    assert again.number_input(key="maps-seed").value == 7


@pytest.mark.slow
def test_scales_are_shared_or_own(mapped: Session) -> None:
    def ends(test: AppTest) -> list[float]:
        return [cell["scale"] for cell in grid_cells(test) if cell]

    test = opened(mapped)
    clean_a, attacked_a, _, clean_b, attacked_b, _ = ends(test)
    assert (clean_a, clean_b) == (attacked_a, attacked_b)
    test.toggle(key="maps-shared").set_value(False).run()
    clean_a, attacked_a, _, clean_b, attacked_b, _ = ends(test)
    assert clean_a != attacked_a
    assert clean_b != attacked_b


@pytest.mark.parametrize("layout", ["columns", "paper"])
@pytest.mark.slow
def test_the_other_layouts(layout: str, mapped: Session) -> None:
    mapped.page_state(MapSettings).layout = layout
    drawn = grid(opened(mapped))
    columns = [column["title"] for column in drawn["columns"]]
    if layout == "paper":
        assert drawn["rows"] == ["no attack", "FGSM"]
    else:
        assert columns == ["clean", "attacked", "difference"]
        assert EXPLAINERS["lrp"].title in drawn["rows"]


@pytest.mark.slow
def test_one_pixel_is_read_in_all_maps(mapped: Session) -> None:
    test = opened(mapped)
    test.session_state["maps-pixel"] = True  # its part of the page is unfolded
    test.run().number_input(key="pixel-row").set_value(30)
    test.number_input(key="pixel-column").set_value(40).run()
    column = columns(mapped)[1]
    assert column.difference is not None
    for value in (column.maps[0].map[30, 40], column.maps[1].map[30, 40], column.difference[30, 40]):
        assert f"{value:.6e}" in tables(test)


@pytest.mark.slow
def test_the_strip_shows_what_was_measured_and_what_it_means(mapped: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    flat = QualityMetric("insertion AUC", 0.5, "higher", "A sentence of it.", "Nothing to put in.")

    def evaluate(detector: Any, crop: Any, found: list[Any], **more: Any) -> list[tuple[QualityMetric, ...]]:
        return [(QualityMetric("deletion AUC", 0.123, "lower", f"Of {one.method}."), flat) for one in found]

    monkeypatch.setattr(quality, "evaluate_attributions", evaluate)
    test = opened(mapped)
    assert "4 of the maps above are not measured" in texts(test)
    click(test, "Measure the quality of these maps")
    assert "All maps above are measured" in texts(test)
    assert buttons(test)["Measure the quality of these maps"]
    table = tables(test)
    assert "**deletion AUC** :small[Lower is better.]" in table
    assert "0.123 → 0.123" in table
    assert "degenerate here" in table
    shown = texts(test)
    assert "Degenerate here: Saliency, insertion AUC: Nothing to put in." in shown
    test.session_state["worth-meanings"] = True  # drawn once it is opened
    assert "Of saliency. Lower is better." in texts(test.run())
    lines = [line["value"] for cell in grid_cells(test) if cell for line in cell["lines"]]
    assert lines.count("0.123 ↓") == 4
    again = opened(mapped)  # kept
    assert "All maps above are measured" in texts(again)


@pytest.mark.slow
def test_a_strip_that_was_stopped_is_kept_and_can_go_on(mapped: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def evaluate(detector: Any, crop: Any, found: list[Any], **more: Any) -> list[tuple[QualityMetric, ...]]:
        assert mapped.job
        mapped.job.halt.set()
        return [(QualityMetric("deletion AUC", 0.123, "lower", "A sentence."),) for _ in found]

    monkeypatch.setattr(quality, "evaluate_attributions", evaluate)
    test = click(opened(mapped), "Measure the quality of these maps")
    assert "4 of the maps above are not measured yet, or not wholly" in texts(test)
    assert not buttons(test)["Measure the quality of these maps"]
    assert "0.123" in tables(test)


@pytest.mark.slow
def test_the_strip_as_it_is_measured(desk: Session) -> None:
    desk.page_state(MapSettings).methods = ("saliency",)
    compute(desk)
    test = click(opened(desk), "Measure the quality of these maps")
    for name in ("sanity check", "deletion AUC", "insertion AUC", "max-sensitivity", "run time"):
        assert name in tables(test)


def test_clean_and_attacked_are_slid_and_swapped_until_others_are_chosen(mapped: Session) -> None:
    sent = [one.proto for one in opened(mapped, "One map").get("bidi_component")]
    (drawn,) = [json.loads(proto.json) for proto in sent if proto.component_name.endswith("compare")]
    titles = [picture["title"] for picture in drawn["pictures"]]
    assert [titles[k] for k in drawn["pair"]] == ["Clean", "Attacked"]
    assert len(json.dumps(drawn)) < 2_000  # pictures and values are fetched
