"""Turn the bench's result into its JSON record, and into tables as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..metrics.summary import rounded
from ..storage.files import atomic_write, safe_name
from ..types import InputError
from ..types.recognition import Gallery, Identification
from .impersonation_bench import ImpersonationResult
from .impersonation_bias import group_rates
from .impersonation_defences import Defence
from .impersonation_metrics import NAMES, ImpersonationRow, Rate

Record = dict[str, Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so is run as a formula by spreadsheets


def rate_record(rate: Rate) -> Record:
    """Return a rate as {"value", "interval", "n"}."""
    interval = rate.interval and [*map(rounded, rate.interval)]
    return {"value": None if rate.value is None else rounded(rate.value), "interval": interval, "n": rate.n}


def impersonation_record(result: ImpersonationResult) -> Record:
    """Return the record that `evaluate impersonation --json` prints."""
    gallery = result.gallery
    groups = group_rates(result.rows, result.real, result.groups)
    return {
        "recogniser": gallery.recogniser,
        "people": len(gallery.people),
        "fakes": len(result.rows),
        "threshold": gallery.threshold and rounded(gallery.threshold.similarity),
        "metrics": _rates(result.metrics),
        "by_kind": {kind: _rates(rates) for kind, rates in result.by_kind.items()},
        "defences": {one.rule: _defence(one) for one in result.defences},
        "real": {
            "photos": len(result.real),
            "recognised": rate_record(result.recognised),
            "misnamed": rate_record(result.misnamed),
        },
        "by_group": {group: {**_rates(found.rates), "people": found.people} for group, found in sorted(groups.items())},
        "beta": result.beta,
        "gamma": result.gamma,
        "threshold_from": threshold_record(gallery),
        "not_judged": dict(result.not_judged),
        "findings": findings_record(gallery),
    }


def _rates(rates: Mapping[str, Rate]) -> Record:
    return {name: rate_record(rate) for name, rate in rates.items()}


def _defence(one: Defence) -> Record:
    def value(rate: Rate | None) -> float | None:
        return None if rate is None or rate.value is None else rounded(rate.value)

    measured = {"accuracy": one.accuracy, "real_refused": one.real_refused, **one.after}
    return {
        "accuracy": value(one.accuracy),
        "TA": value(one.after.get("TA")),
        "NA": value(one.after.get("NA")),
        "real_refused": value(one.real_refused),
        "before": {name: value(rate) for name, rate in one.before.items()},
        "intervals": {name: rate_record(rate)["interval"] for name, rate in measured.items()},
        "n": {"fakes": one.before["TA"].n, "real": one.real_refused.n},
        "detectors": list(one.detectors),
        "by_kind": {kind: {name: value(rate) for name, rate in rates.items()} for kind, rates in one.by_kind.items()},
        **({"reason": one.reason} if one.reason else {}),
        **({"fitted_on": one.fitted_on} if one.fitted_on else {}),
    }


def threshold_record(gallery: Gallery) -> Record | None:
    """Return where a gallery's threshold comes from; None for a service."""
    one = gallery.threshold
    if one is None or gallery.calibration is None:
        return None
    return {
        "fmr": one.fmr,
        "comparisons": one.comparisons,
        "source": one.source,
        "enough": one.enough,
        "confidence_from": gallery.calibration.source,
    }


def findings_record(gallery: Gallery) -> list[Record]:
    """Return what the checks of a gallery found."""
    return [
        {"kind": one.kind, "person": one.person, "photo": one.photo, "sentence": one.sentence}
        for one in gallery.findings
    ]


def identification_record(said: Identification) -> Record:
    """Return whom a face is taken for, with the nearest people."""
    return {
        "name": said.name,
        "confidence": said.confidence and rounded(said.confidence),
        "similarity": rounded(said.nearest[0].similarity) if said.nearest else None,
        "threshold": said.threshold and rounded(said.threshold),
        "nearest": [
            {
                "name": one.name,
                "similarity": rounded(one.similarity),
                "confidence": rounded(one.confidence),
                "photo": one.photo,
            }
            for one in said.nearest
        ],
    }


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
    """Write rows as CSV.

    Text that a spreadsheet would run as a formula is quoted.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row])
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
