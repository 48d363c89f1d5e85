"""The page Explain: each tab empty, at work and done; settings that last, results of other settings marked as such."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.explain import EXPLAINERS, REDUCER, quality
from core.explain.analysis.critical_pixels import critical_pixels
from core.explain.analysis.similarity import similarity
from core.faces.regions import region_masks, shares
from core.media_attack import samples
from core.reports import print_figure
from core.types import Honesty, InputError, Judged, content_id
from pages.parts.explain import map_columns, print_panel
from pages.parts.session import session

ROOT = Path(__file__).resolve().parent.parent
PAGE = str(ROOT / "pages" / "explain.py")
QUICK = ("saliency", "lrp")


@pytest.fixture(autouse=True)
def _weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture(scope="module")
def judged(shipped: Detector) -> tuple[Any, list[Judged], Any]:
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    found = pipeline.look(media, pipeline.load_detector())
    return media, found, pipeline.attack(pipeline.load_detector(), found[0].face.crop, "fgsm")


@pytest.fixture
def desk(judged: tuple[Any, list[Judged], Any]) -> session.Desk:
    """A desk with a face and two quick methods chosen."""
    made = session.Desk()
    made.media, made.judged = judged[:2]
    made.maps.methods = QUICK
    return made


@pytest.fixture
def attacked(desk: session.Desk, judged: tuple[Any, list[Judged], Any]) -> session.Desk:
    desk.keep_attack(desk.judged[0].face.id, judged[2])
    return desk


@pytest.fixture
def mapped(attacked: session.Desk) -> session.Desk:
    """The same with its maps."""
    compute(attacked)
    return attacked


def sides(desk: session.Desk) -> list[map_columns.Side]:
    assert desk.item
    return map_columns.sides(desk, desk.item)


def columns(desk: session.Desk) -> list[map_columns.Column]:
    return map_columns.columns(desk, sides(desk))


def compute(desk: session.Desk) -> None:
    for side in sides(desk):
        for name in desk.maps.methods:
            settings = desk.maps.values.get(name)
            found = pipeline.explain_crop(desk.detector, side.crop, name, settings, target=desk.maps.target)
            desk.keep_map(map_columns.key(desk, side, name), found)


def opened(desk: session.Desk, tab: str = "Grid") -> AppTest:
    desk.maps.tab = tab
    test = AppTest.from_file(PAGE, default_timeout=120)
    test.session_state["desk"] = desk
    test.run()
    assert not test.exception
    return test


def click(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def texts(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "title", "subheader", "error", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind)).replace("\\", "")


def charts(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]


def tables(test: AppTest) -> str:
    return "\n".join(table.value.to_csv() for table in (*test.table, *test.dataframe)).replace("\\", "")


def buttons(test: AppTest) -> dict[str, bool]:
    return {button.label: button.disabled for button in test.button}


@pytest.mark.slow
def test_maps_are_computed_on_a_click_and_introduced_by_what_they_are_not(attacked: session.Desk) -> None:
    test = opened(attacked)
    assert "Not where the picture was edited" in texts(test)
    assert REDUCER in texts(test)
    assert "4 to compute" in texts(test)
    assert not charts(test)
    click(test, "Compute maps")
    assert "All are computed with these settings" in texts(test)
    assert buttons(test)["Compute maps"]
    figure = charts(test)[0]
    maps = [trace for trace in figure["data"] if trace["type"] == "heatmap" and "x0" not in trace]
    assert len(maps) == 2 * 3  # clean, attacked, difference
    shown = [note["text"] for note in figure["layout"]["annotations"]]
    assert {"clean", "attacked", "difference", "linearity error", "relevance conserved"} <= set(shown)
    assert all(f"<b>{EXPLAINERS[name].title}</b>" in shown for name in QUICK)


def test_without_an_attack_there_is_one_row_and_the_way_to_an_attack(desk: session.Desk) -> None:
    compute(desk)
    test = opened(desk)
    shown = [note["text"] for note in charts(test)[0]["layout"]["annotations"]]
    assert "attacked" not in shown
    assert "Go to Attack" in buttons(test)


@pytest.mark.slow
def test_maps_of_other_settings_stay_and_say_so(mapped: session.Desk) -> None:
    test = opened(mapped)
    assert not test.warning
    test.selectbox(key="maps-target").select("fake").run()
    warning = test.warning[0].value.replace("\\", "")
    assert "Made with other settings" in warning
    assert "all of the margin: fake minus real, seed 0" in warning
    assert all(EXPLAINERS[name].title in warning for name in QUICK)
    figure = charts(test)[0]
    assert "<i>made with other settings</i>" in [note["text"] for note in figure["layout"]["annotations"]]
    assert not buttons(test)["Compute maps"]
    click(test, "Compute maps")
    assert not test.warning
    assert {column.maps[1].target for column in columns(mapped)} == {"fake"}


@pytest.mark.slow
def test_a_newer_attack_is_not_shown_with_the_older_ones_maps(mapped: session.Desk) -> None:
    face = mapped.judged[0].face
    mapped.keep_attack(face.id, pipeline.attack(mapped.detector, face.crop, "fgsm", {"eps": 4 / 255}))
    test = opened(mapped)
    assert "The attack is newer than some of these maps" in texts(test)
    assert [column.found[1] for column in columns(mapped)] == [None, None]
    shown = [note["text"] for note in charts(test)[0]["layout"]["annotations"]]
    assert shown.count("not computed") == 4  # attacked and difference of each


@pytest.mark.slow
def test_settings_that_were_not_used_yet_survive_the_page_being_left(desk: session.Desk) -> None:
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
def test_scales_are_shared_or_own(mapped: session.Desk) -> None:
    def ends(test: AppTest) -> list[float]:
        data = charts(test)[0]["data"]
        return [trace["zmax"] for trace in data if trace["type"] == "heatmap" and "x0" not in trace]

    test = opened(mapped)
    clean_a, clean_b, attacked_a, attacked_b, *_ = ends(test)
    assert (clean_a, clean_b) == (attacked_a, attacked_b)
    test.toggle(key="maps-shared").set_value(False).run()
    clean_a, clean_b, attacked_a, attacked_b, *_ = ends(test)
    assert clean_a != attacked_a
    assert clean_b != attacked_b


@pytest.mark.parametrize("layout", ["columns", "paper"])
@pytest.mark.slow
def test_the_other_layouts(layout: str, mapped: session.Desk) -> None:
    mapped.maps.layout = layout
    shown = [note["text"] for note in charts(opened(mapped))[0]["layout"]["annotations"]]
    if layout == "paper":
        assert "no attack" in shown
        assert "FGSM" in shown
        assert "difference" not in shown
    else:
        assert "<b>difference</b>" in shown
        assert EXPLAINERS["lrp"].title in shown


@pytest.mark.slow
def test_one_pixel_is_read_in_all_maps(mapped: session.Desk) -> None:
    test = opened(mapped)
    test.number_input(key="pixel-row").set_value(30)
    test.number_input(key="pixel-column").set_value(40).run()
    column = columns(mapped)[1]
    assert column.difference is not None
    for value in (column.maps[0].map[30, 40], column.maps[1].map[30, 40], column.difference[30, 40]):
        assert f"{value:.6e}" in tables(test)


@pytest.mark.slow
def test_the_strip_shows_what_was_measured_and_what_it_means(
    mapped: session.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = Honesty("insertion AUC", 0.5, "higher", "A sentence of it.", "Nothing to put in.")

    def strip(detector: Any, crop: Any, found: list[Any], **more: Any) -> list[tuple[Honesty, ...]]:
        return [(Honesty("deletion AUC", 0.123, "lower", f"Of {one.method}."), flat) for one in found]

    monkeypatch.setattr(quality, "strip", strip)
    test = opened(mapped)
    assert "4 of the maps above are not measured" in texts(test)
    click(test, "Measure what these maps are worth")
    assert "All maps above are measured" in texts(test)
    assert buttons(test)["Measure what these maps are worth"]
    table = tables(test)
    assert "**deletion AUC** :small[Lower is better.]" in table
    assert "0.123 → 0.123" in table
    assert "degenerate here" in table
    shown = texts(test)
    assert "Degenerate here: Saliency, insertion AUC: Nothing to put in." in shown
    assert "Of saliency. Lower is better." in shown
    lines = [note["text"] for note in charts(test)[0]["layout"]["annotations"]]
    assert lines.count("0.123 ↓") == 4
    again = opened(mapped)  # kept
    assert "All maps above are measured" in texts(again)


@pytest.mark.slow
def test_a_strip_that_was_stopped_is_kept_and_can_go_on(mapped: session.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def strip(detector: Any, crop: Any, found: list[Any], **more: Any) -> list[tuple[Honesty, ...]]:
        assert mapped.job
        mapped.job.halt.set()
        return [(Honesty("deletion AUC", 0.123, "lower", "A sentence."),) for _ in found]

    monkeypatch.setattr(quality, "strip", strip)
    test = click(opened(mapped), "Measure what these maps are worth")
    assert "4 of the maps above are not measured yet, or not wholly" in texts(test)
    assert not buttons(test)["Measure what these maps are worth"]
    assert "0.123" in tables(test)


@pytest.mark.slow
def test_the_strip_as_it_is_measured(desk: session.Desk) -> None:
    desk.maps.methods = ("saliency",)
    compute(desk)
    test = click(opened(desk), "Measure what these maps are worth")
    for name in ("sanity check", "deletion AUC", "insertion AUC", "max-sensitivity", "run time"):
        assert name in tables(test)


@pytest.mark.slow
def test_maps_are_compared_on_a_click(mapped: session.Desk) -> None:
    test = opened(mapped, "Compare")
    assert not charts(test)
    click(test, "Compare these maps")
    assert buttons(test)["Compare these maps"]
    first, second = columns(mapped)
    wanted = similarity(first.maps[0].map, first.maps[1].map)
    assert f"{wanted.ssim:.3f}" in tables(test)
    assert f"{wanted.top_k:.3f}" in tables(test)
    clean, attacked = charts(test)
    assert clean["data"][0]["text"][0][0] == "1.00"
    alike = similarity(first.maps[0].map, second.maps[0].map, scale="own")
    assert clean["data"][0]["text"][0][1] == f"{alike.ssim:.2f}".replace("-", "\N{MINUS SIGN}")
    assert attacked["data"][0]["text"][0][1] != ""
    test.segmented_control(key="similar-measure").select("top_k").run()
    assert charts(test)[0]["data"][0]["text"][0][1] == f"{alike.top_k:.2f}"
    assert opened(mapped, "Compare").segmented_control(key="similar-measure").value == "top_k"


def test_regions_say_where_the_relevance_lies(mapped: session.Desk) -> None:
    test = opened(mapped, "Regions")
    assert mapped.item
    assert mapped.media
    masks = region_masks(mapped.item.face, size=mapped.media.size)
    column = columns(mapped)[0]
    rows = shares(column.maps[0].map, masks, signed=False)
    for row in rows:
        assert f"{row.region},{row.area:.1%},{row.relevance:.1%}" in tables(test)
    names = [trace["name"] for trace in charts(test)[0]["data"]]
    assert names == ["clean", "attacked", "share of area"]
    test.selectbox(key="regions-map").select("lrp").run()
    assert "clean: positive" in tables(test)


def test_critical_pixels_need_an_attack(desk: session.Desk) -> None:
    test = opened(desk, "Critical pixels")
    assert "attacked twin" in texts(test)
    assert "Go to Attack" in buttons(test)
    assert "Find critical pixels" not in buttons(test)


@pytest.mark.slow
def test_critical_pixels_are_found_drawn_and_tested(attacked: session.Desk) -> None:
    test = opened(attacked, "Critical pixels")
    test.number_input(key="critical-share").set_value(2.0)
    test.number_input(key="critical-samples").set_value(4).run()
    click(test, "Find critical pixels")
    clean, twin = sides(attacked)
    wanted = critical_pixels(attacked.detector, clean.crop, twin.crop, share=0.02, samples=4)
    shown = texts(test)
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
    test.number_input(key="critical-share").set_value(3.0).run()
    assert "Found with other settings: 2.0% of the pixels" in texts(test)


@pytest.mark.slow
def test_the_print_tab_previews_and_names_what_it_prints(mapped: session.Desk) -> None:
    test = opened(mapped, "For print")
    shown = texts(test)
    assert "true width of 170 mm" in shown
    caption = test.code[0].value
    for words in ("Saliency", mapped.detector.version, "FGSM", REDUCER, "not where the picture was edited", "seed 0"):
        assert words in caption
    test.selectbox(key="paper-kind").select("one").run()
    assert "true width of 85 mm" in texts(test)
    assert opened(mapped, "For print").selectbox(key="paper-kind").value == "one"


@pytest.fixture
def several(mapped: session.Desk) -> session.Desk:
    """The same with another attack on the face, and another face that was judged; no map of either."""
    item = mapped.judged[0]
    mapped.keep_attack(item.face.id, pipeline.attack(mapped.detector, item.face.crop, "fgsm", {"eps": 4 / 255}))
    mapped.judged = [item, Judged(replace(item.face, id="other", crop=item.face.crop[:, ::-1]), item.verdict)]
    return mapped


@pytest.mark.slow
def test_rows_are_the_clean_face_its_attacks_and_other_faces(
    several: session.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[print_figure.Print] = []
    monkeypatch.setattr(print_panel, "_show", lambda desk, one: made.append(one))
    test = opened(several, "For print")
    faces = next(box for box in test.multiselect if box.label == "Faces in the figure")
    small, large = several.attacks_on(several.judged[0].face.id)
    assert faces.options[:3] == ["clean", "attacked, FGSM, eps 4/255", "attacked, FGSM, eps 16/255"]
    assert faces.options[3].startswith("Face 2: ")
    face = several.judged[0].face.id
    last = several.attack_result()
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
def test_the_page_writes_the_same_record_into_the_file_as_it_shows(mapped: session.Desk) -> None:
    made: list[print_figure.Print] = []
    show = print_panel._show
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(print_panel, "_show", lambda desk, one: (made.append(one), show(desk, one)))
        test = opened(mapped, "For print")
    record = made[-1].record()
    assert [face["name"] for face in record["faces"]] == ["clean", "attacked, FGSM"]
    assert record["faces"][1]["attack"]["name"] == "fgsm"
    assert set(record["maps"]) == set(QUICK)
    assert test.code[0].value == made[-1].caption()


@pytest.mark.slow
def test_a_figure_that_does_not_fit_is_refused_on_the_page(mapped: session.Desk) -> None:
    mapped.maps.paper.kind, mapped.maps.paper.width = "own", 40.0
    mapped.maps.methods = (*QUICK, "input-x-gradient", "guided-backprop")
    compute(mapped)
    test = opened(mapped, "For print")
    assert "8 mm are needed" in test.error[0].value.replace("\\", "")
    assert not test.code


def test_a_figure_without_maps_is_refused(mapped: session.Desk) -> None:
    mapped.maps.paper.methods = ()
    assert "at least one map" in opened(mapped, "For print").error[0].value


@pytest.mark.parametrize("tab", ["Compare", "Regions", "For print"])
def test_a_tab_without_maps_says_what_to_do(tab: str, desk: session.Desk) -> None:
    assert "No maps yet" in texts(opened(desk, tab))


@pytest.mark.slow
def test_an_error_in_a_map_is_a_sentence(attacked: session.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise InputError("This map cannot be made.")

    monkeypatch.setattr(pipeline, "explain_all", refuse)
    test = click(opened(attacked), "Compute maps")
    assert "This map cannot be made" in test.error[0].value


def test_the_difference_is_attacked_minus_clean_of_like_maps_only(mapped: session.Desk) -> None:
    parts = columns(mapped)
    for column in parts:
        clean, attacked = column.maps
        assert column.difference is not None
        assert np.array_equal(column.difference, attacked.map - clean.map)
    pair = parts[0].found[0]
    assert pair
    other = (pair[0][0], *pair[0][1:4], (("target", "fake"),), 0)
    assert map_columns.Column("saliency", ((other, pair[1]), parts[0].found[1]), True).difference is None
