"""Draw the plane of reference signatures; a click on a point picks it."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from core.output import screen
from core.signatures import KINDS, ReferenceSet
from core.types import Placement
from pages.parts.session.page_state import widget_value
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets.chart_widgets import show_kept_chart

KEY = "plane"
ALONE = 460  # pixels of its height: above the fold of a projector, under sentence and button
Present = list[tuple[str, str, tuple[float, float]]]


def draw(settings: SignatureSettings, references: ReferenceSet, present: Present, chosen: Placement) -> list[int]:
    """Draw the plane, neighbours ringed; return references selected by a lasso.

    Args:
        settings: of the page; the pick is kept in them.
        references: a set of them.
        present: name, kind and coordinates of each signature of the face.
        chosen: the placement whose neighbours are ringed.
    """
    figure = _figure(references, present, [near.index for near in chosen.neighbours], settings.picked)

    def picked() -> None:
        if len(found := _references(widget_value(KEY))) == 1:
            settings.pick(found[0])

    event = st.plotly_chart(
        figure,
        on_select=picked,
        selection_mode=("points", "box", "lasso"),
        key=KEY,
        alt="Reference signatures on a plane made by UMAP, with the face in focus",
    )
    found = _references(event)
    return found if len(found) > 1 else []


def draw_alone(references: ReferenceSet) -> None:
    """Draw the plane before a face is placed on it."""
    show_kept_chart(
        references.card.sha256,
        lambda: _figure(references, [], [], None).update_layout(height=ALONE),
        "Reference signatures on a plane made by UMAP: real, forged and attacked faces",
        key="plane-alone",
    )


def _figure(references: ReferenceSet, present: Present, marked: list[int], picked: int | None) -> go.Figure:
    figure = screen.embedding(
        references.coordinates,
        [KINDS[int(kind)] for kind in references.kinds],
        [references.card.attacks[int(attack)] for attack in references.attacks],
        present,
        marked=marked,
        picked=picked,
    )
    return figure.update_annotations(standoff=12).update_yaxes(showgrid=False).update_xaxes(showgrid=False)


def _references(event: object) -> list[int]:
    """Read the indices of the selected references, each once."""
    points = event["selection"]["points"]  # type: ignore[index]
    return list(dict.fromkeys(int(data[0]) for point in points if (data := point.get("customdata"))))
