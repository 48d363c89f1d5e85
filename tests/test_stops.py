"""Every long function tells steps that never fall, and does nothing more once it was asked to stop."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from attack_cases import AlwaysFake
from known_models import CARD
from PIL import Image
from recorded_progress import RecordedProgress, after_steps, at_once

from core import explain, media_attack, pipeline
from core.attack_detectors import load as load_attack_detector
from core.attacks.analysis.epsilon_sweep import sweep
from core.attacks.analysis.gradient_masking import gradient_check
from core.bench import attack_bench, map_bench, pipeline_bench
from core.bench.pipeline_waits import SHORT
from core.detectors import Detector
from core.detectors.calibration import fit
from core.detectors.detector import prepare
from core.evaluation import calibration_run, corruptions
from core.evaluation.attack_detector_evaluation import evaluate_attack_detector
from core.evaluation.attack_evaluation import evaluate_attack
from core.evaluation.detector_evaluation import evaluate_detector
from core.evaluation.maps import map_evaluation
from core.evaluation.sweep_evaluation import evaluate_gradient, evaluate_sweep
from core.explain.analysis.critical_pixels import critical_pixels
from core.explain.quality import evaluate_attributions
from core.media_attack import samples
from core.media_attack.robustness import measure_robustness
from core.output.paper import PaperLayout
from core.progress import NO_PROGRESS, Progress, current_progress, followed_by
from core.reports.figure_from_files import FigureRequest, from_files
from core.reports.file_analysis import analyse
from core.training import attack_detector_trainer, detector_trainer, signature_references, training_faces, validation
from core.types import Array, Face, InputError, StopRequested


@dataclass(frozen=True, slots=True)
class Given:
    """What long functions are run on."""

    linear: Detector
    network: Detector
    quick: Detector
    small: Array
    crop: Array
    fake: list[Array]
    folder: Path
    faces: Path
    out: Path


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory, forged: Array) -> Path:
    """Write real/ and swap/ with three pictures each, each a face."""
    folder = tmp_path_factory.mktemp("labelled")
    left, top, right, bottom = (int(v) for v in samples.portrait_face().box)
    real = samples.portrait()[max(top - 60, 0) : bottom + 60, max(left - 60, 0) : right + 60]
    for kind, picture in (("real", real), ("swap", forged)):
        (folder / kind).mkdir()
        for number in range(3):
            Image.fromarray(np.roll(picture, number, 1)).save(folder / kind / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of faces with faces.jsonl, as trainers take it."""
    folder, rows = tmp_path_factory.mktemp("faces"), []
    found = samples.portrait_face()
    left, top = (int(v) - 20 for v in found.box[:2])
    picture = samples.portrait()[top : top + 200, left : left + 200]
    for number in range(30):
        Image.fromarray(cv2.convertScaleAbs(picture, alpha=0.8 + number / 50)).save(folder / f"{number}.png")
        marks = (found.landmarks - np.asarray([left, top], np.float32)).tolist()
        rows.append({"file": f"{number}.png", "split": "train" if number < 20 else "val", "landmarks": marks})
    (folder / "faces.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture
def given(
    linear_detector: Detector,
    random_detector: Detector,
    small_picture: Array,
    crop: Array,
    labelled: Path,
    faces: Path,
    tmp_path: Path,
) -> Given:
    rng = np.random.default_rng(5)
    found = [rng.integers(0, 256, (12, 12, 3)).astype(np.uint8) for _ in range(60)]
    fake = [picture for picture in found if linear_detector.verdict(picture).label == "fake"][:6]
    return Given(
        linear_detector,
        random_detector,
        prepare("resnet-blend", AlwaysFake(), CARD),
        small_picture,
        crop,
        fake,
        labelled,
        faces,
        tmp_path / "out",
    )


def portraits(count: int) -> list[Face]:
    return [samples.portrait_face()] * count


def maps_of(given: Given) -> list[Any]:
    return [explain.run(name, given.linear, given.small) for name in ("saliency", "input-x-gradient")]


Run = Callable[[Given, Progress], Any]
KEEP: dict[str, Run] = {  # a stop keeps what is done
    "judge_by_all": lambda g, p: pipeline.judge_by_all(portraits(3), [g.network], progress=p),
    "compare": lambda g, p: pipeline.compare(portraits(3), [g.network], progress=p),
    "run_all": lambda g, p: explain.run_all(["saliency", "lrp", "lime"], g.network, g.crop, progress=p),
    "quality": lambda g, p: evaluate_attributions(g.linear, g.small, maps_of(g), progress=p),
    "sweep": lambda g, p: sweep(g.linear, g.fake, ["fgsm", "pgd"], [0, 4 / 255], progress=p),
    "gradient_check": lambda g, p: gradient_check(g.linear, g.fake, "pgd", {"steps": 3}, queries=9, progress=p),
    "robustness": lambda g, p: measure_robustness(g.network, g.crop, g.crop, progress=p),
}
RAISE: dict[str, Run] = {
    "critical_pixels": lambda g, p: critical_pixels(
        g.linear, g.small, g.small[::-1].copy(), samples=4, target="fake", progress=p
    ),
    "write_validation": lambda g, p: validation.write_validation(g.faces, g.out, progress=p),
    "evaluate_detector": lambda g, p: evaluate_detector(g.quick, g.folder, progress=p),
    "evaluate_corruptions": lambda g, p: corruptions.evaluate_corruptions(g.quick, g.folder, progress=p),
    "calibrate_on": lambda g, p: calibration_run.calibrate_on(g.quick, g.folder, progress=p),
    "evaluate_attack": lambda g, p: evaluate_attack(g.quick, g.folder, "fgsm", {}, progress=p),
    "evaluate_attack_detector": lambda g, p: evaluate_attack_detector(
        load_attack_detector(), g.quick, g.folder, attacks={"fgsm": {}}, progress=p
    ),
    "evaluate_sweep": lambda g, p: evaluate_sweep(
        g.quick, g.folder, attacks=["fgsm"], epsilons=[0, 8 / 255], progress=p
    ),
    "evaluate_gradient": lambda g, p: evaluate_gradient(g.quick, g.folder, attack="fgsm", queries=4, progress=p),
    "maps: conservation": lambda g, p: map_evaluation.measure(
        g.folder, None, parts=["conservation"], detectors=["meso4-df", "meso4-f2f"], limit=2, progress=p
    ),
    "maps: worth": lambda g, p: map_evaluation.measure(
        g.folder, g.quick, parts=["worth"], maps=["saliency"], limit=2, progress=p
    ),
    "maps: critical": lambda g, p: map_evaluation.measure(g.folder, g.quick, parts=["critical"], limit=2, progress=p),
    "signatures": lambda g, p: signature_references.collect(
        g.network, training_faces.load_faces(g.faces, "val", limit=2), seed=0, progress=p
    ),
    "attack detector": lambda g, p: attack_detector_trainer.examples(
        g.network,
        training_faces.load_faces(g.faces, "train"),
        np.arange(20),
        "pgd",
        [{"steps": 1}],
        seed=0,
        progress=p,
    ),
    "analyse": lambda g, p: analyse(g.folder / "real" / "0.png", maps=("saliency",), progress=p),
    "figure": lambda g, p: from_files(
        FigureRequest((g.folder / "real" / "0.png", g.folder / "swap" / "0.png")),
        ["saliency", "lrp"],
        PaperLayout(dpi=72, width=120),
        attacks={"fgsm": {}},
        progress=p,
    ),
    "bench attacks": lambda g, p: attack_bench.measure(g.quick, names=["fgsm"], pairs=2, count=1, progress=p),
    "bench maps": lambda g, p: map_bench.measure(["saliency", "lrp"], ["meso4-df"], pairs=2, progress=p),
    "bench pipeline": lambda g, p: pipeline_bench.measure(["files", "faces"], pairs=2, sizes=SHORT, progress=p),
}
QUICK = {"judge_by_all", "compare", "quality", "sweep", "gradient_check", "critical_pixels"}


def rows(names: dict[str, Run]) -> list[Any]:
    return [pytest.param(run, id=name, marks=[] if name in QUICK else pytest.mark.slow) for name, run in names.items()]


@pytest.mark.parametrize("run", rows(KEEP))
def test_a_stop_keeps_what_is_done(run: Run, given: Given) -> None:
    progress = RecordedProgress(after_steps(2))
    assert run(given, progress) is not None
    assert progress.stopped
    assert len(progress.told) == 2
    assert progress.after_stop == []


@pytest.mark.parametrize("run", rows(RAISE))
def test_a_stop_ends_the_work(run: Run, given: Given) -> None:
    progress = RecordedProgress(after_steps(2))
    with pytest.raises(StopRequested):
        run(given, progress)
    assert len(progress.told) == 2
    assert progress.after_stop == []


@pytest.mark.parametrize("run", rows({**KEEP, **RAISE}))
def test_steps_never_fall_and_reach_their_total(run: Run, given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attack_bench, "SELF", (0.0, np.inf))
    monkeypatch.setattr(fit, "MIN_FACES", 2)
    progress = RecordedProgress()
    run(given, progress)
    progress.check_monotone()
    assert len(progress.told) >= 2


def test_a_map_stops_between_two_passes(given: Given) -> None:
    with pytest.raises(StopRequested):
        explain.run("lime", given.linear, given.small, progress=RecordedProgress(at_once))
    progress = RecordedProgress(at_once)
    verdict, maps = explain.run_all(["saliency", "smoothgrad"], given.network, given.crop, progress=progress)
    assert (verdict.detector, len(progress.told)) == (given.network.name, len(maps))


@pytest.mark.slow
def test_a_stopped_training_goes_on_where_it_was(given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector_trainer, "PAIRS", 2)
    progress = RecordedProgress(after_steps(2))
    with pytest.raises(StopRequested, match="resnet-blend.checkpoint.pt goes on from there"):
        detector_trainer.train_detector(
            given.faces,
            tmp_path,
            minutes=9,
            network="resnet-blend",
            workers=0,
            limit=4,
            progress=progress,
        )
    step = torch.load(tmp_path / "resnet-blend.checkpoint.pt", weights_only=True)["step"]
    assert step == 2


def test_a_stop_lets_the_rest_of_an_attacked_file_be_read(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[Progress] = []

    def write_media(*_: object, **__: object) -> None:
        followed.append(current_progress())
        raise InputError("far enough")

    monkeypatch.setattr("core.media_attack.attacked_media.write_media", write_media)
    media = pipeline.open_media(given.folder / "real" / "0.png")
    with followed_by(RecordedProgress(at_once)), pytest.raises(InputError, match="far enough"):
        media_attack.attack_media(given.network, media, given.folder / "out.png", "fgsm")
    assert followed == [NO_PROGRESS]
