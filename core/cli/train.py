"""Make what is shipped, again: python -m core train ..."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..types import InputError
from ..types.device_choice import Device
from .common import Data, Detector, Minutes, OnDevice, OnRecogniserDevice, Out, Seed, group, say
from .given_settings import names_in, sizes_in
from .line_progress import LineProgress

if TYPE_CHECKING:
    from ..training.immune_detector import ImmunePlan
    from ..training.training_facts import ImmuneTraining
    from ..training.video_pairs import VideoTraining

IMMUNE_FACES = (400, 40)  # originals to learn from, and to judge by, at most
OnForgeries = Annotated[
    str | None, typer.Option("--attacks", help="Put on forgeries, joined by commas; pgd,fgsm if not given.")
]
Budgets = Annotated[str | None, typer.Option("--eps", help="Their budgets in 1/255, joined by commas.")]
Jpeg = Annotated[
    int | None, typer.Option("--jpeg", min=1, max=100, help="Each attacked face also as JPEG of this quality.")
]
SeveralData = Annotated[
    list[Path], typer.Option("--data", help="A folder with faces.jsonl or dfdc.jsonl; several make one set.")
]
app = group("Make what is shipped, again.")


@app.command("detector")
def train_detector(
    data: Data,
    out: Out,
    minutes: Minutes = 80,
    network: Annotated[str, typer.Option(help="efficientnet-lite0 or resnet-blend.")] = "efficientnet-lite0",
    seed: Seed = 0,
    device: Device = Device.auto,
    warm: Annotated[bool, typer.Option("--warm", help="Begin with the shipped weights, not from scratch.")] = False,
    start: Annotated[Path | None, typer.Option(help="Begin with the weights of this checkpoint.")] = None,
    videos: Annotated[Path | None, typer.Option(help="Train on this folder's videos, too.")] = None,
    held_out: Annotated[
        Path | None, typer.Option(help="Calibrate on this folder's videos, too, and train on none of them.")
    ] = None,
    without: Annotated[str, typer.Option(help="Leave these videos' sources out, joined by commas.")] = "",
    fold: Annotated[list[Path] | None, typer.Option(help="Calibrate on videos by this folder's weights, too.")] = None,
    immune: Annotated[
        str | None,
        typer.Option(metavar="ATTACK", help="Retrain any --network for fgsm, one-pixel or pgd."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the detector that --immune makes.")] = None,
    faces: Annotated[
        int | None, typer.Option(min=2, help="With --immune: originals to learn from at most, 400.")
    ] = None,
    judged: Annotated[int | None, typer.Option(min=2, help="With --immune: originals of val at most, 40.")] = None,
) -> None:
    """Train the default detector; go on from a checkpoint in --out.

    With --immune: retrain a detector with the faces that an attack turns, and measure it before and after.
    """
    from ..detectors.device import chosen_device
    from ..training import release

    if immune is not None:
        from_elsewhere = bool(warm or start or videos or held_out or without or fold)
        asked = _planned(network, immune, minutes, (faces, judged), name, from_elsewhere=from_elsewhere)
        return _retrain(asked, data, out, seed, chosen_device(device))
    _refuse_without_immune({"--name": name, "--faces": faces, "--judged": judged})
    plan = _planned_videos(videos, held_out, without, tuple(fold or ()))
    release.release_detector(
        data,
        out,
        minutes=minutes,
        network=network,
        seed=seed,
        device=chosen_device(device),
        warm=warm,
        start=start,
        videos=plan,
        progress=LineProgress(),
    )


def _planned_videos(
    videos: Path | None, held_out: Path | None, without: str, folds: tuple[Path, ...]
) -> VideoTraining | None:
    from ..training.video_pairs import VideoTraining

    if held_out and (videos or folds):
        raise InputError("--held-out calibrates on videos that are not trained on: it takes no --videos and no --fold")
    if videos is None and folds:
        raise InputError("--fold is about the videos of --videos, which is not given")
    if (folder := videos or held_out) is None and without:
        raise InputError("--without is about the videos of --videos or --held-out, and neither is given")
    left_out = tuple(filter(None, without.split(",")))
    return VideoTraining(folder, left_out, folds, trained=videos is not None) if folder else None


def _refuse_without_immune(given: dict[str, str | int | None]) -> None:
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} is of the detector that --immune makes, which is not given")


def _planned(
    network: str,
    attack: str,
    minutes: float,
    faces: tuple[int | None, int | None],
    name: str | None,
    *,
    from_elsewhere: bool,
) -> ImmunePlan:
    from ..training.immune_detector import planned

    if from_elsewhere:
        raise InputError("--immune begins with a detector's weights: it takes no --warm, --start, or videos")
    limits = (faces[0] or IMMUNE_FACES[0], faces[1] or IMMUNE_FACES[1])
    return planned(network, attack, minutes=minutes, faces=limits, name=name)


def _retrain(plan: ImmunePlan, data: Path, out: Path, seed: int, device: str) -> None:
    from ..training.immune_detector import immune_detector

    say(_immune_text(plan.name, immune_detector(plan, data, out, seed=seed, device=device, progress=LineProgress())))


def _immune_text(name: str, found: ImmuneTraining) -> str:
    """Write what a retraining changed, for people."""
    lines = [
        f"{name}: {found.added} of {found.attacked} attacked faces added to {found.faces}; chosen as --detector {name}",
        "\tclean accuracy\tAUC\tturned by the attack",
    ]
    for when, one in (("before", found.before), ("after", found.after)):
        lines.append(f"{when}\t{one.clean_accuracy:.3f}\t{one.auc}\t{one.turned} of {one.tried}")
    lines.append("attack\tepsilon, 1/255\trobust accuracy before\tafter\tof forged faces")
    for first, second in zip(found.before.sweep, found.after.sweep, strict=True):
        lines.append(f"{first.attack}\t{first.eps_255:g}\t{first.robust:.3f}\t{second.robust:.3f}\t{first.faces}")
    return "\n".join(lines)


@app.command("attack-detector")
def train_attack_detector(
    data: Data, out: Out, minutes: Minutes = 20, seed: Seed = 0, device: Device = Device.auto
) -> None:
    """Train the attack detector against the default detector that is installed."""
    from ..detectors import load
    from ..detectors.device import chosen_device
    from ..training import release

    place = chosen_device(device)
    release.release_attack_detector(
        load(device=place), data, out, minutes=minutes, seed=seed, device=place, progress=LineProgress()
    )


@app.command("attack-signs")
def train_attack_signs(
    data: Data,
    out: Out,
    faces: Annotated[int, typer.Option(min=20, help="How many pairs of a real face and its forgery.")] = 170,
    seed: Seed = 0,
    device: OnDevice = None,
) -> None:
    """Train what tells an attack from noise, against the default detector that is installed."""
    from ..detectors import load
    from ..training import release

    release.release_attack_signs(load(), data, out, faces=faces, seed=seed, progress=LineProgress())


@app.command("synthetic-faces")
def train_synthetic_faces(data: Data, out: Out, minutes: Minutes = 8, seed: Seed = 0, device: OnDevice = None) -> None:
    """Train what tells wholly synthetic faces.

    On a folder with gan/, and dfdc/ and faces/ where they are at hand.
    """
    from ..training.synthetic_release import release_synthetic_faces

    release_synthetic_faces(data, out, minutes=minutes, seed=seed, progress=LineProgress())


@app.command("signatures")
def train_signatures(
    data: SeveralData,
    out: Out,
    kind: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which signatures; LRP at the penultimate layer if not given.")
    ] = None,
    detector: Detector = None,
    limit: Annotated[int | None, typer.Option(min=10, help="How many faces of each val split; else all.")] = None,
    attacks: OnForgeries = None,
    eps: Budgets = None,
    jpeg: Jpeg = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Refused: the faces say how long it takes, nothing is trained.")
    ] = None,
    seed: Seed = 0,
    device: Annotated[Device, typer.Option("--device", help="Only cpu: nothing is trained.")] = Device.cpu,
) -> None:
    """Make the reference signatures of an installed detector, from the val split.

    Any detector whose weights are at hand, your own checkpoints among them. A run that was stopped goes on: what was
    computed of each face is kept in --out until the set is written.
    """
    from ..detectors import load
    from ..detectors.base import DEFAULT
    from ..signatures import DEFAULT_KIND, SIGNATURES
    from ..training import reference_release

    if minutes is not None:
        raise InputError("--minutes has no meaning for train signatures: a signature is made of each face, and no more")
    if device != Device.cpu:
        raise InputError(f"train signatures runs on the cpu only, as nothing is trained; what came is {device.value}")
    kind, of = SIGNATURES[kind or DEFAULT_KIND].name, detector or DEFAULT
    name = reference_release.set_name(of, kind)
    reference_release.release_signatures(
        load(of, device=device),
        data[0],
        out,
        more=data[1:],
        kind=kind,
        name=name,
        seed=seed,
        limit=limit,
        attacks=names_in(attacks or ""),
        sizes=sizes_in(eps) if eps else (),
        jpeg=jpeg,
        progress=LineProgress(),
    )
    say(f"{name} written")


@app.command("validation")
def write_validation(data: Data, out: Out, seed: Seed = 0) -> None:
    """Write the val split, real and forged, as a folder for calibration."""
    from ..training.validation import write_validation as write

    say(f"{write(data, out, seed=seed, progress=LineProgress())} pairs written")


@app.command("recogniser-reference")
def write_recogniser_reference(
    data: Data,
    gallery: Annotated[Path, typer.Option("--gallery", help="A folder with a folder of photos for each person.")],
    out: Out,
    recogniser: Annotated[
        str | None, typer.Option(help="A registered recogniser; the default one if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most faces of --data, each of another person.")] = 1500,
    centre: Annotated[bool, typer.Option(help="Subtract the mean vector of the faces.")] = True,
    device: OnRecogniserDevice = None,
) -> None:
    """Measure a recogniser's centre, thresholds and confidence on reference faces."""
    from ..evaluation.recogniser_reference import write_reference
    from ..recognition.gallery_folder import make_gallery
    from ..recognition.load_recogniser import load_recogniser

    asked, progress = load_recogniser(recogniser) if recogniser else load_recogniser(), LineProgress()
    people = make_gallery(gallery, asked, progress=progress)
    say(f"{write_reference(asked, data, people, out, limit=limit, centred=centre, progress=progress)} written")
