"""Measuring a detector on folders: the layouts, figures that are known beforehand, and nothing dropped in silence."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from known_models import CARD
from PIL import Image
from torch import nn
from typer.testing import CliRunner

from core.__main__ import app
from core.detectors import Detector
from core.detectors.detector import prepare
from core.evaluation.detector_evaluation import evaluate_detector
from core.evaluation.medium_scores import MediumScores
from core.evaluation.score_metrics import kind_metrics, video_metrics
from core.media.datasets import Item, count_reasons, kinds_in, open_dataset, read_attributes
from core.media_attack import samples
from core.output.value_records import value_record
from core.types import Array, InputError

OLD_KEYS = {"detector", "auc", "accuracy", "called_fake", "mean_margin", "n", "no_verdict", "no_verdict_reasons"}


class Brightness(nn.Module):
    """Two logits whose margin is the mean brightness less a half: what is called fake is known beforehand."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.flatten, self.linear = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)
        self.linear.weight.data = torch.tensor([[0.0] * 3, [4 / 3] * 3])
        self.linear.bias.data = torch.tensor([2.0, 0.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(self.flatten(self.pool(x)))


@pytest.fixture(scope="module")
def brightness() -> Detector:
    return prepare("brightness", Brightness(), CARD)


@pytest.fixture(scope="module")
def face() -> Array:
    """The portrait's face crop, at a mean of a half."""
    crop = samples.portrait_face().crop
    return np.clip(crop.astype(float) + 127.5 - crop.mean(), 0, 255).astype(np.uint8)


def shown(face: Array, light: float) -> Array:
    return cv2.convertScaleAbs(face, alpha=1, beta=light)


def save(image: Array, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def video(frames: list[Array], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "18", "threads": "1"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def touch(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"")


YOUTUBE, SWAPS = "original_sequences/youtube", "manipulated_sequences/FaceSwap"
FORMATS = [
    (["real/a.png", "real/deep/er/b.mp4", "fake/c.JPG"], "real/ and fake/", {"real": 2, "fake": 1}),
    (
        ["real/a.png", "blend/b.png", "swap/c.webm", "swap/d.m4v"],
        "real/ and a folder for each forgery",
        {"real": 1, "blend": 1, "swap": 2},
    ),
    (
        [
            f"{YOUTUBE}/c23/videos/000.mp4",
            "original_sequences/actors/c23/videos/01__exit.mp4",
            f"{SWAPS}/c23/videos/000_003.mp4",
            "manipulated_sequences/Face2Face/c23/videos/000_003.mp4",
            f"{SWAPS}/masks/videos/000_003.mp4",
        ],
        "FaceForensics++ (c23)",
        {"real": 2, "FaceSwap": 1, "Face2Face": 1},
    ),
    (
        [*(f"{YOUTUBE}/c40/images/000/000{i}.png" for i in range(2)), f"{SWAPS}/c40/images/000_003/0.png"],
        "FaceForensics++ (c40)",
        {"real": 1, "FaceSwap": 1},
    ),
]


@pytest.mark.parametrize(("paths", "layout", "wanted"), FORMATS)
def test_layouts(paths: list[str], layout: str, wanted: dict[str, int], tmp_path: Path) -> None:
    touch(tmp_path, *paths)
    found = open_dataset(tmp_path)
    assert found.layout == layout
    assert {kind: len(items) for kind, items in found.kinds.items()} == wanted
    assert next(iter(found.kinds)) == "real"
    assert all((tmp_path / item.path).exists() for items in found.kinds.values() for item in items)


def test_frames_of_a_folder_are_one_medium(tmp_path: Path) -> None:
    touch(tmp_path, *FORMATS[3][0])
    (item,) = open_dataset(tmp_path).kinds["real"]
    assert item.path == f"{YOUTUBE}/c40/images/000"
    assert [file.name for file in item.files] == ["0000.png", "0001.png"]
    assert len(kinds_in(tmp_path)["real"]) == 2


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    touch(tmp_path, *(f"real/{i}.png" for i in range(5)), "fake/a.png", "fake/notes.txt", "list.csv", "empty/._b.png")
    found = open_dataset(tmp_path).limited(2)
    assert (found.other, found.empty) == (2, ("empty",))
    assert [item.path for item in found.kinds["real"]] == ["real/0.png", "real/4.png"]
    assert found.left_out == {"real": 3, "fake": 0}


@pytest.mark.parametrize(
    ("paths", "compression", "words"),
    [
        (None, None, "is not a folder; evaluating wants a folder with real/ and fake/"),
        ([], None, "has no folder real/; what is there: no folder"),
        (["Real/a.png", "fake/a.png"], None, "has no folder real/; what is there: Real, fake"),
        (["real/notes.txt", "fake/a.png"], None, "no images or videos in real/"),
        (["real/a.png"], None, "no folder of forgeries beside real/: real/ is the only folder"),
        (["real/a.png", "fake/a.txt"], None, "no folder of forgeries beside real/: no image or video is in fake"),
        (["real/a.png", "fake/a.png"], "c23", "a compression can be chosen of FaceForensics.. only"),
        ([f"{YOUTUBE}/c23/videos/0.mp4"], None, "has no manipulated_sequences/: FaceForensics.. has"),
        ([f"{YOUTUBE}/c23/videos/0.mp4", f"{SWAPS}/0.mp4"], None, "has no media at manipulated_sequences/<name>/"),
        ([f"{YOUTUBE}/videos/0.mp4", f"{SWAPS}/videos/0.mp4"], None, "has no media at original_sequences/<name>/"),
        (
            [f"{p}/{c}/videos/0.mp4" for p in (YOUTUBE, SWAPS) for c in ("c40", "c23")],
            None,
            "has the compressions c23, c40: choose one with --compression",
        ),
        ([f"{p}/c23/videos/0.mp4" for p in (YOUTUBE, SWAPS)], "c40", "has no compression 'c40'; it has: c23"),
    ],
)
def test_folders_that_do_not_fit(paths: list[str] | None, compression: str | None, words: str, tmp_path: Path) -> None:
    touch(tmp_path, *(paths or []))
    with pytest.raises(InputError, match=words):
        open_dataset(tmp_path if paths is not None else tmp_path / "gone", compression=compression)


def test_one_of_several_compressions(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{p}/{c}/videos/{c}.mp4" for p in (YOUTUBE, SWAPS) for c in ("c40", "c23")))
    found = open_dataset(tmp_path, compression="c40")
    assert [item.path for item in found.kinds["real"]] == [f"{YOUTUBE}/c40/videos/c40.mp4"]


def test_every_medium_is_a_row_with_figures_known_beforehand(brightness: Detector, face: Array, tmp_path: Path) -> None:
    for i, light in enumerate((-30, -20, -10, 15)):  # the last one is called fake
        save(shown(face, light), tmp_path / "real" / "deep" / f"{i}.png")
    for i, light in enumerate((10, 20, 30)):
        save(shown(face, light), tmp_path / "fake" / f"{i}.png")
    (tmp_path / "fake" / "broken.jpg").write_bytes(b"not an image")
    save(np.random.default_rng(0).integers(0, 256, (200, 300, 3)).astype(np.uint8), tmp_path / "fake" / "noise.png")
    found = value_record(evaluate_detector(brightness, tmp_path, rows=True))
    json.dumps(found, allow_nan=False)
    assert set(found) >= OLD_KEYS
    assert (found["layout"], found["n"], found["no_verdict"]) == (
        "real/ and fake/",
        {"real": 4, "fake": 3},
        {"real": 0, "fake": 2},
    )
    rows = {row["path"]: row for row in found["rows"]}
    assert len(rows) == 9
    assert rows["fake/noise.png"]["reason"] == "No verdict: no face was found."
    assert rows["fake/broken.jpg"]["reason"].startswith("the file is")
    assert sum(found["no_verdict_reasons"].values()) == 2
    assert rows["real/deep/3.png"]["label"] == "fake"
    assert found["auc"] == {"all": pytest.approx(11 / 12), "fake": pytest.approx(11 / 12)}
    assert found["called_fake"] == {"real": 0.25, "fake": 1.0}
    frame, video = found["frame"], found["video"]
    assert frame["accuracy"] == pytest.approx(6 / 7)
    assert frame["precision"] == video["precision"] == pytest.approx(3 / 4)
    assert frame["calibrated"] is False
    assert 0 < frame["ece"] < 1
    assert (frame["n"], frame["no_verdict"]) == ({"real": 4, "fake": 3}, 2)
    low, high = frame["intervals"]["auc"]
    assert low < frame["auc"] <= high
    assert video["Vid"] == video["F2F"] == {"real": 0.75, "fake": 1.0}
    assert found["kinds"]["fake"]["auc"] == pytest.approx(11 / 12)
    assert "rows" not in value_record(evaluate_detector(brightness, tmp_path, limit=1))


def test_videos_and_frames_in_folders(brightness: Detector, face: Array, tmp_path: Path) -> None:
    side = face.shape[0] // 2 * 2
    image = cv2.copyMakeBorder(cv2.resize(face, (side, side)), 80, 80, 120, 120, cv2.BORDER_REFLECT_101)
    video([shown(image, light) for light in (-30, -30, -25, 30)], tmp_path / YOUTUBE / "c23/videos/000.mp4")
    video([np.full((96, 96, 3), 90, np.uint8)] * 4, tmp_path / YOUTUBE / "c23/videos/001.mp4")
    for i, light in enumerate((40, 35, -30)):
        save(shown(face, light), tmp_path / SWAPS / f"c23/images/000_003/{i}.png")
    found = value_record(evaluate_detector(brightness, tmp_path, frames=4, rows=True))
    real, empty, forged = found["rows"]
    assert (real["path"], real["frames_looked"], real["label"]) == (f"{YOUTUBE}/c23/videos/000.mp4", 4, "real")
    assert real["share_fake"] == pytest.approx(0.25)
    assert empty["reason"] == "No verdict: no face was found in the 4 frames that were looked at."
    assert (forged["path"], forged["frames_judged"]) == (f"{SWAPS}/c23/images/000_003", 3)
    assert forged["label"] == "fake"
    assert found["video"]["Vid"] == {"real": 1.0, "fake": 1.0}
    assert found["video"]["F2F"] == {"real": pytest.approx(3 / 4), "fake": pytest.approx(2 / 3)}
    assert found["frame"]["n"] == {"real": 4, "fake": 3}
    assert found["frame"]["no_verdict"] == 4
    assert found["frame"]["intervals"]["auc"] is None  # one medium of a class: nothing to draw from
    assert set(found["auc"]) == {"all", "FaceSwap"}
    assert found["video"]["n"] == {"real": 1, "fake": 1, "FaceSwap": 1}
    assert found["video"]["auc_by_kind"] == {"FaceSwap": 1.0}
    assert found["video"]["inconclusive"]["real"] == float(found["verdicts"]["real"].get("Inconclusive", 0) > 0)
    assert found["frame"]["inconclusive"] == {"real": 0.0, "FaceSwap": 0.0}  # not calibrated: no frame is withheld


def test_nothing_that_could_be_judged(brightness: Detector, face: Array, tmp_path: Path) -> None:
    save(face, tmp_path / "real" / "a.png")
    save(np.zeros((100, 100, 3), np.uint8), tmp_path / "fake" / "a.png")
    with pytest.raises(InputError, match=r"could be judged in the forgeries; .*: No verdict: no face was found"):
        evaluate_detector(brightness, tmp_path)


def seen(kind: str, *margins: float) -> MediumScores:
    return MediumScores(Item(kind, ()), kind, np.asarray(margins), 1 / (1 + np.exp(-np.asarray(margins))), len(margins))


def test_vid_and_f2f_of_the_paper() -> None:
    """Half of the frames is no majority; shares are of each class by itself, over all frames, not over videos."""
    real = [seen("real", -1, -1, 1, 1), seen("real", -2), seen("real", 1, 1, -1)]
    forged = [seen("a", 1, 1, 1, -1), seen("a", -1, 1)]
    found = value_record(video_metrics(real, forged))
    assert found["Vid"] == {"real": pytest.approx(2 / 3), "fake": 0.5}
    assert found["F2F"] == {"real": 0.5, "fake": pytest.approx(4 / 6)}
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["precision"] == 0.5
    assert value_record(kind_metrics(real, [], False)) == {"n": 0, "n_frames": 0}


def test_reasons_are_counted_without_what_was_measured() -> None:
    reasons = [f"the face is {n} pixels wide, 48 are needed" for n in (12, 13)]
    assert count_reasons([*reasons, "no face"]) == {"the face is … pixels wide, 48 are needed": 2, "no face": 1}


def test_attributes_by_any_name(tmp_path: Path) -> None:
    (tmp_path / "faces.jsonl").write_text(
        '{"file": "img/a_1.jpg.chip.jpg", "age": 3}\n{"file": "img/b.png"}\n{"file": "other/b.jpg"}'
    )
    found = read_attributes(tmp_path)
    assert [found[name].age for name in ("a_1", "a_1.jpg.chip", "a_1.jpg.chip.jpg", "b8d1391d2209")] == [3] * 4
    assert "b" not in found, "two rows by one name: neither"
    with pytest.raises(InputError, match=r"no faces.jsonl in"):
        read_attributes(tmp_path / "gone")
    (tmp_path / "faces.jsonl").write_text('{"file": "a"}\nnonsense')
    with pytest.raises(InputError, match=r"line 2 of faces.jsonl is no JSON object"):
        read_attributes(tmp_path)


def test_a_card_keeps_no_rows(tmp_path: Path) -> None:
    arguments = ["evaluate", "detector", "--data", str(tmp_path), "--rows", "--record", "x"]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, InputError)
    assert "do not go together" in str(result.exception)
