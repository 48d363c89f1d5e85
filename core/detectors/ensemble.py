"""Compare several detectors, and combine their verdicts into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..metrics.intervals import bootstrap, wilson
from ..metrics.roc import auc
from ..types import Array, InputError, JudgedFace, Verdict
from ..types.calibration import Calibration, CalibrationFaces
from ..types.ensemble_metrics import PairAgreement, RuleErrors, StackMetrics
from ..types.verdicts import OUTPUTS

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

RULES = {
    "DD1": "one detector alone: the first of those chosen",
    "DD2": "manipulated as soon as one detector says so",
    "DD3": "a stacked ensemble: a model trained on the detectors' scores and the sharpness of the crop",
}
MIN_FACES = 40  # faces that all detectors judged, below which no stack is trained


@dataclass(frozen=True, slots=True)
class EnsembleVerdict:
    """Hold one verdict of several detectors.

    `label` by the rule, `p_fake` where the rule gives one, and the reason in words.
    """

    rule: str
    label: str
    p_fake: float | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Hold a trained DD3.

    names: its detectors; their margins, in this order, and the sharpness are its inputs.
    measured: its metrics on held-out faces.
    """

    names: tuple[str, ...]
    model: Pipeline
    measured: StackMetrics

    def p_fake(self, verdicts: Sequence[Verdict], sharpness: float) -> float:
        """Return the stack's probability of "fake" under balanced classes."""
        row = np.asarray([[*(verdict.margin for verdict in verdicts), sharpness]])
        return float(self.probabilities(row)[0])

    def probabilities(self, scores: Array) -> Array:
        """Return p(fake), (N,), of (N, D + 1) margins and sharpness."""
        found: Array = self.model.predict_proba(scores)[:, 1]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class DetectorComparison:
    """Hold faces judged by several detectors.

    rows: one a face, in the order of `names` and `versions`.
    stack: DD3 for these detectors; None where none can be trained, and `no_stack` says why.
    """

    names: tuple[str, ...]
    versions: tuple[str, ...]
    rows: list[list[JudgedFace]]
    stack: Stack | None
    no_stack: str | None = None


def combine(
    rule: str, verdicts: Sequence[Verdict], *, stack: Stack | None = None, sharpness: float = 0.0
) -> EnsembleVerdict:
    """Combine verdicts by a rule of `RULES`.

    Args:
        rule: "DD1", "DD2" or "DD3".
        verdicts: one a detector, on the same face.
        stack: trained for these detectors; for DD3.
        sharpness: of the crop; for DD3.

    Source: Tariq et al. 2022, section 5 and figure 5: DD1 single, DD2 "if all real", DD3 stacking. Differs: DD3 reads
    scores and the crop's sharpness, quadratically, not the image itself.
    """
    if rule not in RULES or not verdicts:
        raise InputError(f"detectors are joined by one of {', '.join(RULES)}; what came is {rule!r}")
    if rule == "DD1":
        first = verdicts[0]
        return EnsembleVerdict(rule, first.label, first.p_fake, f"{first.detector} says {OUTPUTS[first.label]}")
    if rule == "DD2":
        fakes = [verdict.detector for verdict in verdicts if verdict.label == "fake"]
        agreed = f"all {len(verdicts)} say {OUTPUTS['real']}"
        reason = f"larger output “{OUTPUTS['fake']}” by {', '.join(fakes)}" if fakes else agreed
        return EnsembleVerdict(rule, "fake" if fakes else "real", None, reason)
    if stack is None:
        raise InputError("DD3 wants a stack that was trained for these detectors")
    p_fake = stack.p_fake(verdicts, sharpness)
    return EnsembleVerdict(
        rule, "fake" if p_fake > 0.5 else "real", p_fake, f"the stack gives {p_fake:.0%} of “manipulated”"
    )


def agreement(verdicts: Sequence[Verdict]) -> float:
    """Return the share of pairs of detectors with equal labels.

    1 for one detector.
    """
    pairs = list(combinations(verdicts, 2))
    return float(np.mean([a.label == b.label for a, b in pairs])) if pairs else 1.0


def combine_by_rules(
    found: DetectorComparison, row: Sequence[JudgedFace], *, sharpness: float
) -> dict[str, EnsembleVerdict]:
    """Combine the verdicts on a face by each rule that can.

    Args:
        found: the comparison.
        row: the face, judged by each detector.
        sharpness: of its crop.
    """
    verdicts = [judged.verdict for judged in row if judged.verdict]
    fewest = {"DD1": 1 if row[0].verdict else len(row) + 1, "DD2": 1, "DD3": len(row)}
    rules = [rule for rule in RULES if len(verdicts) >= fewest[rule] and (rule != "DD3" or found.stack)]
    return {rule: combine(rule, verdicts, stack=found.stack, sharpness=sharpness) for rule in rules}


def agreement_of_pairs(found: DetectorComparison) -> list[PairAgreement]:
    """Compare each pair of detectors over the faces that all judged.

    Nothing for fewer than two faces or detectors.
    """
    rows = [[judged.verdict for judged in row if judged.verdict] for row in found.rows]
    whole = [row for row in rows if len(row) == len(found.names)]
    return disagreements(whole) if len(found.names) > 1 and len(whole) > 1 else []


def disagreements(rows: Sequence[Sequence[Verdict]]) -> list[PairAgreement]:
    """Compute, for each pair of detectors, the share of equal labels and Cohen's kappa.

    `rows`: one a face, with the verdicts of the same detectors. Kappa is None where undefined.
    """
    from sklearn.metrics import cohen_kappa_score

    out = []
    for a, b in combinations(range(len(rows[0]) if rows else 0), 2):
        first, second = ([row[k].label == "fake" for row in rows] for k in (a, b))
        same = int(np.sum(np.equal(first, second)))
        varied = len(set(first) | set(second)) > 1
        out.append(
            PairAgreement(
                first=rows[0][a].detector,
                second=rows[0][b].detector,
                same=same / len(rows),
                n=len(rows),
                same_interval=wilson(same, len(rows)),
                kappa=float(cohen_kappa_score(first, second)) if varied else None,
            )
        )
    return out


def train_stack(calibrations: Mapping[str, Calibration | None]) -> Stack:
    """Train DD3 on the margins stored with the detectors' calibrations on the same faces.

    Evaluated by five folds over the sources; DD1 (the first) and DD2 are evaluated on the same faces. Raises
    `InputError` naming the detectors that were not calibrated, or when too few faces were judged by all.
    """
    names = tuple(calibrations)
    faces = {name: found.rows for name, found in calibrations.items() if found and found.rows}
    if lacking := [name for name in names if name not in faces]:
        raise InputError(
            "DD3 is trained on the faces that the detectors were calibrated on; "
            f"not calibrated: {', '.join(lacking)} "
            "(calibrate them on one folder: python -m core calibrate NAME --data DIR)"
        )
    tables = [*map(_table, faces.values())]
    common = sorted(set.intersection(*(set(table) for table in tables)))
    labels = np.asarray([tables[0][key][1] for key in common])
    if len(common) < MIN_FACES or len(set(labels.tolist())) < 2:
        raise InputError(
            f"DD3 needs {MIN_FACES} faces, real and forged, that all of {', '.join(names)} were calibrated on; "
            f"there are {len(common)}: calibrate them on the same folder"
        )
    margins = np.asarray([[table[key][0] for table in tables] for key in common])
    sharpness = np.asarray([tables[0][key][3] for key in common])
    groups = np.asarray([tables[0][key][2] for key in common])
    x = np.c_[margins, sharpness]
    held_out = np.zeros(len(x))
    from sklearn.model_selection import GroupKFold

    for rest, held in GroupKFold(min(5, len(set(groups.tolist())))).split(x, labels, groups):
        held_out[held] = _model().fit(x[rest], labels[rest]).predict_proba(x[held])[:, 1]
    real, fake = held_out[labels == 0], held_out[labels == 1]
    stacked = replace(_rates(held_out > 0.5, labels), auc=auc(real, fake), auc_interval=bootstrap(auc, real, fake))
    measured = StackMetrics(
        n=len(common),
        rules={"DD1": _rates(margins[:, 0] > 0, labels), "DD2": _rates(margins.max(1) > 0, labels), "DD3": stacked},
        single={n: auc(m[labels == 0], m[labels == 1]) for n, m in zip(names, margins.T, strict=True)},
    )
    return Stack(names, _model().fit(x, labels), measured)


def fit_stack(scores: Array, labels: Array) -> Pipeline:
    """Fit DD3's model on given scores, without measuring it.

    `scores`: (N, D + 1) margins of D detectors and sharpness; `labels`: (N,) 1 where fake, of both classes.
    """
    found: Pipeline = _model().fit(scores, labels)
    return found


def _model() -> Pipeline:
    # Here: one detector alone is judged without scikit-learn.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    logistic = LogisticRegression(C=0.3, class_weight="balanced", max_iter=2000)
    return make_pipeline(StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler(), logistic)


def _table(rows: CalibrationFaces) -> dict[str, tuple[float, int, str, float]]:
    return dict(zip(rows.id, zip(rows.margin, rows.label, rows.group, rows.sharpness, strict=True), strict=True))


def _rates(called_fake: Array, labels: Array) -> RuleErrors:
    """Compute both error rates and balanced accuracy."""
    wrong = [int((called_fake[labels == k] != k).sum()) for k in (0, 1)]
    total = [int((labels == k).sum()) for k in (0, 1)]
    real, fake = (k / n for k, n in zip(wrong, total, strict=True))
    intervals = [wilson(k, n) for k, n in zip(wrong, total, strict=True)]
    return RuleErrors(real, intervals[0], fake, intervals[1], balanced_accuracy=1 - (real + fake) / 2)
