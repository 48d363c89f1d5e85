"""Repeat papers' studies: python -m core study list | NAME [--table N|--figure N] --data DIR."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..registry import Value
from ..types import InputError
from .common import Json, OnDevice, Seed, say, show
from .line_progress import LineProgress


def study(
    name: Annotated[str, typer.Argument(help="A study; or list.")],
    table: Annotated[str | None, typer.Option(help="A table of the paper, as 3, or case4; else the main one.")] = None,
    figure: Annotated[str | None, typer.Option(help="A figure of the paper, as 5.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="The folder of the files that the study needs.")] = None,
    minutes: Annotated[float | None, typer.Option(help="After so many no further example is begun.")] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder for the table as JSON and CSV, and its figure as PNG.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the study. Can be given again."),
    ] = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Repeat a paper's study: its own models and data, from data to table.

    What was measured is kept: a study that was stopped goes on where it was.
    """
    from ..output.value_records import value_record
    from ..studies.study_run import run_study, write_study

    if name == "list":
        found = _listed()
        show(found if json_ else "\n".join(f"{one['study']}: {one['about']}" for one in found), as_json=json_)
        return
    if table and figure:
        raise InputError("a study makes one table or one figure at a time: give --table or --figure")
    part = f"figure {figure}" if figure else table
    if table and table[:1].isalnum() and not table.lower().startswith("case"):
        part = f"table {table}"
    _known(name, part)
    if data is None:
        raise InputError(f"the study {name} needs its data: --data DIR, a folder with {_needed(name)}")
    settings = _settings(name, given or [])
    made = run_study(name, part, data=data, seed=seed, minutes=minutes, progress=LineProgress(), settings=settings)
    if out is not None:
        for path in write_study(made, out):
            say(str(path))
    show(value_record(made) if json_ else _text(made), as_json=json_)


def _known(name: str, part: str | None) -> None:
    from ..studies.base import part_of

    part_of(name, part)


def _settings(name: str, given: list[str]) -> dict[str, Value]:
    """Read NAME=VALUE of the study's settings."""
    from ..studies import STUDIES

    params = {one.name: one for one in STUDIES[name].params}
    found: dict[str, Value] = {}
    for text in given:
        key, sign, value = text.partition("=")
        if not sign or key.strip() not in params:
            known = ", ".join(params) or "none"
            raise InputError(f"--set is NAME=VALUE of a setting of the study {name} ({known}); what came is {text!r}")
        found[key.strip()] = params[key.strip()].parse(value)
    return found


def _needed(name: str) -> str:
    from ..studies import STUDIES

    return ", ".join(f"{one.name} ({one.form}; from {one.get})" for one in STUDIES[name].facts.needs)


def _listed() -> list[dict[str, Any]]:
    """List the studies, their parts, their files, and what was measured here."""
    from ..output.value_records import plain
    from ..studies import STUDIES
    from ..studies.study_run import kept_table

    out = []
    for name, entry in STUDIES.items():
        kept = {part.name: kept_table(name, part.name) for part in entry.facts.parts}
        measured = {part: found.n for part, found in kept.items() if found is not None}
        about = {"study": name, "title": entry.title, "source": entry.source, "about": entry.facts.about}
        out.append(
            {**about, "parts": plain(entry.facts.parts), "needs": plain(entry.facts.needs), "measured": measured}
        )
    return out


def _text(found: Any) -> str:
    """Write a table for people: measured, then the paper's."""
    lines = [f"{found.study}, {found.table}: {found.title} (n = {found.n})", found.conclusion]
    for who, rows in (("measured", found.rows), ("paper", found.paper or ())):
        lines += [who, "\t".join(found.columns)] if rows else []
        lines += ["\t".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "\n".join([*lines, *found.notes])
