"""Show the pictures of a study with their maps."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.types.study_tables import StudyPanel
from pages.parts.widgets.image_widgets import show_image

COLUMNS = 6  # of a wide screen


def draw_panels(panels: tuple[StudyPanel, ...]) -> None:
    """Draw each picture above its map.

    Side by side, one below the other on a phone. Each map has a scale of its own.
    """
    for start in range(0, len(panels), COLUMNS):
        row = panels[start : start + COLUMNS]
        for column, panel in zip(st.columns(len(row)), row, strict=True):
            with column:
                show_image(panel.image, panel.name, alt=f"Picture: {panel.name}")
                said = ", ".join(panel.lines)
                show_image(screen.colour_map(panel.map, signed=True), said, alt=f"Map of {panel.name}: {said}")
