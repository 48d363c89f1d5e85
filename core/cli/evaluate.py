"""Measure on a folder of media: python -m core evaluate ..."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .common import Data, Frames, Json, Record, Seed, group, measured, say, show

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
    from ..evaluation.detector_evaluation import evaluate_detector as measure
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
    from ..detectors import DEFAULT
    from ..evaluation.corruptions import evaluate_conditions as measure
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
    from ..detectors import load
    from ..evaluation.attack_detector_evaluation import evaluate_attack_detector as measure

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
    from ..detectors import DEFAULT, load
    from ..evaluation.attack_evaluation import evaluate_attack as measure
    from .options import attack_settings

    settings = dict(attack_settings(name, eps=eps))
    measured(DEFAULT, record, measure(load(), data, name, settings, limit=limit, seed=seed), json_)


@app.command("maps")
def evaluate_maps(
    data: Data,
    parts: Annotated[str, typer.Option(help="all, or some of conservation,worth,critical.")] = "all",
    maps: Annotated[str, typer.Option(help="quick, all, or names joined by commas: the maps of worth.")] = "quick",
    detectors: Annotated[
        str, typer.Option(help="all, or names joined by commas: the detectors whose conservation by LRP is measured.")
    ] = "all",
    detector: Annotated[
        str | None, typer.Option(help="The detector of worth and critical; the default one if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many faces.")] = 20,
    seed: Seed = 0,
    record: Annotated[bool, typer.Option("--record", help="Write the figures into the detectors' cards.")] = False,
    json_: Json = False,
) -> None:
    """What LRP conserves on each detector, what each map is worth, and what critical pixels carry of an attack.

    conservation: of real and forged faces, by each composite; with random weights of the layout where none are
    installed. worth: the honesty strip over forged faces called fake, beside maps of noise. critical: PGD kept in the
    critical 1, 5 and 10 % of the pixels, and in as many others.
    """
    from ..detectors import DEFAULT, DETECTORS
    from ..evaluation.maps import map_evaluation as evaluation
    from ..evaluation.maps import map_table
    from ..pipeline import load_detector
    from ..types import InputError
    from .options import map_names

    asked, names, of = evaluation.parts_of(parts), map_names(maps), detector or DEFAULT
    given = dict.fromkeys(name.strip() for name in detectors.split(",") if name.strip())
    chosen = tuple(DETECTORS) if detectors == "all" else tuple(given)
    for name in chosen:
        DETECTORS[name]
    if "conservation" in asked and not chosen:
        raise InputError("there is no detector to measure: --detectors is all, or names joined by commas")
    if "worth" in asked and not names:
        raise InputError("there is no map to measure: --maps is quick, all, or names joined by commas")
    judge = load_detector(of) if set(asked) - {"conservation"} else None
    if record and judge and of not in DETECTORS:
        raise InputError(f"{of} has no card of this project to record figures in")
    found = evaluation.measure(
        data, judge, parts=asked, maps=names, detectors=chosen, limit=limit, seed=seed, report=say
    )
    if record:
        options = {"worth": f" --maps {maps} --detector {of}", "critical": f" --detector {of}"}
        kept = evaluation.record(
            found,
            command=lambda part: (
                f"python -m core evaluate maps --data {found['data']} --parts {part}{options.get(part, '')} "
                f"--limit {limit} --seed {seed}"
            ),
        )
        for name in kept:
            say(f"{name}: its card keeps what was measured with its real weights, which are not installed here")
    show(found if json_ else map_table.table(found), as_json=json_)
