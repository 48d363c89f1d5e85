"""Pictures of results: colour maps and overlays, Plotly for the screen, Matplotlib for paper; no computing."""

from .colours import BANDS, COLOURS, SYMBOLS, Bands
from .comparison import (
    group_histograms,
    group_means,
    pixels_on,
    region_bars,
    regions_on,
    similarity_matrix,
    top_pixels,
)
from .grid import GridCell, GridColumn, Height, linked_grid, sampling
from .maps import boxes_on, colour_bar, colour_map, overlay, scale_of, short_number
from .paper import PaperFace, PaperMaps, grid_file, npy_bytes, paper_grid
from .scores import course, stages, strip, survival, time_line
from .sheet import PaperLayout
from .statistics import Dot, dots, over, plane, reliability
from .sweeps import EpsilonShare, against_epsilon

__all__ = [
    "BANDS",
    "COLOURS",
    "SYMBOLS",
    "Bands",
    "Dot",
    "EpsilonShare",
    "GridCell",
    "GridColumn",
    "Height",
    "PaperFace",
    "PaperLayout",
    "PaperMaps",
    "against_epsilon",
    "boxes_on",
    "colour_bar",
    "colour_map",
    "course",
    "dots",
    "grid_file",
    "group_histograms",
    "group_means",
    "linked_grid",
    "npy_bytes",
    "over",
    "overlay",
    "paper_grid",
    "pixels_on",
    "plane",
    "region_bars",
    "regions_on",
    "reliability",
    "sampling",
    "scale_of",
    "short_number",
    "similarity_matrix",
    "stages",
    "strip",
    "survival",
    "time_line",
    "top_pixels",
]
