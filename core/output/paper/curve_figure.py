"""Draw ROC curves for paper, a panel a map."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from ..screen.study_roc import ACROSS, Curve
from ..screen.sweep_curves import INKS

STYLES = ("-", "--", ":", "-.", (0, (6, 1)), (0, (3, 1, 1, 1, 1, 1)))  # Matplotlib's
PANEL, LEGEND = 55.0, 6.0  # millimetres: a panel's side, and a row of the legend
NAMES = 2  # of attacks under a panel


def curves_file(
    panels: Mapping[str, Mapping[str, Curve]], *, title: str, record: Mapping[str, Any], dpi: int = 300
) -> bytes:
    """Draw ROC curves as PNG, with one legend and the areas in each panel.

    Args:
        panels: map -> attack -> its curve.
        title: in the metadata.
        record: settings and where the curves come from; JSON in the metadata.
        dpi: of the picture.
    """
    across = min(ACROSS, len(panels))
    down = -(-len(panels) // across)
    attacks = {attack for curves in panels.values() for attack in curves}
    legend = -(-len(attacks) // (NAMES * across))
    figure = Figure(figsize=(across * PANEL / 25.4, (down * PANEL + legend * LEGEND) / 25.4), layout="constrained")
    lines: dict[str, Any] = {}
    for place, (name, curves) in enumerate(panels.items()):
        axes = figure.add_subplot(down, across, place + 1)
        axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.5)
        for number, (attack, (_, points)) in enumerate(curves.items()):
            ink, style = INKS[number % len(INKS)], STYLES[number % len(STYLES)]
            x, y = [point[0] for point in points], [point[1] for point in points]
            (lines[attack],) = axes.plot(x, y, color=ink, linestyle=style, linewidth=1)
        areas = "\n".join(f"{attack} {area:.3f}" for attack, (area, _) in curves.items())
        axes.text(0.97, 0.04, areas, ha="right", va="bottom", fontsize=5, transform=axes.transAxes)
        axes.set_title(name, fontsize=7)
        axes.set_xlabel("false alarms", fontsize=6)
        axes.set_ylabel("found", fontsize=6)
        axes.tick_params(labelsize=6)
    figure.legend(
        lines.values(), lines.keys(), fontsize=6, frameon=False, loc="outside lower center", ncols=NAMES * across
    )
    about = {"Title": title, "Description": json.dumps(record, sort_keys=True), "Software": "Prosopon"}
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata=about)
    return buffer.getvalue()
