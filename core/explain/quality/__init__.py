"""Measure the quality of attribution maps, one metric a file."""

from .quality_metrics import by_chance, strip

__all__ = [
    "by_chance",
    "strip",
]
