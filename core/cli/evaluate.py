"""Measure on a folder of media: python -m core evaluate ..."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .common import Data, Frames, Json, Record, Seed, group, measured, say

app = group("Measure on a folder of media.")


@app.command("detector")
def evaluate_detector(
    data: Data,
    name: Annotated[str | None, typer.Argument(help="A registered detector.")] = None,
    frames: Frames = 16,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Per kind of forgery, on a folder with real/ and any other folders, each a kind (pictures or videos)."""
    from ..detectors import DEFAULT, load
    from ..evaluation import evaluate_detector as measure

    found = measure(load(name or DEFAULT), data, frames=frames, report=say)
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
    from ..detectors import load
    from ..evaluation import evaluate_attack_detector as measure

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
    from ..attacks import ATTACKS
    from ..detectors import DEFAULT, load
    from ..evaluation import evaluate_attack as measure

    settings = ATTACKS[name].settings({"eps": eps / 255})
    measured(DEFAULT, record, measure(load(), data, name, settings, limit=limit, seed=seed), json_)
