"""The figure for paper from a terminal: its rows, its files and what they say of themselves, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from core import pipeline
from core.__main__ import app
from core.attacks import ATTACKS
from core.cli.figure import _attacks
from core.detectors import Detector
from core.media_attack import samples
from core.output.figure_record import Method, Row
from core.output.paper import PaperLayout
from core.reports import figure_from_files, print_figure
from core.types import Attribution, InputError, QualityMetric

QUICK = ("--maps", "saliency,lrp", "--dpi", "72")


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["figure", *map(str, arguments)], catch_exceptions=True)


@pytest.fixture(scope="module")
def media(shipped: Detector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a portrait, a forgery, a video, noise without a face, and a text."""
    folder = tmp_path_factory.mktemp("media")
    for name in ("portrait.png", "forgery.png", "video.mp4"):
        (folder / name).write_bytes(samples.sample(name, shipped).read_bytes())
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    Image.fromarray(samples.portrait()).resize((110, 110)).save(folder / "small.png")
    (folder / "words.jpg").write_text("these are only words")
    return folder


@pytest.fixture(scope="module")
def made(media: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A portrait and a forgery, the one called fake under two attacks."""
    out = tmp_path_factory.mktemp("out")
    files = [option for kind in ("pdf", "svg", "png") for option in ("--out", out / f"figure.{kind}")]
    result = run(
        media / "portrait.png",
        media / "forgery.png",
        "--name",
        "real",
        "--name",
        "forged",
        "--attack",
        "fgsm",
        "--attack",
        "pgd",
        "--eps",
        8,
        "--steps",
        3,
        "--seed",
        4,
        *QUICK,
        *files,
        "--width",
        100,
        "--set",
        "saliency.sign=signed",
        "--json",
    )
    assert result.exit_code == 0, result.output
    return result, out


@pytest.mark.slow
def test_faces_called_fake_are_followed_by_their_attacked_twins(made: tuple[Any, Path]) -> None:
    result, _ = made
    record = json.loads(result.stdout)
    assert [face["name"] for face in record["faces"]] == ["real", "forged", "forged, FGSM", "forged, PGD"]
    assert [face["clean"] for face in record["faces"]] == [None, None, 1, 1]
    assert record["layout"]["differences"] == [[1, 2], [1, 3]]
    real, forged, fgsm, pgd = record["faces"]
    assert (real["verdict"]["label"], forged["verdict"]["label"]) == ("real", "fake")
    assert real["attack"] is forged["attack"] is None
    assert pgd["attack"]["settings"]["steps"] == 3
    for twin in (fgsm, pgd):
        assert twin["attack"]["settings"]["eps"] == pytest.approx(8 / 255)
        assert twin["attack"]["seed"] == 4
        assert twin["media"] == forged["media"] != real["media"]
        assert twin["verdict"]["p_fake"] < forged["verdict"]["p_fake"]
    assert len({face["crop"] for face in record["faces"]}) == 4
    assert set(record["maps"]) == {"saliency", "lrp"}
    assert record["maps"]["lrp"]["settings"] == {"rule": "epsilon-plus-flat"}
    assert record["maps"]["saliency"]["settings"] == {"sign": "signed"}
    assert "fgsm has no steps: --steps is not used" in result.stderr


@pytest.mark.slow
def test_all_files_hold_the_same_record_and_width(made: tuple[Any, Path]) -> None:
    result, out = made
    record = json.loads(result.stdout)
    with Image.open(out / "figure.png") as image:
        assert json.loads(image.text["Description"]) == record  # type: ignore[attr-defined]
        assert image.size[0] == int(100 / 25.4 * 72)
        assert image.info["dpi"][0] == pytest.approx(72, abs=0.01)
    described = re.search(rb"<dc:description>(.*?)</dc:description>", (out / "figure.svg").read_bytes(), re.S)
    assert described is not None
    assert json.loads(described[1].replace(b"&quot;", b'"')) == record
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", (out / "figure.pdf").read_bytes())
    assert box is not None
    assert float(box[1]) == pytest.approx(100 / 25.4 * 72, abs=0.01)


@pytest.mark.slow
def test_the_same_command_writes_the_same_file(media: Path, tmp_path: Path) -> None:
    options = ("--attack", "fgsm", *QUICK, "--width", 85, "--transposed", "--no-difference")
    first, again = (run(media / "forgery.png", *options, "--out", tmp_path / name) for name in ("a.png", "b.png"))
    assert first.exit_code == again.exit_code == 0, first.output
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert "“clean” and “attacked, FGSM”" in first.stdout
    assert re.search(r"Attack: FGSM, eps 16/255, .*seed 0\.", first.stdout)
    assert "Difference: attacked minus clean" not in first.stdout
    assert "not where the image was edited" in first.stdout
    with Image.open(tmp_path / "a.png") as image:
        assert image.size[0] == int(85 / 25.4 * 72)


@pytest.mark.slow
def test_a_frame_of_a_video_and_what_maps_explain(media: Path, tmp_path: Path) -> None:
    result = run(
        media / "video.mp4",
        "--frame",
        60,
        "--face",
        1,
        "--target",
        "fake",
        "--quality",
        "none",
        *QUICK,
        "--own-scales",
        "--overlay",
        0.5,
        "--font",
        "sans",
        "--out",
        tmp_path / "a.png",
        "--json",
    )
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    (face,) = record["faces"]
    assert face["face"]["frame"] == 60
    assert face["name"] == "clean"
    assert {one["target"] for one in record["maps"].values()} == {"fake"}
    layout = record["layout"]
    assert (layout["shared"], layout["strength"], layout["font"]) == (False, 0.5, "sans")
    first = json.loads(run(media / "video.mp4", *QUICK, "--out", tmp_path / "b.png", "--json").stdout)
    assert first["faces"][0]["face"]["frame"] < 60  # the first one with a face


REFUSED: list[tuple[list[str], str]] = [
    (["noise.png"], "no face was found in noise.png, so there is nothing"),
    (["small.png"], r"small.png: No verdict: the face is \d+ pixels wide, 48 are needed"),
    (["words.jpg"], "words.jpg.*accepted"),
    (["missing.png"], "missing.png"),
    (["video.mp4", "--frame", "500"], "video.mp4 has the frames 0 to 71; what came is 500"),
    (["portrait.png", "--frame", "1"], "portrait.png has the frames 0 to 0; what came is 1"),
    (["portrait.png", "--face", "3"], r"portrait.png has 1 face\(s\); what came is face 3"),
    (["portrait.png", "--face", "0"], "faces are counted from 1; what came is 0"),
    (["portrait.png", "--name", "a", "--name", "b"], r"1 file\(s\) and 2 name\(s\) came"),
    (["portrait.png", "--attack", "fgsm"], "no face here has the larger output “manipulated” by efficientnet-lite0"),
    (["portrait.png", "--attack", "nothing"], "there is no attack 'nothing'; known are"),
    (["forgery.png", "--attack", "pgd", "--preset", "nobody"], "pgd has no preset 'nobody'; its presets are: pinhasov"),
    (["forgery.png", "--attack", "bim", "--attack", "pgd", "--preset", "nobody"], "bim has no preset 'nobody'"),
    (["forgery.png", "--eps", "8"], "no --attack came"),
    (["portrait.png", "--maps", "none"], "at least one map"),
    (["portrait.png", "--maps", "nothing"], "there is no map 'nothing'; known are"),
    (["portrait.png", "--maps", "all", "--width", "85"], "11 images side by side in 85 mm"),
    (["forgery.png", "--attack", "fgsm", "--attack", "bim", "--attack", "pgd", "--steps", "1"], "mm high, and a page"),
    (["portrait.png", "--target", "left"], "one of margin, fake, real; what came is 'left'"),
    (["portrait.png", "--width", "20"], "40 to 300 mm wide; what came is 20 mm"),
    (["portrait.png", "--font", "Comic Sans"], "one of serif, sans"),
    (["portrait.png", "--overlay", "2"], "between 0 and 1; what came is 2"),
    (["portrait.png", "--honesty", "beauty"], "one of linearity error.*what came is 'beauty'"),
    (["portrait.png", "--detector", "nobody"], "nobody"),
    (["portrait.png", "--name", "顔"], "no sign for 顔"),
    (["portrait.png", "--name", "x" * 81], "up to 80 signs; what came has 81"),
    (["portrait.png", "--out", "n" * 300 + ".pdf"], "cannot be written: File name too long"),
    (["portrait.png", "--out", "a.gif"], r"written as .pdf, .svg or .png; what came is 'a.gif'"),
    (["portrait.png", "--out", "nowhere/a.png"], "the folder .*nowhere does not exist"),
    (["portrait.png", "--out", "folder.png"], "folder.png is a folder"),
    (["portrait.png", "--out", "portrait.png"], "portrait.png itself; the figure is written into another file"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_cannot_be_made_is_refused_in_a_sentence(arguments: list[str], words: str, media: Path) -> None:
    (media / "folder.png").mkdir(exist_ok=True)
    before = (media / "portrait.png").read_bytes()
    file, *options = arguments
    options = [str(media / one) if one.endswith((".png", ".gif")) else one for one in options]
    options += [] if "--out" in options else ["--out", str(media / "out.png")]
    options += [] if "--maps" in options else list(QUICK)
    result = run(media / file, *options)
    assert isinstance(result.exception, InputError), result.output
    assert re.search(words, str(result.exception), re.S)
    assert "\n" not in str(result.exception)
    assert (media / "portrait.png").read_bytes() == before
    assert not (media / "out.png").exists()


def test_attacked_faces_are_named_after_their_attack() -> None:
    one, two = (Path("a.png"),), (Path("a.png"), Path("b.png"))
    assert [
        figure_from_files.FigureRequest(one).name(0),
        figure_from_files.FigureRequest(one).attacked_name(0, "PGD"),
    ] == [
        "clean",
        "attacked, PGD",
    ]
    assert figure_from_files.FigureRequest(one, ("no attack",)).attacked_name(0, "PGD") == "PGD"
    assert [
        figure_from_files.FigureRequest(two).name(1),
        figure_from_files.FigureRequest(two).attacked_name(1, "PGD"),
    ] == [
        "b",
        "b, PGD",
    ]
    assert figure_from_files.FigureRequest(two, ("real", "fake")).attacked_name(1, "PGD") == "fake, PGD"


def test_a_preset_goes_to_the_attacks_that_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = _attacks(["bim", "pgd"], "pinhasov2024", None, 7, {"pgd": {"alpha": 1 / 255}})
    assert found["pgd"] == ATTACKS["pgd"].settings(
        {**ATTACKS["pgd"].facts.presets["pinhasov2024"], "steps": 7, "alpha": 1 / 255}
    )
    assert found["bim"] == ATTACKS["bim"].settings({"steps": 7})
    assert "bim has no preset pinhasov2024: --preset is not used" in capsys.readouterr().err


def made_up(name: str, values: tuple[QualityMetric, ...]) -> Method:
    found = Attribution(name, {}, "margin", "0", np.ones((8, 8), np.float32), True, values, 0.0)
    return Method((found,), 0, (values,))


def test_the_figure_under_a_map_is_the_first_with_a_right_direction(shipped: Detector) -> None:
    plain, fine = QualityMetric("samples", 24, "", "A count."), QualityMetric("spread", -0.5, "lower", "A spread.")
    media = pipeline.open_media(samples.sample("portrait.png", shipped))
    item = pipeline.analyse(media, shipped)[0]
    assert item.verdict
    row = Row("clean", item.face.crop[:8, :8], item.verdict, item.face, media)
    methods = [made_up("shap", (plain, fine)), made_up("lrp", ())]

    def drawn(metric: str) -> list[tuple[str, tuple[tuple[str, ...], ...]]]:
        made = print_figure.Print(shipped, [row], methods, PaperLayout(), metric=metric)
        return [(part.measure, part.lines) for part in made.parts()[1]]

    assert drawn("own") == [("spread\u00a0↓", (("\N{MINUS SIGN}0.500",),)), ("", ((),))]
    assert drawn("samples") == [("samples", (("24",),)), ("", ((),))]
    assert drawn("none") == [("", ((),)), ("", ((),))]
