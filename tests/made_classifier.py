"""Error rates of a classifier of signatures, made up."""

from __future__ import annotations

from core.types.classifier_metrics import ClassifierMetrics

GOOD = ClassifierMetrics(
    classifier="boosted trees",
    threshold=0.5,
    auc=0.93,
    auc_interval=(0.92, 0.94),
    found=0.78,
    found_interval=(0.74, 0.81),
    alarms=0.08,
    alarms_interval=(0.07, 0.1),
    attack_named=0.97,
    attack_named_interval=(0.95, 0.98),
    confusion={
        "none": {"none": 368, "pgd": 0, "fgsm": 32},
        "pgd": {"none": 0, "pgd": 100, "fgsm": 0},
        "fgsm": {"none": 44, "pgd": 0, "fgsm": 56},
    },
    roc=((0.0, 0.0), (0.08, 0.78), (1.0, 1.0)),
    n=600,
    people=200,
)
