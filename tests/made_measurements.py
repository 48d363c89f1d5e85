"""Measurements that tests make up, with all keys that a file of them has."""

from __future__ import annotations

import json
from typing import Any

from made_classifier import GOOD

from core.output.value_records import value_record

CONDITION: dict[str, Any] = {
    "condition": "as is",
    "kind": "as is",
    "value": None,
    "auc": 0.9,
    "auc_interval": (0.85, 0.94),
    "called_fake_real": 0.1,
    "called_fake_real_interval": (0.05, 0.2),
    "called_fake_forged": 0.8,
    "called_fake_forged_interval": (0.7, 0.9),
    "n_real": 200,
    "n_forged": 200,
    "no_verdict": 0,
    "no_verdict_share": 0.0,
    "no_verdict_reasons": {},
}
SHARES = {"n": 50, "synthetic": 0.5, "interval": None, "inconclusive": 0.25, "unknown": 0.0}
SIGNATURES: dict[str, Any] = {  # of one kind
    "knn15": {"real": 0.8, "fake": 0.6, "attacked": 1.0},
    "knn15_attacks": {"pgd": 0.9},
    "auc_attacked": 0.97,
    "outside": {"clean": 0.05, "noise": 1.0},
    "n": 60,
    "counts": {"real": 20, "fake": 20, "attacked": 20, "noise": 20},
    "people": 12,
    "no_verdict": 3,
    "detector": "made up",
    "attacks": {"pgd": {"eps": 4 / 255, "steps": 20}},
    "seed": 0,
    "classifiers": {"boosted trees": json.loads(json.dumps(value_record(GOOD)))},
}
