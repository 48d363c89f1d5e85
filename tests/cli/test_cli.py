"""The command line: the keys of its JSON to the letter, exit statuses, and clear sentences for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from explain_cases import FEW
from PIL import Image
from typer.testing import CliRunner

from core.__main__ import app, main
from core.detectors import Detector
from core.explain import EXPLAINERS
from core.media_attack import samples
from core.types import Array, InputError

FACE_KEYS = {
    "frame",
    "track",
    "box",
    "score",
    "verdict",
    "no_verdict",
    "attack",
    "attack_verdict",
    "maps",
    "signature",
}


def analyse(*arguments: object) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["analyse", *map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "portrait.png"
    Image.fromarray(samples.portrait()).save(path)
    return path


@pytest.mark.slow
def test_a_picture_with_everything(image: Path, tmp_path: Path) -> None:
    few = [f"{name}.{key}={value}" for name, settings in FEW.items() for key, value in settings.items()]
    given = [word for one in few for word in ("--set", one)]
    attack = ("--attack", "pgd", "--eps", 8, "--steps", 5, "--seed", 1)
    found = analyse(image, *attack, "--maps", "all", *given, "--out", tmp_path)
    assert set(found) == {"media", "faces", "verdict", "video", "provenance"}
    assert {"id", "name", "kind", "width", "height", "frames", "fps"} <= set(found["media"])
    assert found["media"]["kind"] == "image"
    assert (found["media"]["width"], found["media"]["height"], found["media"]["frames"]) == (512, 512, 1)
    (face,) = found["faces"]
    assert set(face) >= FACE_KEYS
    assert {"detector", "p_fake", "label"} <= set(face["verdict"])
    assert face["no_verdict"] is None
    assert face["attack"]["settings"]["eps"] == pytest.approx(8 / 255)
    assert face["attack"]["settings"]["steps"] == 5
    assert face["attack"]["linf"] <= 8 / 255 + 1e-6
    assert set(face["maps"]) == set(EXPLAINERS)
    assert all(m["seconds"] > 0 and m["quality"] for m in face["maps"].values())
    assert len(face["signature"]["xy"]) == 2
    assert {"kind", "attack", "distance"} <= set(face["signature"]["neighbours"][0])
    assert found["video"] is None
    assert found["verdict"]["band"] == face["verdict"]["band"], "of one face, its own"
    names = {path.name.split("_", 2)[2] for path in tmp_path.iterdir()}
    assert {"crop.png", "attacked.png", "lrp.npy", "lrp.png"} <= names
    assert np.load(tmp_path / "frame000000_track0_lrp.npy").dtype == np.float32


@pytest.mark.slow
def test_a_video(shipped: Detector) -> None:
    found = analyse(samples.sample("video.mp4", shipped), "--frames", 4, "--maps", "none")
    assert found["media"]["kind"] == "video"
    assert found["media"]["fps"] == 12
    assert [face["frame"] for face in found["faces"]] == sorted(face["frame"] for face in found["faces"])
    assert len(found["faces"]) == 4
    assert {face["track"] for face in found["faces"]} == {0}
    assert {"p_fake", "label", "rule", "frames_judged"} <= set(found["video"])
    assert found["video"]["frames_judged"] == 4
    assert found["video"]["band"] == found["verdict"]["band"]
    assert found["verdict"]["deciding"] == [found["video"]["track"]] == [0]
    assert all(face["maps"] == {} and face["attack"] is None for face in found["faces"])


@pytest.mark.slow
def test_the_seed_repeats_the_attack(image: Path) -> None:
    options = ("--attack", "pgd", "--steps", 3, "--maps", "none", "--seed", 5)
    first, again = analyse(image, *options), analyse(image, *options)
    assert first["faces"][0]["attack"]["id"] == again["faces"][0]["attack"]["id"]
    assert first["faces"][0]["signature"] == again["faces"][0]["signature"]


def test_no_face_is_an_empty_list(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    found = analyse(tmp_path / "noise.png")
    assert found["faces"] == []
    assert (found["verdict"]["band"], found["verdict"]["track"]) == ("No verdict", None)
    assert found["verdict"]["notes"] == ["No verdict: no face was found."]


def test_a_small_face_says_why(tmp_path: Path) -> None:
    Image.fromarray(samples.portrait()).resize((160, 160)).save(tmp_path / "small.png")
    (face,) = analyse(tmp_path / "small.png", "--attack", "fgsm")["faces"]
    assert face["verdict"] is None
    assert "48 are needed" in face["no_verdict"]
    assert face["attack"] is None


@pytest.mark.slow
def test_settings_reach_the_attack_and_the_map(image: Path) -> None:
    given = ("--set", "steps=2", "--set", "alpha=4", "--set", "saliency.sign=signed")
    (face,) = analyse(image, "--attack", "pgd", "--maps", "saliency,lrp", *given)["faces"]
    assert face["attack"]["settings"]["steps"] == 2
    assert face["attack"]["settings"]["alpha"] == pytest.approx(4 / 255)
    assert face["maps"]["saliency"]["settings"] == {"sign": "signed"}


@pytest.mark.slow
def test_words_for_people(image: Path) -> None:
    result = CliRunner().invoke(app, ["analyse", str(image), "--maps", "none", "--attack", "fgsm"])
    assert "frame 0, track 0" in result.stdout
    assert "after fgsm" in result.stdout


def bomb() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (30_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(5000))) + chunk(b"IEND", b"")
    )


BAD_FILES = {"empty.jpg": b"", "text.jpg": b"not an image at all, only words", "bomb.png": bomb()}
BAD_OPTIONS = [
    (["--attack", "fgms"], "there is no attack 'fgms'; known are: fgsm, "),
    (["--detector", "nobody"], "there is no detector 'nobody'"),
    (["--maps", "lrp,heat"], "there is no map 'heat'"),
    (["--attack", "pgd", "--eps", "-1"], "eps has to lie between 0 and 64 /255; what came is -1"),
    (["--attack", "pgd", "--eps", "65"], "what came is 65"),
]


def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    monkeypatch.setattr(sys, "argv", ["core", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("name", [*BAD_FILES, "gone.jpg"])
def test_bad_files(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in BAD_FILES:
        (tmp_path / name).write_bytes(BAD_FILES[name])
    sentence = refused(monkeypatch, capsys, "analyse", tmp_path / name, "--json")
    assert name in sentence


@pytest.mark.parametrize(("options", "words"), BAD_OPTIONS)
def test_bad_options(
    options: list[str], words: str, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(monkeypatch, capsys, "analyse", image, *options, "--json")


LONG = "n" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyse", LONG),
        ("analyse", "IMAGE", "--out", LONG),
        ("analyse", "IMAGE", "--out", "IMAGE"),
        ("attack", "IMAGE", "--attack", "fgsm", "--out", LONG + ".png"),
        ("evaluate", "detector", "--data", LONG),
        ("train", "validation", "--data", LONG, "--out", "IMAGE"),
    ],
)
def test_names_of_files_that_cannot_be(
    arguments: tuple[str, ...], image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(monkeypatch, capsys, *(image if word == "IMAGE" else word for word in arguments))


@pytest.mark.slow
def test_a_real_process_exits_with_two_and_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    command = [sys.executable, "-m", "core", "analyse", str(tmp_path / "empty.jpg"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def evaluation_folder(folder: Path, crop: Array) -> Path:
    for kind in ("real", "blend"):
        (folder / kind).mkdir()
        for i in range(3):
            Image.fromarray(np.roll(crop, i, 1)).save(folder / kind / f"{i}.png")
    (folder / "blend" / "broken.jpg").write_bytes(b"nothing")
    return folder


def test_evaluate_detector_counts_what_it_could_not_judge(tmp_path: Path) -> None:
    folder = evaluation_folder(tmp_path, samples.portrait_face().crop)
    result = CliRunner().invoke(app, ["evaluate", "detector", "--data", str(folder), "--json"], catch_exceptions=False)
    found = json.loads(result.stdout)
    assert set(found) >= {"detector", "auc", "accuracy", "n", "no_verdict"}
    assert set(found["auc"]) == {"all", "blend"}
    assert found["n"] == {"real": 3, "blend": 3}
    assert found["no_verdict"] == {"real": 0, "blend": 1}
    assert 0 <= found["accuracy"] <= 1


def test_a_seed_is_a_whole_number_that_generators_take_and_a_map_is_named_once() -> None:
    from core.cli.options import map_names

    for seed in ("-1", str(2**63)):
        result = CliRunner().invoke(app, ["evaluate", "sweep", "--data", "nowhere", "--seed", seed])
        assert result.exit_code == 2
        assert "Invalid value for '--seed'" in result.output
    assert map_names("lrp, saliency,lrp") == ("lrp", "saliency")


@pytest.mark.slow
def test_evaluate_attack_detector(tmp_path: Path) -> None:
    folder = evaluation_folder(tmp_path, samples.portrait_face().crop)
    arguments = [
        "evaluate",
        "attack-detector",
        "--data",
        str(folder),
        "--paper",
        "--limit",
        "2",
        "--set",
        "pgd.steps=4",
        "--json",
    ]
    found = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    for attack in ("pgd", "fgsm"):
        assert {"accuracy", "auc", "map_black"} <= set(found["attacks"][attack])
    assert found["settings"]["pgd"]["steps"] == 4


def test_evaluate_attack_counts_only_what_was_called_fake(tmp_path: Path, random_detector: Detector) -> None:
    from core.evaluation.attack_evaluation import evaluate_attack

    folder = evaluation_folder(tmp_path, samples.portrait_face().crop)
    random_detector.model.get_parameter("classifier.bias").data[1] += 1  # every face is fake to it
    found = evaluate_attack(random_detector, folder, "fgsm", {"eps": 16 / 255}, limit=2)
    assert found.attacked == 2
    assert 0 <= found.called_real <= 2
    random_detector.model.get_parameter("classifier.bias").data[0] += 1e4
    with pytest.raises(InputError, match="calls none of the forgeries fake"):
        evaluate_attack(random_detector, folder, "fgsm", {}, limit=2)
