"""Measurements that tests make up, with all keys that a file of them has."""

from __future__ import annotations

from typing import Any

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
