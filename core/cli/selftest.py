"""Try what may harm others: python -m core selftest --hard --minutes 10 --json."""

from __future__ import annotations

from typing import Annotated

import typer

from .common import Json, Seed, show
from .line_progress import LineProgress


def selftest(
    hard: Annotated[bool, typer.Option("--hard", help="Thousands of trials instead of a few.")] = False,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0, help="Minutes after which no trial begins; no end if not given.")
    ] = None,
    seed: Seed = 0,
    json_: Json = False,
) -> None:
    """Try damaged files, bombs, names, deaths, races; status 1 where one harms."""
    from ..output.value_records import value_record
    from ..selftest import self_test

    rows = self_test.run(hard=hard, minutes=minutes, seed=seed, progress=LineProgress())
    passed = all(row.passed for row in rows)
    told = ({"n": row.tried, "measured": row.measured, "passed": row.passed, "ok": row.passed} for row in rows)
    records = [{**value_record(row), **more} for row, more in zip(rows, told, strict=True)]
    found = {"selftest": "hard" if hard else "short", "seed": seed, "passed": passed, "checks": records}
    show(found if json_ else self_test.table(rows), as_json=json_)
    if not passed:
        raise typer.Exit(1)
