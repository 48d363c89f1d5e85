"""Explanations of a verdict: importing this package registers them all."""

from . import gradient, relevance, shapley
from .base import EXPLAINERS, run

__all__ = ["EXPLAINERS", "gradient", "relevance", "run", "shapley"]
