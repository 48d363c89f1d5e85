"""Draw a study's charts for paper: shares against epsilon, groups, units."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from ...types import Array
from ..screen.comparisons import CHOSEN, OTHERS, SIDES
from ..screen.sweep_curves import INKS
from .point_figure import MARKS

WIDE, HIGH, POINTS = 120.0, 80.0, 7  # millimetres; of type
Lines = Mapping[str, Sequence[tuple[float, float]]]
Groups = Mapping[str, Array]


def lines_file(measured: Lines, printed: Lines, *, said: str, title: str, record: Mapping[str, Any]) -> bytes:
    """Draw shares against epsilon as PNG, the paper's dotted.

    Args:
        measured: attack -> (epsilon, share), both in [0, 1].
        printed: the paper's.
        said: what the shares are.
        title: in the metadata.
        record: settings; JSON in the metadata.
    """
    figure = _figure(HIGH)
    axes = figure.add_subplot()
    for dash, who, lines in (("-", "", measured), (":", ", paper", printed)):
        for number, (name, points) in enumerate(lines.items()):
            ink, mark = INKS[number % len(INKS)], MARKS[number % len(MARKS)]
            x, y = [eps for eps, _ in points], [share for _, share in points]
            face = "none" if who else ink
            axes.plot(x, y, dash, color=ink, marker=mark, ms=3.5, mfc=face, lw=1, label=f"{name}{who}", clip_on=False)
    axes.set_ylim(0, 1)
    _labels(axes, "epsilon, of [0, 1]", said)
    axes.legend(fontsize=POINTS, frameon=False, ncols=2)
    return _png(figure, title, record)


def groups_file(
    halves: Mapping[str, tuple[Groups, Groups, Groups]], edges: Array, *, title: str, record: Mapping[str, Any]
) -> bytes:
    """Draw each half's two groups as PNG: means and histograms.

    Args:
        halves: name -> means, standard deviations and shares by bin, each by group.
        edges: (N + 1,) of the bins.
        title: in the metadata.
        record: settings; JSON in the metadata.
    """
    figure = _figure(HIGH * 1.4)
    for column, (name, (means, spreads, shares)) in enumerate(halves.items()):
        bars = figure.add_subplot(2, len(halves), column + 1)
        values, sizes = [float(one[0]) for one in means.values()], [float(one[0]) for one in spreads.values()]
        bars.bar(list(means), values, yerr=sizes, color=(CHOSEN, OTHERS), width=0.5, error_kw={"lw": 0.8})
        bars.set_title(f"digits: {name}", fontsize=POINTS)
        _labels(bars, "", "mean |SHAP value|")
        below = figure.add_subplot(2, len(halves), len(halves) + column + 1)
        for (group, heights), ink in zip(shares.items(), (CHOSEN, OTHERS), strict=False):
            below.stairs(heights, edges, fill=True, color=ink, alpha=0.65, label=group)
        below.set_yscale("log")
        _labels(below, "mean |SHAP value| of a pixel", "share of its group")
        below.yaxis.set_minor_formatter(NullFormatter())
        below.legend(fontsize=POINTS, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return _png(figure, title, record)


def boxes_file(
    units: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    attack: str,
    title: str,
    record: Mapping[str, Any],
) -> bytes:
    """Draw each unit's quantiles clean and attacked as PNG.

    Args:
        units: name -> 5, 25, 50, 75 and 95 % before and after.
        attack: its name.
        title: in the metadata.
        record: settings; JSON in the metadata.
    """
    figure = _figure(HIGH)
    axes = figure.add_subplot()
    for shift, (who, ink) in zip((-0.18, 0.18), SIDES.items(), strict=True):
        stats = [
            dict(zip(("whislo", "q1", "med", "q3", "whishi"), both[shift > 0], strict=True)) for both in units.values()
        ]
        places = [number + shift for number in range(len(stats))]
        drawn = axes.bxp(stats, places, widths=0.3, showfliers=False, patch_artist=True, medianprops={"color": "black"})
        for box in drawn["boxes"]:
            box.set(facecolor=ink, lw=0.6)
        drawn["boxes"][0].set_label(who if who == "clean" else attack)
    axes.set_xticks(range(len(units)), list(units))
    _labels(axes, "", "activation; boxes: quartiles, whiskers: 5 and 95 %")
    axes.legend(fontsize=POINTS, frameon=False)
    return _png(figure, title, record)


def _figure(high: float) -> Figure:
    return Figure(figsize=(WIDE / 25.4, high / 25.4), layout="constrained")


def _labels(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=POINTS)
    axes.set_ylabel(y, fontsize=POINTS)
    axes.tick_params(labelsize=POINTS)


def _png(figure: Figure, title: str, record: Mapping[str, Any]) -> bytes:
    about = {"Title": title, "Description": json.dumps(record, sort_keys=True), "Software": "Prosopon"}
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=300, metadata=about)
    return buffer.getvalue()
