"""Measure on a folder of media: python -m core evaluate ..."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .common import Data, Frames, Json, Record, Seed, group, measured, say

Name = Annotated[str | None, typer.Argument(help="A registered detector; the default one if not given.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="How many of each kind, evenly spread; else all.")]

app = group("Measure on a folder of media.")


@app.command("detector")
def evaluate_detector(
    data: Data,
    name: Name = None,
    frames: Frames = 16,
    limit: Limit = None,
    compression: Annotated[
        str | None, typer.Option(help="Of FaceForensics++, where there are several: raw, c0, c23 or c40.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Every medium with its score, or why it has none.")] = False,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Frame by frame, by video and by kind of forgery, with 95 % intervals.

    On a folder with real/ and fake/, with real/ and a folder for each kind of forgery (pictures or videos, also in
    subfolders), or laid out as FaceForensics++ is.
    """
    from ..detectors import DEFAULT
    from ..evaluation import evaluate_detector as measure
    from ..pipeline import load_detector
    from ..types import InputError

    if rows and record:
        raise InputError("--rows and --record do not go together: a card keeps figures, not media")
    detector = load_detector(name or DEFAULT)
    found = measure(detector, data, frames=frames, limit=limit, compression=compression, rows=rows, report=say)
    measured(name or DEFAULT, record, found, json_)


@app.command("conditions")
def evaluate_conditions(
    data: Data,
    name: Name = None,
    faces: Annotated[
        Path | None, typer.Option("--faces", help="The folder whose faces.jsonl has age, gender and race.")
    ] = None,
    limit: Limit = None,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Under JPEG, H.264, small sizes and blur; and by age, gender and race, where --faces says them."""
    from ..conditions import evaluate_conditions as measure
    from ..detectors import DEFAULT
    from ..pipeline import load_detector

    found = measure(load_detector(name or DEFAULT), data, faces=faces, limit=limit, report=say)
    measured(name or DEFAULT, record, found, json_)


@app.command("attack-detector")
def evaluate_attack_detector(
    data: Data,
    limit: Annotated[int, typer.Option(min=1, help="How many faces, evenly spread.")] = 200,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Accuracy and AUC per attack on a folder of faces, and with the map black."""
    from ..attack_detectors import DEFAULT
    from ..attack_detectors import load as load_watcher
    from ..attack_evaluation import evaluate_attack_detector as measure
    from ..detectors import load

    attacks: dict[str, dict[str, Any]] = {"pgd": {"steps": 40}, "fgsm": {}}
    found = measure(load_watcher(), load(), data, attacks=attacks, limit=limit, report=say)
    measured(DEFAULT, record, found, json_)


@app.command("attack")
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
    from ..analysis import attack_settings
    from ..attack_evaluation import evaluate_attack as measure
    from ..detectors import DEFAULT, load

    settings = dict(attack_settings(name, eps=eps))
    measured(DEFAULT, record, measure(load(), data, name, settings, limit=limit, seed=seed), json_)
