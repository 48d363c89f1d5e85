"""Pictures of results: colour maps and overlays, Plotly for the screen, Matplotlib for paper; no computing."""

from .colours import BANDS, COLOURS, SYMBOLS, Bands
from .maps import boxes_on, colour_bar, colour_map, overlay, scale_of
from .paper import grid_pdf, npy_bytes
from .scores import course, strip, survival, time_line
from .statistics import Dot, dots, over, plane, reliability

__all__ = [
    "BANDS",
    "COLOURS",
    "SYMBOLS",
    "Bands",
    "Dot",
    "boxes_on",
    "colour_bar",
    "colour_map",
    "course",
    "dots",
    "grid_pdf",
    "npy_bytes",
    "over",
    "overlay",
    "plane",
    "reliability",
    "scale_of",
    "strip",
    "survival",
    "time_line",
]
