"""Explanations of a verdict: importing this package registers them all."""

from . import gradient, guided, integrated, relevance, shapley, smooth, spatial
from .base import EXPLAINERS, REDUCER, is_signed, quick, run, run_all

__all__ = [
    "EXPLAINERS",
    "REDUCER",
    "gradient",
    "guided",
    "integrated",
    "is_signed",
    "quick",
    "relevance",
    "run",
    "run_all",
    "shapley",
    "smooth",
    "spatial",
]
