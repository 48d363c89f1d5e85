"""Keep every medium's score beside a model's card: `<name>.scores.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..output.csv_text import csv_cell
from ..storage import paths
from ..storage.files import atomic_write
from ..types.detector_metrics import MediumRow

COLUMNS = ("measurement", "kind", "path", "score", "p_fake", "label", "band", "frames_judged", "reason")
NUMBERS = ("score", "p_fake", "frames_judged")  # of which none is taken for a formula
DIGITS = 4


def scores_file(name: str, *, folder: Path | None = None) -> Path:
    """Return the path of a model's scores, whether there are any or not."""
    return (folder or paths.MODELS) / f"{name}.scores.csv"


def read_scores(name: str, *, folder: Path | None = None) -> list[dict[str, str]]:
    """Read the scores of a model as rows of text; may be empty."""
    path = scores_file(name, folder=folder)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def record_scores(name: str, label: str, rows: Sequence[MediumRow], *, folder: Path | None = None) -> None:
    """Write the scores of one measurement, replacing those of the same label.

    Text like a formula gets an apostrophe before it.

    Args:
        name: of the model.
        label: of the measurement.
        rows: one per medium, as `evaluate detector --rows` prints them.
        folder: of the model's card.
    """
    same = (label, csv_cell(label))
    kept = [row for row in read_scores(name, folder=folder) if row["measurement"] not in same]
    new = [{"measurement": label} | {key: _text(getattr(row, key)) for key in COLUMNS[1:]} for row in rows]
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    every: list[Mapping[str, object]] = [*kept, *new]
    for row in every:
        table.writerow({key: value if key in NUMBERS else csv_cell(value) for key, value in row.items()})
    atomic_write(scores_file(name, folder=folder), text.getvalue())


def _text(value: object) -> object:
    return round(value, DIGITS) if isinstance(value, float) else value
