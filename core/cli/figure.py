"""Make a paper figure from files: python -m core figure FILE [FILE ...] --out FIGURE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from ..types import InputError
from .common import Json, OnDevice, Seed, say, show
from .given_settings import Given, Settings, given_settings, options_given
from .line_progress import LineProgress


def figure(
    files: Annotated[list[Path], typer.Argument(help="Images or videos: a face of each is in the figure.")],
    out: Annotated[list[Path], typer.Option(help="The file to write: .pdf, .svg or .png; can be given again.")],
    name: Annotated[list[str] | None, typer.Option(help="A face's name in the figure, one a file.")] = None,
    frame: Annotated[int | None, typer.Option(help="The frame of videos, from 0; else the first with a face.")] = None,
    face: Annotated[int | None, typer.Option(help="Which face of the frame, from 1; else the first judged.")] = None,
    attack: Annotated[list[str] | None, typer.Option(help="Put on each face called fake; can be given again.")] = None,
    preset: Annotated[str | None, typer.Option(help="Settings of a paper by name, such as pinhasov2024.")] = None,
    eps: Annotated[float | None, typer.Option(help="The attacks' budget, in 1/255 (0 to 64).")] = None,
    steps: Annotated[int | None, typer.Option(help="The attacks' steps.")] = None,
    set_: Given = None,
    seed: Seed = 0,
    maps: Annotated[str, typer.Option(help="quick, all, or names joined by commas.")] = "quick",
    detector: Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")] = None,
    target: Annotated[str, typer.Option(help="What the maps explain: margin, fake or real.")] = "margin",
    width: Annotated[float, typer.Option(help="Millimetres: 85 is one column, 170 are two.")] = 170.0,
    transposed: Annotated[bool, typer.Option("--transposed", help="Methods in rows, faces in columns.")] = False,
    difference: Annotated[bool, typer.Option(help="Between each attacked face and the clean one.")] = True,
    own_scales: Annotated[bool, typer.Option("--own-scales", help="Of each map, not one a method.")] = False,
    overlay: Annotated[float, typer.Option(help="1: the map alone; less lets the grey face show through.")] = 1.0,
    metric: Annotated[
        str, typer.Option("--quality", "--honesty", help="The metric under each map: own, none, or its name.")
    ] = "own",
    font: Annotated[str, typer.Option(help="serif or sans.")] = "serif",
    points: Annotated[float, typer.Option(min=5, max=12, help="The size of the titles.")] = 7.0,
    dpi: Annotated[int, typer.Option(min=72, max=1200, help="Dots an inch of a PNG.")] = 300,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Make a paper figure of faces, their attacked versions and maps.

    All settings are in the file's metadata. The same command on the same machine writes the same file. A draft caption
    is printed, or with --json the metadata.
    """
    from ..media.write import write_together
    from ..output.figure_record import figure_record
    from ..output.paper import PaperLayout
    from ..reports.figure_from_files import FigureRequest, from_files
    from ..reports.print_figure import kind_of
    from .options import map_names

    kinds = {one: kind_of(one) for one in out}
    for one in out:
        if one.exists() and any(file.exists() and one.samefile(file) for file in files):
            raise InputError(f"--out is {one} itself; the figure is written into another file")
    names, taken = map_names(maps), options_given(eps=eps, steps=steps)
    given = given_settings(set_, attacks=attack or (), maps=names, taken=taken)
    made = from_files(
        FigureRequest(tuple(files), tuple(name or ()), frame, face),
        names,
        PaperLayout(
            width=width,
            transposed=transposed,
            shared=not own_scales,
            strength=overlay,
            font=font,
            points=points,
            dpi=dpi,
        ),
        detector=detector,
        attacks=_attacks(attack or (), preset, eps, steps, given),
        map_settings={one: given[one] for one in names},
        target=cast(Any, target),
        seed=seed,
        difference=difference,
        metric=metric,
        progress=LineProgress(),
    )
    write_together({one: made.file(kind) for one, kind in kinds.items()})
    show(figure_record(made.facts()) if json_ else made.caption(), as_json=json_)


def _attacks(
    names: Sequence[str], preset: str | None, eps: float | None, steps: int | None, given: Settings
) -> dict[str, dict[str, Any]]:
    """Collect each attack's settings: the command line's over the preset's."""
    from ..attacks import ATTACKS
    from .options import attack_settings

    if not names and (preset or eps is not None or steps is not None):
        raise InputError("--preset, --eps and --steps are settings of an attack, and no --attack came")
    found = {}
    for one in names:
        entry = ATTACKS[one]
        known = {param.name for param in entry.params}
        presets = {name for other in names for name in ATTACKS[other].facts.presets}
        named = preset in entry.facts.presets or preset not in presets  # where none has it, it is refused
        used = {"eps": "eps" in known, "steps": "steps" in known, "preset": named}
        for setting, value in (("eps", eps), ("steps", steps), ("preset", preset)):
            if value is not None and not used[setting]:
                say(f"{one} has no {setting}{f' {value}' if setting == 'preset' else ''}: --{setting} is not used")
        found[one] = dict(
            attack_settings(
                one,
                eps=eps if used["eps"] else None,
                steps=steps if used["steps"] else None,
                preset=preset if named else None,
                given=given.get(one),
            )
        )
    return found
