"""Make rows for CSV: methods, weights, a calibration, a gallery's findings."""

from __future__ import annotations

from typing import Any

from ..detectors.checkpoints.status import WeightsStatus
from ..registry import Entry
from ..storage.calibration_values import calibration_values
from ..types.calibration import Calibration
from ..types.model_card import DetectorCard
from ..types.recognition import Gallery
from .csv_text import flat_row
from .records import Record
from .text import format_range, format_value

WEIGHTS_ARE = {"shipped": "ships with Prosopon", "folder": "in the folder", "own": "your own", "missing": "missing"}
PUBLISHED = {True: "the published file", False: "not the published file", None: "no published checksum"}


def method_row(kind: str, entry: Entry[Any, Any]) -> Record:
    """Make a row of a registered method, with what can be set."""
    ranges = (f"{one.name}: {format_range(one)}, default {format_value(one, one.default)}" for one in entry.params)
    return {
        "kind": kind,
        "name": entry.name,
        "title": entry.title,
        "source": entry.source,
        "settings": "; ".join(ranges),
    }


def weights_row(state: WeightsStatus, card: DetectorCard | None) -> Record:
    """Make a row of a detector's weights."""
    return {
        "name": state.name,
        "title": state.title,
        "licence": card.licence if card else "",
        "weights": WEIGHTS_ARE[state.where],
        "file": state.path.name if state.path else card.file if card else "",
        "SHA-256": state.sha256_of_file or "",
        "published": "" if not state.path else PUBLISHED[state.published],
    }


def reliability_rows(found: Calibration) -> list[Record]:
    """Make a row of each bin of scores."""
    return [flat_row(row) for row in calibration_values(found.reliability)]


def band_rows(found: Calibration) -> list[Record]:
    """Make a row of each band at each risk."""
    return [
        {"risk": row.risk, "low": row.low, "high": row.high, **flat_row(calibration_values(band))}
        for row in found.by_risk
        for band in row.measured
    ]


def gallery_finding_rows(gallery: Gallery) -> list[Record]:
    """Make a row of each finding of a gallery's checks."""
    return [
        {"finding": one.kind, "person": one.person, "photo": one.photo or "", "what": one.sentence}
        for one in gallery.findings
    ]
