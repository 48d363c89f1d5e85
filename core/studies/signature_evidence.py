"""Test what Deep SHAP signatures tell: critical pixels, and attacked or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import ttest_ind
from sklearn.metrics import roc_auc_score

from ..signatures.attack_classifiers import LOGISTIC, attacked_scores
from ..types import Array

SHARE = 0.05  # of the pixels that are critical


@dataclass(frozen=True, slots=True)
class CriticalTest:
    """Hold Welch's t-test of critical pixels against the others, by mean absolute value.

    critical, other: means; t, p: two-sided, p 0 below 1e-308; pixels: how many are critical.
    """

    critical: float
    other: float
    t: float
    p: float
    pixels: int


def critical_mask(values: Array) -> Array:
    """Mask (P,) the 5 % of pixels with the largest mean absolute values of (n, P)."""
    mean = np.abs(values).mean(0)
    mask = np.zeros(mean.shape, bool)
    mask[np.argsort(-mean, kind="stable")[: max(2, round(SHARE * len(mean)))]] = True
    return mask


def compare_mask(values: Array, mask: Array) -> CriticalTest:
    """Test the mean absolute values (n, P) of pixels inside a mask against those outside."""
    mean = np.abs(values).mean(0, dtype=np.float64)  # in float32 a p below 1e-38 would be 0
    found = ttest_ind(mean[mask], mean[~mask], equal_var=False)
    return CriticalTest(
        float(mean[mask].mean()),
        float(mean[~mask].mean()),
        float(found.statistic),
        float(found.pvalue),
        int(mask.sum()),
    )


def attacked_or_not(clean: Array, attacked: Array) -> tuple[float, float]:
    """Return accuracy and AUC of telling attacked signatures (n, P) from clean ones.

    Logistic regression, cross-validated so that both versions of a digit are in one fold.
    """
    x, y = np.concatenate([clean, attacked]), np.repeat([0, 1], [len(clean), len(attacked)])
    digit = np.concatenate([np.arange(len(clean)), np.arange(len(attacked)) % len(clean)])
    scores = attacked_scores(x, y, digit, classifier=LOGISTIC)
    return float(((scores > 0.5) == y).mean()), float(roc_auc_score(y, scores))
