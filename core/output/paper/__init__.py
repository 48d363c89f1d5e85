"""Draw figures for paper with Matplotlib."""

from .chart_figure import boxes_file, groups_file, lines_file
from .curve_figure import curves_file
from .map_figure import PaperFace, PaperMaps, grid_file, npy_bytes, paper_grid
from .page_layout import PaperLayout
from .point_figure import points_file

__all__ = [
    "PaperFace",
    "PaperLayout",
    "PaperMaps",
    "boxes_file",
    "curves_file",
    "grid_file",
    "groups_file",
    "lines_file",
    "npy_bytes",
    "paper_grid",
    "points_file",
]
