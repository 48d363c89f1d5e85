"""Draw figures for paper with Matplotlib."""

from .map_figure import PaperFace, PaperMaps, grid_file, npy_bytes, paper_grid
from .page_layout import PaperLayout

__all__ = [
    "PaperFace",
    "PaperLayout",
    "PaperMaps",
    "grid_file",
    "npy_bytes",
    "paper_grid",
]
