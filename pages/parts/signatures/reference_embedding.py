"""Draw the plane of reference signatures; a click on a point picks it."""

from __future__ import annotations

from core.output import screen
from core.signatures import KINDS, ReferenceSet
from core.signatures.own_sets import COMPONENTS
from core.types import Placement
from pages.parts.session.page_state import widget_value
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets.reference_plane import show_plane

KEY = "plane"
Present = list[screen.PresentSignature]


def draw(settings: SignatureSettings, references: ReferenceSet, present: Present, chosen: Placement) -> None:
    """Draw the plane, neighbours ringed.

    Args:
        settings: of the page; what is picked and selected is kept in them.
        references: a set of them.
        present: each signature of the face.
        chosen: the placement whose neighbours are ringed.
    """
    _show(
        settings,
        _plane(settings, references, present, [near.index for near in chosen.neighbours]),
        f"Reference signatures on a plane made by {_made_by(references)}, with the face in focus",
    )


def draw_alone(settings: SignatureSettings, references: ReferenceSet) -> None:
    """Draw the plane before a face is placed on it."""
    alt = f"Reference signatures on a plane made by {_made_by(references)}: real, forged and attacked faces"
    _show(settings, _plane(settings, references, [], []), alt)


def _made_by(references: ReferenceSet) -> str:
    return COMPONENTS if references.card.plane == COMPONENTS else "UMAP"


def _show(settings: SignatureSettings, plane: screen.SignaturePlane, alt: str) -> None:
    def picked() -> None:
        index = widget_value(KEY).picked
        if index is not None and 0 <= int(index) < len(plane.places):
            settings.picked = int(index)

    def selected() -> None:
        indices = widget_value(KEY).selected or []
        settings.selected = [int(index) for index in indices if 0 <= int(index) < len(plane.places)]

    show_plane(plane, alt, picked=picked, selected=selected, key=KEY)


def _plane(
    settings: SignatureSettings, references: ReferenceSet, present: Present, marked: list[int]
) -> screen.SignaturePlane:
    drawn = references.coordinates, references.kinds, references.attacks, KINDS, references.card.attacks
    return screen.SignaturePlane(*drawn, present, marked, settings.picked, settings.selected)
