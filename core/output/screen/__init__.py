"""Draw figures for the screen: with Plotly, and scales without it."""

from .band_scale import band_scale
from .colour_maps import boxes_on, colour_bar, colour_map, scale_of, short_number
from .colours import BANDS, COLOURS
from .comparisons import (
    group_histograms,
    group_means,
    pixels_on,
    region_bars,
    regions_on,
    top_pixels,
)
from .detection_scope import detection_scope
from .grouped_bars import GroupedBars
from .impersonation_plots import before_after, impersonation_metrics, similarity_distribution
from .interval_plots import Dot, across_corruptions, dots, reliability
from .number_matrix import NumberMatrix
from .scale_bar import ScaleBar
from .score_plots import robustness, stages, trajectory
from .score_strip import ScoreStrip
from .signature_plane import PresentSignature, SignaturePlane
from .study_boxes import study_boxes
from .study_curves import study_lines
from .study_points import study_points
from .study_roc import study_roc
from .sweep_curves import EpsilonShare, against_epsilon
from .time_line import TimeLine
from .zoom_grid import GridCell, GridColumn, grid_record, sampling

__all__ = [
    "BANDS",
    "COLOURS",
    "Dot",
    "EpsilonShare",
    "GridCell",
    "GridColumn",
    "GroupedBars",
    "NumberMatrix",
    "PresentSignature",
    "ScaleBar",
    "ScoreStrip",
    "SignaturePlane",
    "TimeLine",
    "across_corruptions",
    "against_epsilon",
    "band_scale",
    "before_after",
    "boxes_on",
    "colour_bar",
    "colour_map",
    "detection_scope",
    "dots",
    "grid_record",
    "group_histograms",
    "group_means",
    "impersonation_metrics",
    "pixels_on",
    "region_bars",
    "regions_on",
    "reliability",
    "robustness",
    "sampling",
    "scale_of",
    "short_number",
    "similarity_distribution",
    "stages",
    "study_boxes",
    "study_lines",
    "study_points",
    "study_roc",
    "top_pixels",
    "trajectory",
]
