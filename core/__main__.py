"""The dashboard's steps from a terminal: python -m core analyse FILE, train, evaluate."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .types import InputError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Prosopon: deepfake verdicts, adversarial attacks and maps of faces.",
)  # fmt: skip
train_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make what is shipped, again.")
evaluate_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure on a folder of media.")
app.add_typer(train_app, name="train")
app.add_typer(evaluate_app, name="evaluate")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Data = Annotated[Path, typer.Option("--data", help="The folder of faces (with faces.jsonl) or of media.")]
Out = Annotated[Path, typer.Option("--out", help="Where weights and cards are written.")]
Minutes = Annotated[float, typer.Option("--minutes", help="Minutes of training, earlier runs counted in.")]
Seed = Annotated[int, typer.Option("--seed", help="The seed of every random choice.")]
Record = Annotated[str | None, typer.Option("--record", help="Write the figures into the model's card, under this.")]
Frames = Annotated[int, typer.Option("--frames", min=1, help="Frames of a video that are judged, evenly spread.")]


class Device(StrEnum):
    """Where a trainer runs."""

    cpu = "cpu"
    cuda = "cuda"


@app.command()
def analyse(
    file: Path,
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    attack: Annotated[str | None, typer.Option(help="An attack to put on each face, towards real.")] = None,
    eps: Annotated[float | None, typer.Option(help="The attack's budget, in 1/255 (0 to 64).")] = None,
    steps: Annotated[int | None, typer.Option(help="The attack's steps.")] = None,
    seed: Seed = 0,
    maps: Annotated[str, typer.Option(help="all, none, or names joined by commas.")] = "all",
    frames: Frames = 16,
    out: Annotated[Path | None, typer.Option(help="A folder for crops, attacked crops and maps.")] = None,
    json_: Json = False,
) -> None:
    """Faces, verdicts, maps, an attack and its verdict, and the signature of each face of a picture or a video.

    attack_verdict is that of the face as it came, or of the attacked face where an attack was put on it; it is null
    when the detector calls that face fake (the attack detector is then not asked).
    """
    from . import analysis

    found = analysis.analyse(
        file, detector=detector, attack=attack, settings=analysis.attack_settings(attack, eps=eps, steps=steps),
        seed=seed, maps=analysis.map_names(maps), frames=frames, out=out,
    )  # fmt: skip
    _print(found if json_ else analysis.summary(found), as_json=json_)


@train_app.command("detector")
def train_detector(
    data: Data,
    out: Out,
    minutes: Minutes = 80,
    seed: Seed = 0,
    device: Device = Device.cpu,
    warm: Annotated[bool, typer.Option("--warm", help="Begin with the shipped weights, not from scratch.")] = False,
) -> None:
    """Train the default detector; goes on from a checkpoint in --out."""
    from .training import ship

    ship.ship_detector(data, out, minutes=minutes, seed=seed, device=device.value, warm=warm, report=_say)


@train_app.command("attack-detector")
def train_attack_detector(
    data: Data, out: Out, minutes: Minutes = 20, seed: Seed = 0, device: Device = Device.cpu
) -> None:
    """Train the attack detector against the default detector that is installed."""
    from .detectors import load
    from .training import ship

    ship.ship_attack_detector(load(), data, out, minutes=minutes, seed=seed, device=device.value, report=_say)


@train_app.command("signatures")
def train_signatures(data: Data, out: Out, minutes: Minutes = 20, seed: Seed = 0, device: Device = Device.cpu) -> None:
    """Make the signature bank with the default detector that is installed (its length is fixed by the faces)."""
    from .detectors import load
    from .training import ship

    ship.ship_signatures(load(), data, out, seed=seed, report=_say)


@evaluate_app.command("detector")
def evaluate_detector(
    data: Data,
    name: Annotated[str | None, typer.Argument(help="A registered detector.")] = None,
    frames: Frames = 16,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Per kind of forgery, on a folder with real/ and any other folders, each a kind (pictures or videos)."""
    from .detectors import DEFAULT, load
    from .evaluation import evaluate_detector as measure

    found = measure(load(name or DEFAULT), data, frames=frames, report=_say)
    _measured(name or DEFAULT, record, found, json_)


@evaluate_app.command("attack-detector")
def evaluate_attack_detector(
    data: Data,
    limit: Annotated[int, typer.Option(min=1, help="How many faces, evenly spread.")] = 200,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Accuracy and AUC per attack on a folder of faces, and with the map black."""
    from .attack_detectors import DEFAULT
    from .attack_detectors import load as load_watcher
    from .detectors import load
    from .evaluation import evaluate_attack_detector as measure

    attacks: dict[str, dict[str, Any]] = {"pgd": {"steps": 40}, "fgsm": {}}
    found = measure(load_watcher(), load(), data, attacks=attacks, limit=limit, report=_say)
    _measured(DEFAULT, record, found, json_)


@evaluate_app.command("attack")
def evaluate_attack(
    data: Data,
    name: Annotated[str, typer.Argument(help="A registered attack.")] = "pgd",
    eps: Annotated[float, typer.Option(help="The attack's budget, in 1/255 (0 to 64).")] = 16,
    limit: Annotated[int, typer.Option(min=1, help="How many faces that are called fake are attacked.")] = 100,
    seed: Seed = 0,
    record: Record = None,
    json_: Json = False,
) -> None:
    """How many forgeries that are called fake an attack turns into real, from the saved file."""
    from .attacks import ATTACKS
    from .detectors import DEFAULT, load
    from .evaluation import evaluate_attack as measure

    settings = ATTACKS[name].settings({"eps": eps / 255})
    _measured(DEFAULT, record, measure(load(), data, name, settings, limit=limit, seed=seed), json_)


def _measured(name: str, label: str | None, found: dict[str, Any], json_: bool) -> None:
    if label:
        from .weights import record_measured

        record_measured(name, label, found)
    _print(found, as_json=True, indent=None if json_ else 2)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(found: Any, *, as_json: bool, indent: int | None = None) -> None:
    print(json.dumps(found, indent=indent, ensure_ascii=False, allow_nan=False) if as_json else found)


def main() -> None:
    """Run the command line: bad input is one sentence on standard error and exit status 2."""
    try:
        app(prog_name="python -m core")
    except InputError as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
