"""Pairs cut out of videos, people left out, and calibration by weights that never saw them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from core.cli import train
from core.detectors import Detector
from core.detectors.architectures.blend_resnet import BlendResNet
from core.detectors.calibration import fit as core_calibration
from core.evaluation import calibration_run, fold_judges
from core.evaluation.detector_evaluation import evaluate_detector
from core.media_attack import samples
from core.training import release, training_recipe, video_pairs
from core.training.training_facts import DetectorTraining
from core.training.video_pairs import VideoTraining, load_video_pairs
from core.types import Array, InputError
from core.types.model_card import DetectorCard


def film(frames: list[Array], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "12", "threads": "1"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two originals, each with a fake whose mouth is another colour, and a fake without its original."""
    where, portrait = tmp_path_factory.mktemp("videos"), samples.portrait()
    mouth = samples.portrait_face().landmarks[3:].mean(0).astype(int)
    for number, name in enumerate(("183", "253")):
        frames = [np.roll(portrait, 2 * i + 6 * number, 1) for i in range(3)]
        film(frames, where / "real" / f"{name}.mp4")
        changed = [frame.copy() for frame in frames]
        for i, frame in enumerate(changed):
            x = int(mouth[0]) + 2 * i + 6 * number
            frame[mouth[1] - 22 : mouth[1] + 22, x - 30 : x + 30] = (200, 40, 90)
        film(changed, where / "swap" / f"{name}_{'253' if name == '183' else '183'}.mp4")
    film(changed, where / "swap" / "999_183.mp4")
    return where


def test_a_fake_is_cut_where_its_original_shows_the_face(folder: Path) -> None:
    pairs = load_video_pairs(VideoTraining(folder), frames=3)
    side = training_recipe.SIDE
    assert pairs.originals.images.shape == (6, side, side, 3)
    assert pairs.fakes.shape == (6, side, side, 3)
    assert pairs.same_frame.all()
    assert [name.split(":")[0] for name in pairs.originals.names] == ["183.mp4"] * 3 + ["253.mp4"] * 3
    for fake, number in zip(pairs.fakes, pairs.original_of, strict=True):
        change = training_recipe.mask_of_pair(fake, pairs.originals.images[number])
        x, y = pairs.originals.landmarks[number][3:].mean(0).astype(int)
        assert change[y, x] == 1
        assert change[:40].max() < 0.1


def test_people_are_left_out_as_target_and_as_source(folder: Path) -> None:
    with pytest.raises(InputError, match="holds no fake beside its original"):
        load_video_pairs(VideoTraining(folder, without=("183",)), frames=2)


def test_items_of_videos_come_in_their_share(folder: Path) -> None:
    videos = load_video_pairs(VideoTraining(folder), frames=2)
    data = training_recipe.TrainingData(None, videos.originals, videos)
    assert set(data.sources()) == {"blends of stills", "videos", "blends of videos"}
    made = training_recipe.TrainingPairs(data, seed=1)
    real, fake, _, known = made[0]
    assert real.shape == fake.shape == (3, 224, 224)
    assert known.item() == 1
    assert made.shares.sum() == pytest.approx(1)


@pytest.fixture
def folds(random_detector: Detector, monkeypatch: pytest.MonkeyPatch) -> dict[Path, Detector]:
    """Two folds by the same weights, of which the second one answers the opposite."""

    def fold(name: str, source: str) -> Detector:
        card = DetectorCard(**{**vars_of(random_detector.card), "training": {"videos_left_out": [source]}})
        return replace(random_detector, name=name, card=card)

    made = {Path("a"): fold("a", "183"), Path("b"): fold("b", "253")}
    monkeypatch.setattr(fold_judges, "load", lambda _, folder: made[folder])
    return made


def vars_of(card: DetectorCard) -> dict[str, Any]:
    return {name: getattr(card, name) for name in card.__dataclass_fields__}


def test_each_fold_judges_what_it_left_out(folds: dict[Path, Detector]) -> None:
    judges = fold_judges.fold_judges("any", folds)
    assert {source: judge.name for source, judge in judges.items()} == {"183": "a", "253": "b"}
    unknown = {Path("c"): replace(folds[Path("a")], card=replace(folds[Path("a")].card, training={}))}
    folds.update(unknown)
    with pytest.raises(InputError, match="no fold left out any video"):
        fold_judges.fold_judges("any", unknown)


def test_calibration_and_measurement_ask_the_fold(
    folder: Path, folds: dict[Path, Detector], random_detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    verdict_of = Detector.verdict_of

    def note(self: Detector, *given: object) -> object:
        asked.append(self.name)
        return verdict_of(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Detector, "verdict_of", note)
    monkeypatch.setattr(core_calibration, "MIN_FACES", 2)
    judges = fold_judges.fold_judges("any", folds)
    held_out = calibration_run.HeldOutFolder(folder, judges, frames=2)
    own = calibration_run.calibrate_on(random_detector, folder, frames=2)
    assert set(asked) == {random_detector.name}
    more = calibration_run.calibrate_on(random_detector, folder, frames=2, held_out=held_out)
    assert set(asked) == {random_detector.name, "a", "b"}
    assert (own.n_real, more.n_real, more.n_fake) == (4, 8, own.n_fake + 4)
    asked.clear()
    found = evaluate_detector(random_detector, folder, frames=2, judges=judges)
    assert {*asked} == {random_detector.name, "a", "b"}, "999 is nobody's: the detector itself judges it"
    assert found.video.by_rule.n == {"real": 2, "fake": 3, "swap": 3}


def test_the_folder_is_named_where_nothing_fits(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    with pytest.raises(InputError, match=r"real/253.mp4 beside KIND/253_183.mp4"):
        load_video_pairs(VideoTraining(tmp_path))
    assert video_pairs.FRAMES > 1


def test_videos_that_are_not_trained_on_calibrate_by_the_weights_themselves(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_calibration, "MIN_FACES", 2)
    (tmp_path / "dfdc").mkdir()
    shutil.copytree(folder, tmp_path / "dfdc" / "val")
    torch.manual_seed(0)
    model = BlendResNet().eval()
    counts = {}
    for without in ((), ("253",)):
        out = tmp_path / f"without {len(without)}"
        facts = DetectorTraining("resnet-blend", 0, 1, 1, 32, 1e-3, "cpu", 1, 0, 6, 0, without, {})
        videos = VideoTraining(folder, without, trained=False)
        made = release.export_detector(model, facts, tmp_path, out, network="resnet-blend", seed=0, videos=videos)
        assert made.calibration
        assert made.calibration.data == "DFDC, val split" + release.HELD_OUT
        assert made.card.data == release.FACES, "the videos are no training data"
        assert made.card.command.count("--held-out DIR") == 1
        counts[without] = made.calibration.n_real
    assert counts[()] == 12, "two originals of three frames, each in the val split and among the videos"
    assert counts["253",] == 9


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--videos", "DIR", "--held-out", "DIR"), "it takes no --videos and no --fold"),
        (("--held-out", "DIR", "--fold", "DIR"), "it takes no --videos and no --fold"),
        (("--fold", "DIR"), "--fold is about the videos of --videos"),
        (("--without", "253"), "--without is about the videos of --videos or --held-out"),
    ],
)
def test_options_of_videos_that_do_not_go_together_are_refused(
    options: tuple[str, ...], said: str, folder: Path, tmp_path: Path
) -> None:
    given = [str(folder) if option == "DIR" else option for option in options]
    found = CliRunner().invoke(train.app, ["detector", "--data", str(folder), "--out", str(tmp_path), *given])
    assert isinstance(found.exception, InputError)
    assert said in str(found.exception)
