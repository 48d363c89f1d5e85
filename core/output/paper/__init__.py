"""Draw figures for paper with Matplotlib."""

from .curve_figure import curves_file
from .map_figure import PaperFace, PaperMaps, grid_file, npy_bytes, paper_grid
from .page_layout import PaperLayout
from .point_figure import points_file

__all__ = [
    "PaperFace",
    "PaperLayout",
    "PaperMaps",
    "curves_file",
    "grid_file",
    "npy_bytes",
    "paper_grid",
    "points_file",
]
