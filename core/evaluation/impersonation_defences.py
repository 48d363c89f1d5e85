"""Measure what deepfake detectors in front of a recogniser save and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..detectors import Detector
from ..detectors.ensemble import RULES, Stack, combine, train_stack
from ..faces.rejection import sharpness
from ..progress import NO_PROGRESS, Progress
from ..types import InputError
from ..types.recognition import FaceCrop
from .impersonation_metrics import ImpersonationRow, Rate, by_person, rate_by_person


@dataclass(frozen=True, slots=True)
class Defence:
    """Hold what one defence does.

    rule: DD1, DD2 or DD3; detectors: their names.
    accuracy: share of fakes called fake and real photos called real.
    before, after: TA and NA without it and with it.
    real_refused: share of the real photos that are called fake, and so refused.
    by_kind: after, by kind of fake.
    reason: why it cannot be measured; the numbers are then of nothing.
    """

    rule: str
    detectors: tuple[str, ...]
    accuracy: Rate
    before: Mapping[str, Rate]
    after: Mapping[str, Rate]
    real_refused: Rate
    by_kind: Mapping[str, Mapping[str, Rate]]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RealPhoto:
    """Hold what a recogniser says of a real photo.

    predicted: whom it is recognised as, itself left out of the gallery.
    """

    person: str
    photo: str
    predicted: str | None


NOTHING = Rate(None, None, 0)


def called_fake(
    crops: Sequence[FaceCrop], detectors: Sequence[Detector], *, progress: Progress = NO_PROGRESS
) -> dict[str, list[bool]]:
    """Say of each face whether DD1, DD2 and DD3 call it fake.

    A rule that cannot be had is missing.

    Args:
        crops: faces.
        detectors: the first alone is DD1, all are DD2 and DD3.
        progress: told each face.
    """
    stack, _ = stack_of(detectors)
    rules = [rule for rule in RULES if rule != "DD3" or stack]
    found: dict[str, list[bool]] = {rule: [] for rule in rules}
    for crop in progress.each(crops, "Judging by the deepfake detectors, faces"):
        verdicts = [detector.verdict(crop.image) for detector in detectors]
        sharp = sharpness(crop.image)
        for rule in rules:
            found[rule].append(combine(rule, verdicts, stack=stack, sharpness=sharp).label == "fake")
    return found


def stack_of(detectors: Sequence[Detector]) -> tuple[Stack | None, str | None]:
    """Train DD3 for these detectors; None where it cannot be, with the reason."""
    try:
        return train_stack({detector.name: detector.calibration for detector in detectors}), None
    except InputError as error:
        return None, str(error)


def measure_defences(
    rows: Sequence[ImpersonationRow],
    fakes_called: Mapping[str, Sequence[bool]],
    real: Sequence[RealPhoto],
    real_called: Mapping[str, Sequence[bool]],
    detectors: Sequence[str],
    *,
    missing: str | None = None,
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
        found.append(Defence(rule, names, accuracy, _success(rows, None), after, cost, by_kind))
    return found


def _success(rows: Sequence[ImpersonationRow], caught: Mapping[int, bool] | None) -> dict[str, Rate]:
    def passes(row: ImpersonationRow) -> bool:
        return caught is None or not caught[id(row)]

    return {
        "TA": rate_by_person(by_person(rows, lambda row: row.targeted and passes(row))),
        "NA": rate_by_person(by_person(rows, lambda row: row.non_targeted and passes(row))),
    }
