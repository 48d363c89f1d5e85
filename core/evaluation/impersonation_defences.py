"""Measure what deepfake detectors in front of a recogniser save and cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..detectors import Detector
from ..detectors.ensemble import RULES, Stack, combine, train_stack
from ..faces.rejection import sharpness
from ..progress import NO_PROGRESS, Progress
from ..types import InputError
from ..types.impersonation_result import Defence, ImpersonationRow, Rate, RealPhoto
from ..types.recognition import FaceCrop
from .impersonation_metrics import by_person, rate_by_person
from .stack_folds import held_out_calls


@dataclass(frozen=True, slots=True, eq=False)
class DefenceCalls:
    """Hold which faces each rule calls fake.

    called: by rule; a rule that cannot be had is missing.
    missing: why DD3 is missing.
    fitted_on: what DD3's stack was fitted on.
    """

    called: Mapping[str, Sequence[bool]]
    missing: str | None = None
    fitted_on: str | None = None


NOTHING = Rate(None, None, 0)
ON_CALIBRATION = "the faces that all detectors were calibrated on"
IN_FOLDS = "this bench's own faces, in folds by person: each is judged by a stack that saw nobody shown in it"


def called_fake(
    crops: Sequence[FaceCrop],
    fake: Sequence[bool],
    people: Sequence[Collection[str]],
    detectors: Sequence[Detector],
    *,
    progress: Progress = NO_PROGRESS,
) -> DefenceCalls:
    """Say of each face whether DD1, DD2 and DD3 call it fake.

    DD3 is the stack of the detectors' calibrations where these share faces; else it is fitted on these faces, in folds
    by person.

    Args:
        crops: (N,) faces.
        fake: (N,) whether each is a fake.
        people: (N,) the names of everybody in each.
        detectors: the first alone is DD1, all are DD2 and DD3.
        progress: told each face.
    """
    judged = [
        [detector.verdict(crop.image) for detector in detectors]
        for crop in progress.each(crops, "Judging by the deepfake detectors, faces")
    ]
    called = {rule: [combine(rule, verdicts).label == "fake" for verdicts in judged] for rule in RULES if rule != "DD3"}
    scores = np.asarray(
        [
            [*(verdict.margin for verdict in verdicts), sharpness(crop.image)]
            for crop, verdicts in zip(crops, judged, strict=True)
        ]
    )
    stack = stack_of(detectors)
    if stack:
        called["DD3"] = [bool(p > 0.5) for p in stack.probabilities(scores)]
        return DefenceCalls(called, fitted_on=ON_CALIBRATION)
    try:
        called["DD3"] = held_out_calls(scores, fake, people)
    except InputError as error:
        return DefenceCalls(called, missing=str(error))
    return DefenceCalls(called, fitted_on=IN_FOLDS)


def stack_of(detectors: Sequence[Detector]) -> Stack | None:
    """Train DD3 on the detectors' calibrations; None where these share too few faces."""
    try:
        return train_stack({detector.name: detector.calibration for detector in detectors})
    except InputError:
        return None


def measure_defences(
    rows: Sequence[ImpersonationRow],
    fakes_called: Mapping[str, Sequence[bool]],
    real: Sequence[RealPhoto],
    real_called: Mapping[str, Sequence[bool]],
    detectors: Sequence[str],
    *,
    missing: str | None = None,
    fitted_on: str | None = None,
) -> list[Defence]:
    """Compute accuracy, success before and after, and refused real photos, by rule.

    After a defence a fake succeeds only if it is called real as well.

    Args:
        rows: one a fake.
        fakes_called: by rule, whether each of `rows` is called fake.
        real: real photos.
        real_called: by rule, whether each of `real` is called fake.
        detectors: their names.
        missing: why a rule is missing.
        fitted_on: what DD3's stack was fitted on.

    Source: Tariq et al. 2022, section 6, figure 5 and table 2.
    """
    kinds = list(dict.fromkeys(row.kind for row in rows))
    found = []
    for rule in RULES:
        names = tuple(detectors[:1] if rule == "DD1" else detectors)
        if rule not in fakes_called:
            found.append(Defence(rule, names, NOTHING, _success(rows, None), {}, NOTHING, {}, missing))
            continue
        caught = {id(row): called for row, called in zip(rows, fakes_called[rule], strict=True)}
        refused = real_called[rule]
        right: dict[str, list[bool]] = by_person(rows, lambda row, caught=caught: caught[id(row)])  # type: ignore[misc]
        for photo, called in zip(real, refused, strict=True):
            right.setdefault(photo.person, []).append(not called)
        by_photo: dict[str, list[bool]] = {}
        for photo, called in zip(real, refused, strict=True):
            by_photo.setdefault(photo.person, []).append(called)
        by_kind = {kind: _success([row for row in rows if row.kind == kind], caught) for kind in kinds}
        after = _success(rows, caught)
        accuracy, cost = rate_by_person(right), rate_by_person(by_photo)
        fitted = fitted_on if rule == "DD3" else None
        found.append(Defence(rule, names, accuracy, _success(rows, None), after, cost, by_kind, None, fitted))
    return found


def _success(rows: Sequence[ImpersonationRow], caught: Mapping[int, bool] | None) -> dict[str, Rate]:
    def passes(row: ImpersonationRow) -> bool:
        return caught is None or not caught[id(row)]

    return {
        "TA": rate_by_person(by_person(rows, lambda row: row.targeted and passes(row))),
        "NA": rate_by_person(by_person(rows, lambda row: row.non_targeted and passes(row))),
    }
