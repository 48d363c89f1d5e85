"""Run a part of a study behind one checked door, and keep its table."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ..detectors.inference_queue import long_work
from ..output.csv_text import csv_text
from ..output.value_records import value_record
from ..progress import NO_PROGRESS, Progress
from ..storage.files import atomic_write, file_state
from ..storage.paths import user_cache
from ..types import InputError, Settings
from ..types.study_tables import StudyRow, StudyTable
from .base import STUDIES, StudyContext, check_files, part_of
from .study_figures import figure_png
from .study_panels import keep_panels, kept_panels

Folder = Path | None


def studies_folder(cache: Folder = None) -> Path:
    """Return where studies keep their models and results."""
    return cache or user_cache() / "studies"


def run_study(
    name: str,
    part: str | None = None,
    *,
    data: Path,
    seed: int = 0,
    minutes: float | None = None,
    cache: Folder = None,
    progress: Progress = NO_PROGRESS,
    settings: Settings | None = None,
) -> StudyTable:
    """Measure a table or figure of a study, from what earlier runs left on.

    Args:
        name: of the study.
        part: "table 3", "figure 5"; None: its main one.
        data: folder of the files that it needs.
        seed: of every random choice.
        minutes: after which no further examples are begun; None: all are measured.
        cache: folder of models and results; the user's if not given.
        progress: told the steps; a stop raises `StopRequested`, and the next run goes on.
        settings: of the study, over its defaults.

    Raises:
        InputError: an unknown study, part or setting, minutes that are none, a folder without the needed files.
    """
    entry, chosen = STUDIES[name], part_of(name, part)
    if minutes is not None and not 0 < minutes <= 24 * 60:
        raise InputError(f"--minutes lies above 0 and up to 1440; what came is {minutes:g}")
    given = entry.settings(settings)
    check_files(name, data)
    context = StudyContext(data, studies_folder(cache) / name, seed, minutes, progress)
    context.cache.mkdir(parents=True, exist_ok=True)
    with long_work():
        found = entry.function(context, chosen.name, **given)
    _keep(found, studies_folder(cache))
    return found


def kept_table(name: str, part: str, cache: Folder = None) -> StudyTable | None:
    """Return a part as it was measured last; None where it was not."""
    try:
        values = json.loads(_file(name, part, studies_folder(cache)).read_text("utf-8"))
        rows, paper = _rows(values["rows"]), values["paper"]
        return StudyTable(
            **{key: values[key] for key in ("study", "table", "settings", "n", "title", "conclusion", "paper_n")},
            columns=tuple(values["columns"]),
            rows=rows,
            paper=None if paper is None else _rows(paper),
            notes=tuple(values["notes"]),
            panels=kept_panels(_file(name, part, studies_folder(cache)).with_suffix(".npz")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def table_states(name: str, cache: Folder = None) -> dict[str, tuple[int, ...]]:
    """Tell one state of a study's kept tables from another, by part.

    Nothing is read; parts without a file are left out: the folder says which.
    """
    folder = studies_folder(cache)
    try:
        there = set(os.listdir(_tables(name, folder)))
    except OSError:
        return {}
    parts = [part.name for part in STUDIES[name].facts.parts if _file_name(part.name) in there]
    return {part: file_state(_file(name, part, folder)) for part in parts}


def write_study(found: StudyTable, out: Path) -> tuple[Path, ...]:
    """Write a table as JSON and CSV, its figure as PNG; return the files."""
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{found.study}-{found.table.replace(' ', '-')}"
    files: dict[str, str | bytes] = {
        f"{stem}.json": json.dumps(value_record(found), indent=2, ensure_ascii=False),
        f"{stem}.csv": to_csv(found),
    }
    if drawn := figure_png(found):
        files[f"{stem}.png"] = drawn
    for name, text in files.items():
        atomic_write(out / name, text)
    return tuple(out / name for name in files)


def to_csv(found: StudyTable) -> str:
    """Format a table's rows, and the paper's, as CSV."""
    both = (("measured", found.rows), ("paper", found.paper or ()))
    rows = [{"from": who, **dict(zip(found.columns, row, strict=True))} for who, part in both for row in part]
    return csv_text(rows, ("from", *found.columns))


def _rows(values: list[list[object]]) -> tuple[StudyRow, ...]:
    """Read rows of texts, numbers and nothing."""
    for row in values:
        if not all(cell is None or isinstance(cell, str | int | float) for cell in row):
            raise ValueError("a cell of a study is a text, a number or nothing")
    return tuple(tuple(row) for row in values)  # type: ignore[arg-type]


def _file(name: str, part: str, folder: Path) -> Path:
    return _tables(name, folder) / _file_name(part)


def _file_name(part: str) -> str:
    return f"{part.replace(' ', '-')}.json"


def _tables(name: str, folder: Path) -> Path:
    return folder / name / "tables"


def _keep(found: StudyTable, folder: Path) -> None:
    to = _file(found.study, found.table, folder)
    to.parent.mkdir(parents=True, exist_ok=True)
    if found.panels:
        keep_panels(to.with_suffix(".npz"), found.panels)
    atomic_write(to, json.dumps(value_record(found), ensure_ascii=False))
