"""Show the pictures of a study with their maps."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.types.study_tables import StudyPanel, panels_by_method
from pages.parts.widgets.image_widgets import show_image

COLUMNS = 6  # of a wide screen


def draw_panels(panels: tuple[StudyPanel, ...]) -> None:
    """Draw each picture above its maps, one row for each method.

    Side by side, one below the other on a phone. Each map has a scale of its own.
    """
    groups = panels_by_method(panels)
    first = next(iter(groups.values()))
    for start in range(0, len(first), COLUMNS):
        row = first[start : start + COLUMNS]
        for column, panel in zip(st.columns(len(row)), row, strict=True):
            with column:
                show_image(panel.image, panel.name, alt=f"Picture: {panel.name}")
                if len(groups) == 1:
                    _draw_map(panel, ", ".join(panel.lines))
        if len(groups) > 1:
            for method, own in groups.items():
                for column, panel in zip(st.columns(len(row)), own[start : start + COLUMNS], strict=True):
                    with column:
                        _draw_map(panel, method)


def _draw_map(panel: StudyPanel, said: str) -> None:
    show_image(screen.colour_map(panel.map, signed=panel.signed), said, alt=f"Map of {panel.name}: {said}")
