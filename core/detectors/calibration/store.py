"""Store calibrations: shipped beside the card, the user's in the weights folder."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

from ...storage.calibration_values import calibration_from, calibration_text
from ...storage.files import atomic_write, file_state
from ...storage.paths import MODELS, weights_folder
from ...types import InputError
from ...types.calibration import Calibration
from ...types.foreign_json import parse_json
from ..detector import Detector


def user_calibration_path(name: str) -> Path:
    """Return the path of the user's own calibration of a detector."""
    return weights_folder() / "calibration" / f"{name}.json"


def shipped_calibration_path(name: str) -> Path:
    """Return the path of the calibration that ships with Prosopon."""
    return MODELS / f"{name}.calibration.json"


def calibrated(detector: Detector) -> Detector:
    """Return the detector with its calibration.

    The user's own before the shipped one, and only one made for these very weights.
    """
    for path in (user_calibration_path(detector.name), shipped_calibration_path(detector.name)):
        found = read_calibration(path)
        if found and found.weights_sha256 == detector.card.sha256:
            return replace(detector, calibration=found)
    return replace(detector, calibration=None)


def read_calibration(path: Path) -> Calibration | None:
    """Read a calibration, or None where there is none.

    A damaged file is refused by its name.
    """
    if not path.is_file():
        return None
    try:
        return _read(path.absolute(), file_state(path))
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        raise InputError(f"the calibration {path.name} is damaged; calibrate again, or take the file away") from None


@functools.lru_cache(maxsize=64)
def _read(path: Path, state: tuple[int, ...]) -> Calibration:
    """Read a calibration; `state` differs once its file has changed."""
    values = parse_json(path.read_text("utf-8"))
    values["weights_sha256"]
    return calibration_from(values)


def save_calibration(detector: Detector, calibration: Calibration, path: Path | None = None) -> Path:
    """Write a calibration for these very weights, atomically; by default as the user's."""
    path = path or user_calibration_path(detector.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = replace(calibration, detector=detector.name, weights_sha256=str(detector.card.sha256))
    atomic_write(path, calibration_text(whole))
    return path


def delete_calibration(name: str) -> bool:
    """Delete the user's own calibration; return whether there was one."""
    path = user_calibration_path(name)
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there
