"""Draw figures for paper with Matplotlib."""

from .map_figure import PaperFace, PaperMaps, grid_file, npy_bytes, paper_grid
from .page_layout import PaperLayout
from .point_figure import points_file

__all__ = [
    "PaperFace",
    "PaperLayout",
    "PaperMaps",
    "grid_file",
    "npy_bytes",
    "paper_grid",
    "points_file",
]
