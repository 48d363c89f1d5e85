"""The other tabs of the page Explain: compare, regions, critical pixels and the figure for print."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from explain_session import QUICK, buttons, charts, click, columns, compute, opened, sides, tables, texts
from page_runs import sent_to
from shown_cases import kinds_in_case

from core import pipeline
from core.explain import REDUCER
from core.explain.analysis.critical_pixels import critical_pixels
from core.explain.analysis.similarity import similarity
from core.faces.regions import region_masks, share_by_region
from core.output.critical_sentences import critical_sentence
from core.output.figure_record import figure_record
from core.reports import print_figure
from core.types import InputError, content_id
from core.types.critical_results import CriticalComparison, KeptEffect
from pages.parts.explain import map_columns, print_panel, region_results
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.kept_attacks import attacks_on, keep_attack, latest_attack
from pages.parts.session.session import Session


@pytest.mark.slow
def test_maps_are_compared_on_a_click(mapped: Session, tmp_path: Path) -> None:
    test = opened(mapped, "Compare")
    assert not sent_to(test, "matrix")
    click(test, "Compare these maps")
    assert buttons(test)["Compare these maps"]
    assert kinds_in_case(mapped, tmp_path) == ["maps", "map-similarity"]
    first, second = columns(mapped)
    wanted = similarity(first.maps[0].map, first.maps[1].map)
    assert f"{wanted.ssim:.3f}" in tables(test)
    assert f"{wanted.top_k:.3f}" in tables(test)
    clean, attacked = sent_to(test, "matrix")
    assert clean["cells"][0][0]["word"] == "1.00"
    alike = similarity(first.maps[0].map, second.maps[0].map, scale="own")
    assert clean["cells"][0][1]["word"] == f"{alike.ssim:.2f}".replace("-", "\N{MINUS SIGN}")
    assert attacked["cells"][0][1]["word"] != ""
    titles = [one.title for one in columns(mapped)]
    (said,) = (head.value.replace("\\", "") for head in test.header)
    assert said.startswith(f"In structure {titles[0]} and {titles[1]} agree at ")
    assert "; the attack moved " in said
    test.segmented_control(key="similar-measure").select("top_k").run()
    assert test.header[0].value.startswith("In their top pixels")
    assert sent_to(test, "matrix")[0]["cells"][0][1]["word"] == f"{alike.top_k:.2f}"
    assert opened(mapped, "Compare").segmented_control(key="similar-measure").value == "top_k"


def test_shares_of_regions_are_computed_once(mapped: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    test = opened(mapped, "Regions")
    monkeypatch.setattr(region_results, "share_by_region", lambda *_, **__: pytest.fail("computed again"))
    monkeypatch.setattr(region_results, "region_masks", lambda *_, **__: pytest.fail("computed again"))
    assert tables(opened(mapped, "Regions")) == tables(test)


def test_regions_say_where_the_relevance_lies(mapped: Session, tmp_path: Path) -> None:
    test = opened(mapped, "Regions")
    assert mapped.focused
    assert mapped.media
    masks = region_masks(mapped.focused.face, size=mapped.media.size)
    column = columns(mapped)[0]
    (said,) = (head.value.replace("\\", "") for head in test.header)
    assert "% of what moves the score lies " in said, "the sentence of the map that is seen"
    assert "Attacked: " in said
    rows = share_by_region(column.maps[0].map, masks, signed=False)
    for row in rows:
        assert f"{row.region},{row.area:.1%},{row.relevance:.1%}" in tables(test)
    assert not charts(test)  # a plotting library would take longer to draw them than all else
    (drawn,) = sent_to(test, "bars")
    assert [row["name"] for row in drawn["rows"]] == ["clean", "attacked"]
    assert drawn["rows"][0]["values"] == [row.relevance for row in rows]
    assert (drawn["groups"], drawn["marks"]) == ([row.region for row in rows], [row.area for row in rows])
    assert kinds_in_case(mapped, tmp_path) == ["maps", "regions"]
    with np.load(tmp_path / "shown/results/E1/maps-1-maps.npz") as arrays:
        assert np.array_equal(arrays["saliency.clean"], column.maps[0].map)
    test.selectbox(key="regions-map").select("lrp").run()
    (lrp,) = (one for one in columns(mapped) if one.method == "lrp")
    both = bool((lrp.maps[0].map > 0).any() and (lrp.maps[0].map < 0).any())
    assert ("clean: positive" in tables(test)) == both, "a map of one sign has no parts"


def test_critical_pixels_need_an_attack(desk: Session) -> None:
    test = opened(desk, "Critical pixels")
    assert "a clean face and the attacked one" in texts(test)
    assert "Go to Attack" in buttons(test)
    assert "Find critical pixels" not in buttons(test)


@pytest.mark.slow
def test_critical_pixels_are_found_drawn_and_tested(attacked: Session, tmp_path: Path) -> None:
    test = opened(attacked, "Critical pixels")
    test.number_input(key="critical-share").set_value(2.0)
    test.number_input(key="critical-samples").set_value(4).run()
    click(test, "Find critical pixels")
    clean, other = sides(attacked)
    wanted = critical_pixels(attacked.detector, clean.crop, other.crop, share=0.02, samples=4)
    assert critical_sentence(wanted) in [head.value for head in test.header]
    assert "Welch" not in texts(test), "the tests are folded"
    assert not charts(test)
    test.session_state["critical-tests"] = True
    shown = texts(test.run())
    assert wanted.detection.test
    assert wanted.generation.test
    for found in (wanted.generation, wanted.detection):
        assert found.test
        assert f"Welch's t-test: t {found.test.t:.2f}" in shown
    assert f"{wanted.overlap:.0%}" in shown
    assert wanted.warning.split(".")[0] in shown
    assert "Attack generation" in shown
    assert "Attack detection" in shown
    assert len(charts(test)) == 6
    assert kinds_in_case(attacked, tmp_path) == ["critical-pixels"]
    test.number_input(key="critical-share").set_value(3.0).run()
    assert "Found with other settings: 2.0% of the pixels" in texts(test)


@pytest.mark.slow
def test_each_tab_names_the_attack_detector_that_the_attack_evades(desk: Session, tmp_path: Path) -> None:
    face, asked = desk.faces[0].face, pipeline.load_attack_detector()
    found = pipeline.attack(desk.detector, face.crop, "adaptive-detector", {"steps": 1}, attack_detector=asked)
    keep_attack(desk, face.id, desk.detector.version, found)
    compute(desk)
    opened(desk, "Regions")
    opened(desk, "For print")
    click(opened(desk, "Compare"), "Compare these maps")
    test = opened(desk, "Critical pixels")
    test.number_input(key="critical-samples").set_value(4).run()
    click(test, "Find critical pixels")
    kinds = kinds_in_case(desk, tmp_path, also=[asked.name])
    assert set(kinds) == {"maps", "regions", "print-figure", "map-similarity", "critical-pixels"}


def test_the_conclusion_compares_with_chance() -> None:
    moved = KeptEffect(clean=0.9, attacked=0.1, only=0.5, without=0.4, chance_only=0.86, chance_without=0.15)
    found = SimpleNamespace(share=0.05, generation=SimpleNamespace(effect=moved))
    said = critical_sentence(cast(CriticalComparison, found))
    assert "5% of the pixels" in said
    assert "carry 50% of its effect" in said
    assert "random places carry 5%" in said
    found.generation.effect = replace(moved, only=0.899, chance_only=0.94)
    said = critical_sentence(cast(CriticalComparison, found))
    assert "carry less than 1% of its effect" in said
    assert "carry \N{MINUS SIGN}5%." in said
    found.generation.effect = replace(moved, attacked=0.9)
    assert "does not move the score" in critical_sentence(cast(CriticalComparison, found))


@pytest.mark.slow
def test_the_print_tab_previews_and_names_what_it_prints(mapped: Session, tmp_path: Path) -> None:
    test = opened(mapped, "For print")
    shown = texts(test)
    assert "true width of 170 mm" in shown
    caption = test.code[0].value
    for words in ("Saliency", mapped.detector.version, "FGSM", REDUCER, "not where the image was edited", "seed 0"):
        assert words in caption
    test.selectbox(key="paper-kind").select("one").run()
    assert "true width of 85 mm" in texts(test)
    assert opened(mapped, "For print").selectbox(key="paper-kind").value == "one"
    assert {"maps", "print-figure"} == set(kinds_in_case(mapped, tmp_path))


@pytest.fixture
def several(mapped: Session) -> Session:
    """The same with another attack on the face, and another face that was judged; no map of either."""
    item = mapped.faces[0]
    keep_attack(
        mapped,
        item.face.id,
        mapped.detector.version,
        pipeline.attack(mapped.detector, item.face.crop, "fgsm", {"eps": 4 / 255}),
    )
    mapped.faces = [
        item,
        pipeline.JudgedFace(replace(item.face, id="other", crop=item.face.crop[:, ::-1]), item.verdict),
    ]
    return mapped


@pytest.mark.slow
def test_rows_are_the_clean_face_its_attacks_and_other_faces(several: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[print_figure.Print] = []
    monkeypatch.setattr(print_panel, "_show", lambda desk, one: made.append(one))
    test = opened(several, "For print")
    faces = next(box for box in test.multiselect if box.label == "Faces in the figure")
    small, large = attacks_on(several, several.faces[0].face.id)
    assert faces.options[:3] == ["clean", "attacked, FGSM, eps 4/255", "attacked, FGSM, eps 16/255"]
    assert faces.options[3].startswith("Face 2: ")
    face = several.faces[0].face.id
    last = latest_attack(several)
    assert last
    assert faces.value == [face, last.id]
    assert not made  # of the last attack there is no map
    assert "2 maps of these faces not computed yet" in texts(test)

    faces.set_value([face, small.id, large.id, "other"]).run()
    assert "4 maps of these faces not computed yet" in texts(test)
    click(test, "Compute what is missing")
    assert "not computed yet" not in texts(test)
    shown = made[-1]
    assert [row.name for row in shown.rows] == ["clean", *faces.options[1:3], "face 2"]
    assert [row.clean for row in shown.rows] == [None, 0, 0, None]
    assert shown.layout.differences == ((0, 1), (0, 2))
    assert [row.attack for row in shown.rows] == [None, small, large, None]
    for method in shown.methods:
        assert [one.of for one in method.maps] == [content_id(row.crop) for row in shown.rows]

    again = opened(several, "For print")  # the choice is kept
    kept = next(box for box in again.multiselect if box.label == "Faces in the figure")
    assert kept.value == [face, small.id, large.id, "other"]
    again.text_input(key=f"paper-name-{face[:16]}-clean").set_value("no attack").run()
    assert made[-1].rows[0].name == "no attack"
    again.toggle(key="paper-difference").set_value(False).run()
    assert made[-1].layout.differences == ()
    kept.set_value(["other", small.id]).run()  # an attacked face without the clean one has no difference
    assert [row.clean for row in made[-1].rows] == [None, None]
    assert made[-1].rows[1].name == faces.options[1]


@pytest.mark.slow
def test_the_page_writes_the_same_record_into_the_file_as_it_shows(mapped: Session) -> None:
    made: list[print_figure.Print] = []
    show = print_panel._show
    with pytest.MonkeyPatch.context() as patch:

        def recorded(desk: Session, one: print_figure.Print) -> None:
            made.append(one)
            show(desk, one)

        patch.setattr(print_panel, "_show", recorded)
        test = opened(mapped, "For print")
    record = figure_record(made[-1].facts())
    assert [face["name"] for face in record["faces"]] == ["clean", "attacked, FGSM"]
    assert record["faces"][1]["attack"]["name"] == "fgsm"
    assert set(record["maps"]) == set(QUICK)
    assert test.code[0].value == made[-1].caption()


@pytest.mark.slow
def test_a_figure_that_does_not_fit_is_refused_on_the_page(mapped: Session) -> None:
    mapped.page_state(MapSettings).print.kind, mapped.page_state(MapSettings).print.width = "own", 40.0
    mapped.page_state(MapSettings).methods = (*QUICK, "input-x-gradient", "guided-backprop")
    compute(mapped)
    test = opened(mapped, "For print")
    assert "8 mm are needed" in test.error[0].value.replace("\\", "")
    assert not test.code


@pytest.mark.slow
def test_a_figure_lies_the_way_round_that_is_less_high_until_it_is_turned(mapped: Session) -> None:
    mapped.page_state(MapSettings).print.methods = QUICK[:1]
    test = opened(mapped, "For print")  # two faces and their difference beside one map: 267 mm, were they rows
    assert not test.error
    turned = next(one for one in test.toggle if one.label == "Methods in rows")
    assert turned.value
    turned.set_value(False).run()
    assert "267 mm high" in test.error[0].value
    assert not next(one for one in opened(mapped, "For print").toggle if one.label == "Methods in rows").value


def test_a_figure_without_maps_is_refused(mapped: Session) -> None:
    mapped.page_state(MapSettings).print.methods = ()
    assert "at least one map" in opened(mapped, "For print").error[0].value


@pytest.mark.parametrize("tab", ["Compare", "Regions", "For print"])
def test_a_tab_without_maps_says_what_to_do(tab: str, desk: Session) -> None:
    assert "No maps yet" in texts(opened(desk, tab))


@pytest.mark.slow
def test_an_error_in_a_map_is_a_sentence(attacked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise InputError("This map cannot be made.")

    monkeypatch.setattr(pipeline, "explain_all", refuse)
    test = click(opened(attacked), "Compute maps")
    assert "This map cannot be made" in test.error[0].value


def test_the_difference_is_attacked_minus_clean_of_like_maps_only(mapped: Session) -> None:
    parts = columns(mapped)
    for column in parts:
        clean, attacked = column.maps
        assert column.difference is not None
        assert np.array_equal(column.difference, attacked.map - clean.map)
    pair = parts[0].found[0]
    assert pair
    other = pair._replace(key=pair.key.with_settings({"target": "fake"}))
    assert map_columns.Column("saliency", (other, parts[0].found[1]), True).difference is None
