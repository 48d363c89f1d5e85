"""Show a grid of maps that zoom and pan in step."""

from __future__ import annotations

from collections.abc import Sequence

from core.output import screen
from pages.parts.widgets.media_files import MediaFiles
from pages.parts.widgets.own_component import own_component

_GRID = own_component("grid", "linked_pictures", "linked_grid")


def show_linked_grid(
    columns: Sequence[screen.GridColumn],
    rows: Sequence[str],
    *,
    across: int,
    strength: float,
    every_bar: bool,
    key: str,
) -> None:
    """Show maps in a grid; their values stand beside the pointer.

    Args:
        columns: of the grid.
        rows: names.
        across: columns side by side; the others go below.
        strength: of the maps over the face in [0, 1].
        every_bar: a colour bar under each map, else under the last of those that share one.
        key: tells the place from others of the page.
    """
    served = MediaFiles(key)
    data = screen.grid_record(
        columns, rows, across=across, strength=strength, every_bar=every_bar, address=served.address
    )
    _GRID(key=key, data=data)
