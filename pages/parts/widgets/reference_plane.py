"""Show signatures on a plane that zooms, pans and is picked from."""

from __future__ import annotations

from collections.abc import Callable

from core.output import screen
from pages.parts.widgets.media_files import MediaFiles
from pages.parts.widgets.own_component import own_component

_PLANE = own_component("plane", "linked_pictures", "tip", "reference_plane")


def show_plane(
    plane: screen.SignaturePlane,
    alt: str,
    *,
    picked: Callable[[], None],
    selected: Callable[[], None],
    key: str,
) -> None:
    """Show signatures on a plane; the browser fetches the references once.

    Args:
        plane: what is drawn.
        alt: what it shows, in words.
        picked: is called when a reference was clicked; the state at `key` then has its index as `picked`.
        selected: is called when a lasso was closed; the state at `key` then has the indices inside as `selected`.
        key: tells the place from others of the page.
    """
    data = plane.record() | {"alt": alt, "url": MediaFiles(key).address(plane.points())}
    _PLANE(key=key, data=data, on_picked_change=picked, on_selected_change=selected)
