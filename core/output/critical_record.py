"""Record the critical pixels of an attack: their tests, effects and values."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from ..types import Face
from ..types.critical_results import CriticalComparison, CriticalPixels, PixelTest
from .records import Record, face_record, number


def critical_record(found: CriticalComparison, *, face: Face, detector: str, source: str, seed: int | None) -> Record:
    """Record critical pixels for both purposes, with their tests and effects.

    Args:
        found: of a face and its attacked version.
        face: the clean one.
        detector: its version.
        source: where the method comes from.
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
        "source": source,
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
