"""Measure maps on a folder of faces: python -m core evaluate maps --data DIR."""

from __future__ import annotations

from typing import Annotated

import typer

from ..types import InputError
from ..types.map_summaries import MapEvaluation
from .common import Data, Json, OnDevice, Seed, say, show
from .line_progress import LineProgress
from .recording import recordable, today, writing_measurements


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
    record: Annotated[bool, typer.Option("--record", help="Write the metrics beside the detectors' cards.")] = False,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Measure LRP's conservation, the maps' quality, and the effect of critical pixels.

    conservation: of real and forged faces, by each composite; with random weights where none are installed. worth:
        quality metrics over forged faces called fake, beside random maps. critical: PGD kept in the critical 1, 5 and
        10 % of the pixels, and in as many others.
    """
    from ..detectors import DEFAULT
    from ..evaluation.maps import map_evaluation as evaluation
    from ..evaluation.maps import map_table
    from ..output.value_records import value_record
    from ..pipeline import load_detector
    from .options import map_names

    asked, names, of = evaluation.parts_of(parts), map_names(maps), detector or DEFAULT
    chosen = _detectors(detectors)
    if "conservation" in asked and not chosen:
        raise InputError("there is no detector to measure: --detectors is all, or names joined by commas")
    if "worth" in asked and not names:
        raise InputError("there is no map to measure: --maps is quick, all, or names joined by commas")
    of_one = set(asked) - {"conservation"}
    if record:
        for name in [*(chosen if "conservation" in asked else ()), *([of] if of_one else ())]:
            recordable(name)
    judge = load_detector(of) if of_one else None
    found = evaluation.measure(
        data, judge, parts=asked, maps=names, detectors=chosen, limit=limit, seed=seed, progress=LineProgress()
    )
    show(value_record(found) if json_ else map_table.table(found), as_json=json_)
    if record:
        _record(found, {"worth": f" --maps {maps} --detector {of}", "critical": f" --detector {of}"})


def _detectors(names: str) -> tuple[str, ...]:
    """List the registered detectors asked for: all, or names joined by commas."""
    from ..detectors import DETECTORS

    given = dict.fromkeys(name.strip() for name in names.split(",") if name.strip())
    chosen = tuple(DETECTORS) if names == "all" else tuple(given)
    for name in chosen:
        DETECTORS[name]
    return chosen


def _record(found: MapEvaluation, options: dict[str, str]) -> None:
    """Write what was measured beside the cards, with the commands to repeat it."""
    from ..evaluation.maps import map_evaluation as evaluation

    def command(part: str) -> str:
        asked = f"--data {found.data} --parts {part}{options.get(part, '')}"
        return f"python -m core evaluate maps {asked} --limit {found.limit} --seed {found.seed}"

    with writing_measurements():
        kept = evaluation.record(found, command=command, date=today())
    for name in kept:
        say(f"{name}: what was measured with its real weights, which are not installed here, is kept")
