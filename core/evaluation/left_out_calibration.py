"""Judge media by calibrations that their people had no part in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..detectors import Detector
from ..detectors.calibration.fit import calibrate
from ..types import InputError
from ..types.calibration import Calibration
from .fold_judges import source_groups


def left_out_judges(
    detector: Detector, media: Iterable[Path], people: Mapping[str, str] | None = None
) -> dict[str, Detector]:
    """Map each calibrated source to the detector, calibrated anew without its people.

    Sources that one medium shows together, as 183_253.mp4 does, are left out together, and so are all of a person's.
    Rejection limits and the cut for faces out of distribution, which know no label, stay.

    Args:
        detector: calibrated, with the rows of its calibration.
        media: whose sources are looked for.
        people: sources to people, where they are known.

    Raises `InputError` where no medium took part in the calibration.
    """
    known = detector.calibration
    if known is None or known.rows is None:
        raise InputError(f"{detector.name} has no calibration with its faces, from which people could be left out")
    groups = source_groups(media, people)
    calibrated = set(known.rows.group)
    judges: dict[str, Detector] = {}
    for group in groups:
        if group & calibrated:
            judges |= dict.fromkeys(group, replace(detector, calibration=_without(known, group)))
    if not judges:
        raise InputError(f"none of these media took part in the calibration of {detector.name}")
    return judges


def _without(known: Calibration, sources: set[str]) -> Calibration:
    rows = known.rows
    assert rows is not None
    kept = np.asarray([group not in sources for group in rows.group])
    margins, labels, groups = (np.asarray(column)[kept] for column in (rows.margin, rows.label, rows.group))
    found = calibrate(margins, labels, groups, method=known.map.method, risk=known.bands.risk, data=known.data)
    return replace(found, limits=known.limits, ood=known.ood)
