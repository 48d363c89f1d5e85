"""Figures for paper: their size, type, colours and metadata, and what is refused because it would not fit."""

from __future__ import annotations

import io
import itertools
import json
import re
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from narrowed import some
from PIL import Image

from core.output import screen
from core.output.paper import (
    PaperFace,
    PaperLayout,
    PaperMaps,
    canvas,
    grid_file,
    map_figure,
    page_layout,
    paper_grid,
    typography,
)
from core.types import Array, InputError

RECORD = {"detector": "resnet-blend:0123", "maps": {"lrp": {"seed": 3, "settings": {"rule": "ä (flat)"}}}}
TITLES = (
    "Saliency",
    "Input x Gradient",
    "Integrated Gradients",
    "Guided Backprop",
    "LRP",
    "SHAP",
    "Occlusion",
    "SmoothGrad",
    "Grad-CAM",
    "LIME",
)


def face(name: str = "clean", side: int = 40, seed: int = 0) -> PaperFace:
    values = np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)
    return PaperFace(name, values, ("Likely not manipulated, 12%",))


def maps(title: str, count: int = 2, *, signed: bool = True, scale: float = 1.0, side: int = 40) -> PaperMaps:
    rng = np.random.default_rng(len(title))
    values = [rng.normal(size=(side, side)).astype(np.float32) * np.float32(scale) for _ in range(count)]
    found: list[Array] = [v if signed else np.abs(v) for v in values]
    return PaperMaps(title, signed, tuple(found), (("0.0123",),) * count, "rank agreement with the gradient\u00a0↓")


def grid(columns: int = 3, **layout: Any) -> tuple[list[PaperFace], list[PaperMaps], PaperLayout]:
    made = [
        maps(title, signed=title != "Saliency", scale=10.0**-number) for number, title in enumerate(TITLES[:columns])
    ]
    given: dict[str, Any] = {"dpi": 72, "differences": ((0, 1),), **layout}
    return [face(), face("attacked, PGD", seed=1)], made, PaperLayout(**given)


@pytest.mark.slow
@pytest.mark.parametrize("width", [85.0, 170.0])
def test_the_files_are_as_wide_as_they_are_asked_to_be(width: float) -> None:
    parts = grid(width=width)
    image = Image.open(io.BytesIO(grid_file(*parts, kind="png")))
    assert image.size[0] == pytest.approx(width / 25.4 * 72, abs=1)
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", grid_file(*parts, kind="pdf"))
    assert box is not None
    assert float(box[1]) == pytest.approx(width / 25.4 * 72, abs=0.01)
    assert float(box[2]) / float(box[1]) == pytest.approx(image.size[1] / image.size[0], abs=0.01)
    drawn = re.search(rb'<svg [^>]*width="([\d.]+)pt"', grid_file(*parts, kind="svg"))
    assert drawn is not None
    assert float(drawn[1]) == pytest.approx(width / 25.4 * 72, abs=0.01)


@pytest.mark.slow
def test_the_type_is_embedded_or_drawn() -> None:
    pdf, svg = (grid_file(*grid(), kind=kind) for kind in ("pdf", "svg"))
    assert b"/FontFile2" in pdf  # TrueType
    assert b"/Type3" not in pdf
    assert b"STIXGeneral" in pdf
    assert b"<text" not in svg
    assert b"<path" in svg


@pytest.mark.slow
def test_the_metadata_say_how_the_figure_was_made() -> None:
    parts = grid()
    files = {kind: grid_file(*parts, kind=kind, title="A title", record=RECORD) for kind in ("pdf", "svg", "png")}
    text = Image.open(io.BytesIO(files["png"])).text  # type: ignore[attr-defined]
    assert json.loads(text["Description"]) == RECORD
    assert text["Title"] == "A title"
    described = re.search(rb"<dc:description>(.*?)</dc:description>", files["svg"], re.S)
    assert described is not None
    assert json.loads(described[1].replace(b"&quot;", b'"')) == RECORD
    keywords = re.search(rb"/Keywords \((.*?)(?<!\\)\) ?[/>\n]", files["pdf"], re.S)
    assert keywords is not None
    plain = re.sub(rb"\\([()\\])", rb"\1", keywords[1])
    assert json.loads(plain) == RECORD
    assert b"/Title (A title)" in files["pdf"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", map_figure.KINDS)
def test_the_same_figure_gives_the_same_bytes(kind: str) -> None:
    assert grid_file(*grid(), kind=kind, record=RECORD) == grid_file(*grid(), kind=kind, record=RECORD)


@pytest.mark.slow
def test_pictures_go_into_the_pdf_in_their_own_pixels() -> None:
    pdf = grid_file(*grid(columns=2), kind="pdf")
    assert pdf.count(b"/Width 40") == 9  # two faces and their difference, of each of two maps as many


LAYOUTS = [
    {"width": 170.0},
    {"width": 85.0},
    {"width": 170.0, "columns": 6},
    {"width": 85.0, "columns": 6},
    {"width": 120.0, "columns": 4, "font": "sans"},
    {"width": 85.0, "transposed": True},
    {"shared": False},
    {"differences": ()},
    {"points": 9.0, "columns": 6},
    {"shared": False, "transposed": True, "width": 85.0},
    {"width": 100.0, "columns": 6, "transposed": True},
    {"lines": False, "transposed": True, "width": 130.0},
]


@pytest.mark.parametrize(
    "asked", [*LAYOUTS[:2], *(pytest.param(one, marks=pytest.mark.slow) for one in LAYOUTS[2:])], ids=str
)
def test_no_type_lies_on_other_type_or_leaves_the_sheet(asked: dict[str, Any]) -> None:
    with mpl.rc_context({"mathtext.fontset": "stix"}):
        figure = paper_grid(*grid(**asked))
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in figure.texts]
        width, height = figure.canvas.get_width_height()
    for text, box in boxes:
        assert -0.5 <= box.x0 < box.x1 <= width + 0.5, text
        assert -0.5 <= box.y0 < box.y1 <= height + 0.5, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across < 0.3 or down < 0.12 * min(a.height, b.height), (one, other)


@pytest.mark.slow
def test_colour_bars_have_their_numbers() -> None:
    values = np.full((40, 40), 0.25, np.float32)
    column = PaperMaps("LRP", True, (values, -values))
    pair = ((0, 1),)
    with_own = paper_grid([face(), face()], [column], PaperLayout(width=85, shared=False, differences=pair))
    texts = [text.get_text() for text in with_own.texts]
    assert texts.count("\N{MINUS SIGN}0.25") == texts.count("0.25") == 2  # of the clean and of the attacked map
    assert texts.count("0.50") == 1  # of their difference
    layouts = [PaperLayout(width=85, differences=pair, transposed=turned) for turned in (False, True)]
    for layout in layouts:
        shared = [text.get_text() for text in paper_grid([face(), face()], [column], layout).texts]
        assert shared.count("0.25") == shared.count("\N{MINUS SIGN}0.25") == 1  # for both maps and their difference
        unsigned = PaperMaps("Saliency", False, (values, values * 0))
        both = [text.get_text() for text in paper_grid([face(), face()], [unsigned], layout).texts]
        assert both.count("0.25") == 2  # the maps have no signs, their difference has
        assert both.count("\N{MINUS SIGN}0.25") == 1
        tiny = PaperMaps("LRP", False, (values * 1e-6, values * 1e-6))
        drawn = paper_grid([face(), face()], [tiny], layout)
        assert r"$2.5\cdot10^{-7}$" in [text.get_text() for text in drawn.texts]


@pytest.mark.parametrize(
    ("length", "said"),
    [(30.0, ["\N{MINUS SIGN}0.25", "0.25", "0"]), (10.0, ["\N{MINUS SIGN}0.25", "0.25"]), (6.5, ["± 0.25"]), (2.0, [])],
)
def test_a_short_bar_says_less(length: float, said: list[str]) -> None:
    found = canvas.numbers(canvas.Bar(True, 0.25), length, points=6, face="STIXGeneral")
    assert [text for _, text in found] == said
    short = [canvas.Bar(False, 0.25), canvas.Bar(True, 0.25)]
    assert canvas.tier_count(short, 2 * length + canvas.BAR_SPACING, points=6, face="STIXGeneral") == (1 if said else 2)


def test_each_pair_has_its_difference_after_the_attacked_face() -> None:
    faces = [face("A"), face("A, PGD", seed=1), face("B", seed=2), face("B, PGD", seed=3)]
    layout = PaperLayout(width=60, differences=((0, 1), (2, 3)))
    figure = paper_grid(faces, [maps("LRP", 4)], layout)
    upright = [text.get_text() for text in figure.texts if text.get_rotation() == 90]
    assert upright == ["A", "A, PGD", "difference", "B", "B, PGD", "difference"]
    values = maps("LRP", 4).maps
    wanted = screen.colour_map(values[3] - values[2], signed=True, scale=screen.scale_of(values))
    shown = [some(axes.images[0].get_array()) for axes in figure.axes]
    drawn = [pixels for pixels in shown if pixels.shape[:2] == (40, 40)]
    assert np.array_equal(drawn[11], wanted)  # six rows of two images


def test_what_the_numbers_are_stands_once_in_the_title() -> None:
    texts = [text.get_text() for text in paper_grid(*grid(width=170.0), measure="verdict, P(fake)").texts]
    assert texts.count("verdict, P(fake)") == 1
    assert sum(text.startswith("rank agreement") for text in texts) == 3
    assert texts.count("0.0123") == 6
    assert not any("rank" in t.get_text() for t in paper_grid(*grid(lines=False)).texts)


def test_the_png_is_resampled_and_the_others_keep_their_pixels() -> None:
    chequered = np.indices((360, 360)).sum(0) % 2 * np.float32(1)
    column = PaperMaps("LRP", False, (chequered,))
    made = [PaperFace("A", np.zeros((360, 360, 3), np.uint8))], [column], PaperLayout(width=40, dpi=150)
    image = np.asarray(Image.open(io.BytesIO(grid_file(*made, kind="png"))).convert("L")).astype(int)
    left = image[image.shape[0] // 2, -60:-20]  # within the map, 90 pixels wide for 360
    assert np.ptp(left) < 60  # every fourth pixel alone would be all black, or black and white
    assert grid_file(*made, kind="pdf").count(b"/Width 360") == 2


@pytest.mark.slow
def test_the_other_way_round_faces_stand_side_by_side() -> None:
    wide, high = (paper_grid(*grid(columns=5, transposed=turned, width=80.0)).get_size_inches() for turned in (0, 1))
    assert wide[0] == high[0]
    assert high[1] > 1.4 * wide[1]


REFUSED = [
    (lambda: paper_grid(*grid(columns=10, width=85.0)), r"11 images side by side in 85 mm are 6\.\d mm"),
    (lambda: paper_grid(*grid(columns=10, transposed=True)), r"would be [67]\d\d mm high, and a page holds 240 mm"),
    (lambda: PaperLayout(strength=1.5), "between 0 and 1; what came is 1.5"),
    (lambda: page_layout.check_size(11, 2, PaperLayout(width=85.0)), r"11 images side by side in 85 mm are 6\.\d mm"),
    (lambda: page_layout.check_size(3, 6, PaperLayout()), r"would be 2\d\d mm high, and a page holds 240 mm"),
    (lambda: PaperLayout(width=20.0), "40 to 300 mm wide; what came is 20 mm"),
    (lambda: PaperLayout(font="Comic Sans"), "one of serif, sans"),
    (lambda: grid_file(*grid(), kind="gif"), "one of pdf, svg, png"),
    (lambda: paper_grid([face()], [], PaperLayout()), "at least one face and one map"),
    (lambda: paper_grid([face(), face()], [maps("LRP", 1)], PaperLayout()), "LRP has 1 maps for 2 faces"),
    (lambda: paper_grid([face(), face(side=50)], [maps("LRP")], PaperLayout(differences=((0, 1),))), "of one size"),
    (lambda: paper_grid([face("顔"), face()], [maps("LRP")], PaperLayout()), "no sign for 顔"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_does_not_fit_is_refused_in_a_sentence(make: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        make()


def test_a_name_is_no_mathematics() -> None:
    parts = [face("$x_1$"), face("$x")], [maps("LRP")], PaperLayout(width=85, dpi=72)
    assert {"$x_1$", "$x"} <= {text.get_text() for text in paper_grid(*parts).texts}
    assert Image.open(io.BytesIO(grid_file(*parts, kind="png"))).size[0] == 240  # "$x" alone would not be drawn


@pytest.mark.slow
@pytest.mark.parametrize("room", [8.0, 12.0, 25.0])
def test_lines_keep_to_their_width(room: float) -> None:
    texts = ["Layer-wise relevance propagation", "completeness error 0.0001", "SHAP (GradientExplainer)", "", "x" * 80]
    lines, size = typography.fit_text(texts, room, points=8, min_points=5, face="STIXGeneral")
    assert 5 <= size <= 8
    for text, broken in zip(texts, lines, strict=True):
        assert "".join(broken).replace("-", "").replace(" ", "") == text.replace("-", "").replace(" ", "")
        assert all(typography.width_of(one, points=size, face="STIXGeneral") <= room for one in broken)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.25, "0.25"),
        (-0.25, "\N{MINUS SIGN}0.25"),
        (12.34, "12"),
        (345.0, "340"),
        (1.0, "1.0"),
        (0.0012, "0.0012"),
        (4.06e-5, "4.1·10⁻⁵"),
        (-1.2e6, "\N{MINUS SIGN}1.2·10⁶"),
    ],
)
def test_short_numbers_keep_two_digits(value: float, words: str) -> None:
    assert screen.short_number(value) == words
