"""Record the critical pixels of an attack: their tests, effects and values."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import Any

import numpy as np

from ..types import Face
from ..types.critical_results import CriticalComparison, CriticalPixels, PixelTest
from .records import Record, face_record, number

SOURCE = "Arif, Enhancing Deep Learning Robustness: table I, section VIII C and figure 6."


def critical_record(found: CriticalComparison, *, face: Face, detector: str, seed: int | None) -> Record:
    """Record critical pixels for both purposes, with their tests and effects.

    Args:
        found: of a face and its attacked version.
        face: the clean one.
        detector: its version.
        seed: of the samples; None where it is not known.
    """
    return {
        "face": face_record(face),
        "detector": detector,
        "share": found.share,
        "samples": found.samples,
        "target": found.clean.target,
        "overlap": found.overlap,
        "warning": found.warning,
        "source": SOURCE,
        "generation": _purpose(found.generation),
        "detection": _purpose(found.detection),
        "seed": seed,
    }


def _purpose(one: CriticalPixels) -> Record:
    return {
        "pixels": int(one.mask.sum()),
        "degenerate": one.degenerate,
        "test": one.test and _test(one.test),
        "effect": {name: number(value) for name, value in asdict(one.effect).items()},
    }


def _test(test: PixelTest) -> Record:
    return {
        "t": number(test.t),
        "df": number(test.df),
        "p": test.p,
        "d": number(test.d),
        "p_shift": test.p_shift,
        "critical": asdict(test.critical),
        "other": asdict(test.other),
    }


def critical_rows(found: CriticalComparison) -> list[Record]:
    """Make a row of each critical pixel, those for the attack's generation first."""
    return [
        {
            "purpose": one.purpose,
            "row": int(row),
            "column": int(column),
            "value": float(one.values[row, column]),
            "tested": float(one.tested[row, column]),
        }
        for one in (found.generation, found.detection)
        for row, column in np.argwhere(one.mask)
    ]


def critical_arrays(found: CriticalComparison) -> bytes:
    """Write both faces' SHAP values, and each purpose's masks and values, as NPZ."""
    buffer = io.BytesIO()
    named: dict[str, Any] = {"shap.clean": found.clean.map, "shap.attacked": found.attacked.map}
    for one in (found.generation, found.detection):
        name = one.purpose.split()[-1]
        named |= {f"{name}.mask": one.mask, f"{name}.values": one.values, f"{name}.tested": one.tested}
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()
