"""Figures for paper: what is in one, made of results that there are or from files."""

from .figure import Method, Print, Row, kind_of, pairs
from .files import Asked, from_files

__all__ = ["Asked", "Method", "Print", "Row", "from_files", "kind_of", "pairs"]
