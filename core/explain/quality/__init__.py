"""Measure the quality of attribution maps, one metric a file."""

from .quality_metrics import evaluate_attributions, random_baseline

__all__ = [
    "evaluate_attributions",
    "random_baseline",
]
