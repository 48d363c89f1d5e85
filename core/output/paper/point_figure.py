"""Draw points of a plane by group for paper."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from ..screen.sweep_curves import ink_and_mark

MARKS, WIDE, HIGH = ("o", "s", "D", "^", "P", "X"), 120.0, 95.0  # Matplotlib's; millimetres


def points_file(
    groups: Mapping[str, Sequence[tuple[float, float]]], *, title: str, record: Mapping[str, Any], dpi: int = 300
) -> bytes:
    """Draw groups of points as PNG, with a legend.

    Each has its colour, mark and count.

    Args:
        groups: name -> places on the plane.
        title: in the metadata.
        record: settings and where the points come from; JSON in the metadata.
        dpi: of the picture.
    """
    figure = Figure(figsize=(WIDE / 25.4, HIGH / 25.4), layout="constrained")
    axes = figure.add_subplot(xticks=[], yticks=[])
    for number, (name, points) in enumerate(groups.items()):
        ink, mark = ink_and_mark(number, MARKS)
        x, y = [point[0] for point in points], [point[1] for point in points]
        axes.scatter(x, y, s=7, color=ink, marker=mark, alpha=0.7, linewidths=0, label=f"{name} ({len(points)})")
    axes.set_xlabel("UMAP 1", fontsize=7)
    axes.set_ylabel("UMAP 2", fontsize=7)
    axes.legend(
        fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2 if len(groups) <= 4 else 4
    )
    about = {"Title": title, "Description": json.dumps(record, sort_keys=True), "Software": "Prosopon"}
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata=about)
    return buffer.getvalue()
