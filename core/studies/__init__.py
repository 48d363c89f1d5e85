"""Repeat papers' experiments, from data to table."""

from ..registry import import_all
from .base import STUDIES

__all__ = ["STUDIES"]

import_all(f"{__name__}.methods")
