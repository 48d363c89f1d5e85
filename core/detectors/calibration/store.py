"""Where calibrations are kept: beside the shipped card or, when the user made one, in the weights folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...storage.files import atomic_write
from ...storage.paths import MODELS, weights_folder
from ...types import InputError
from ..detector import Detector


def kept_at(name: str) -> Path:
    """Where the user's own calibration of a detector is kept."""
    return weights_folder() / "calibration" / f"{name}.json"


def shipped_at(name: str) -> Path:
    """Where the calibration that came with Prosopon is."""
    return MODELS / f"{name}.calibration.json"


def calibrated(detector: Detector) -> Detector:
    """The detector with its calibration: the user's own before the shipped one, and only that of these very weights."""
    for path in (kept_at(detector.name), shipped_at(detector.name)):
        record = read(path)
        if record and record["weights_sha256"] == detector.card.get("sha256"):
            return replace(detector, calibration=record)
    return replace(detector, calibration=None)


def read(path: Path) -> dict[str, Any] | None:
    """A calibration record, or None where there is none; a damaged file is refused by its name."""
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        record["map"], record["bands"], record["weights_sha256"]
    except (ValueError, KeyError, TypeError, OSError):
        raise InputError(f"the calibration {path.name} is damaged; calibrate again, or take the file away") from None
    return record


def keep(detector: Detector, record: dict[str, Any], path: Path | None = None) -> Path:
    """Write a calibration for these very weights, whole or not at all; by default as the user's own."""
    path = path or kept_at(detector.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"detector": detector.name, "weights_sha256": detector.card.get("sha256"), **record}
    atomic_write(path, json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
    return path


def forget(name: str) -> bool:
    """Take the user's own calibration away; whether there was one."""
    path = kept_at(name)
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there
