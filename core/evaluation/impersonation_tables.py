"""Write what the impersonation bench measured as tables (CSV)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..metrics.summary import rounded
from ..output.csv_text import csv_cell
from ..storage.files import atomic_write, safe_name
from ..types import InputError
from ..types.impersonation_result import ImpersonationResult, ImpersonationRow, Rate
from .impersonation_metrics import NAMES


def write_tables(result: ImpersonationResult, folder: Path) -> list[Path]:
    """Write tables of people by kind of fake, of all rows and of metrics.

    Source: Tariq et al. 2022, appendix I: per person the mean confidence in percent of real photos (reference) and of
    fakes (target), and the mean resemblance (similarity). Confidence 0: not recognised.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; tables are written into a folder that is there")
    kinds = list(dict.fromkeys(row.kind for row in result.rows))
    files = {
        folder / safe_name(f"people-{kind}", ".csv"): _people([r for r in result.rows if r.kind == kind])
        for kind in kinds
    }
    files[folder / "fakes.csv"] = _all_rows(result.rows)
    files[folder / "metrics.csv"] = _metrics(result)
    for path, rows in files.items():
        atomic_write(path, to_csv(rows))
    return list(files)


def to_csv(rows: Sequence[Sequence[object]]) -> str:
    """Format rows as CSV; text like a formula gets an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def _percent(values: Sequence[float]) -> float | str:
    return round(100 * float(np.mean(values)), 1) if values else ""


def _people(rows: Sequence[ImpersonationRow]) -> list[list[object]]:
    people = sorted({target.person for row in rows for target in row.targets})
    table: list[list[object]] = [["person", "reference", "target", "similarity", "fakes", "TA", "NA"]]
    for person in people:
        own = [(row, target) for row in rows for target in row.targets if target.person == person]
        real = {target.photo: target.confidence or 0.0 for _, target in own}
        table.append(
            [
                person,
                _percent([*real.values()]),
                _percent([row.confidence or 0.0 for row, _ in own]),
                _percent([target.resemblance for _, target in own]),
                len(own),
                _percent([row.impersonates(target) for row, target in own]),
                _percent([row.non_targeted for row, _ in own]),
            ]
        )
    return table


def _all_rows(rows: Sequence[ImpersonationRow]) -> list[list[object]]:
    said = ("fake", "kind", "target", "reference", "predicted", "confidence")
    real = ("target_photo", "target_predicted", "target_confidence", "similarity", "resemblance")
    table: list[list[object]] = [[*said, *real]]
    for row in rows:
        for one in row.targets:
            fake = (row.fake, row.kind, one.person, row.reference or "", row.predicted or "", _cell(row.confidence))
            compared = (_cell(one.confidence), _cell(one.similarity), _cell(one.resemblance))
            table.append([*fake, one.photo, one.name or "", *compared])
    return table


def _cell(value: float | None) -> float | str:
    return "" if value is None else rounded(value)


def _metrics(result: ImpersonationResult) -> list[list[object]]:
    table: list[list[object]] = [["kind", "defence", "metric", "value", "low", "high", "n"]]

    def add(kind: str, defence: str, rates: Mapping[str, Rate]) -> None:
        for name, rate in rates.items():
            low, high = rate.interval or (None, None)
            table.append([kind, defence, name, _cell(rate.value), _cell(low), _cell(high), rate.n])

    add("all", "", {name: result.metrics[name] for name in NAMES})
    for kind, rates in result.by_kind.items():
        add(kind, "", rates)
    for one in result.defences:
        add("all", one.rule, {"accuracy": one.accuracy, **one.after, "real_refused": one.real_refused})
        for kind, rates in one.by_kind.items():
            add(kind, one.rule, rates)
    return table
