"""Say what a face's nearest references are, list them, and show the picked one."""

from __future__ import annotations

import base64
from typing import Any

import streamlit as st

from core.output import screen
from core.output.signature_sentences import WORDS
from core.signatures import KINDS, ReferenceSet
from core.signatures.own_faces import read_face
from core.types import Array, Placement
from pages.parts.session.own_set_jobs import take_out
from pages.parts.session.session import Session
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets.badges import badge
from pages.parts.widgets.encoded_images import png_of
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.picked_table import Kind, PickedTable, show_picked_table
from pages.parts.widgets.tables import csv_button, plain

MAX_ROWS = 200  # rows of the table of selected references


def draw(settings: SignatureSettings, references: ReferenceSet, placement: Placement, name: str) -> None:
    """Draw the table of neighbours; a click on a row picks its reference.

    Args:
        settings: of the page; the pick is kept in them.
        references: a set of them.
        placement: of the face.
        name: "clean" or "attacked".
    """
    near = placement.neighbours
    with_faces = references.pictures is not None
    rows = {
        str(one.index): (
            *([face_uri(references, one.index)] if with_faces else []),
            map_uri(references, one.index),
            WORDS.get(one.kind, one.kind),
            one.attack,
            f"{one.distance:.4f}",
        )
        for one in near
    }

    def pick(index: str) -> None:
        settings.picked = int(index)

    columns = (*(["face"] if with_faces else []), "map", "reference is", "attack", "distance")
    kinds: dict[str, Kind] = {"map": "picture", "distance": "number"}
    if with_faces:
        kinds["face"] = "picture"
    show_picked_table(
        PickedTable(columns, rows, str(settings.picked), kinds=kinds),
        "The nearest references; the one that is picked is ringed on the plane",
        pick,
        key=f"neighbours-{name}",
    )
    st.caption("Click a row or a point: it is shown in both.")


def show_picked(session: Session, references: ReferenceSet, placement: Placement | None, index: int) -> None:
    """Show the map of the picked reference, and what it is.

    Args:
        session: takes a face out of a user's own set.
        references: a set of them.
        placement: of the face; without one there are no neighbours to count.
        index: of the picked reference.
    """
    kind, attack = KINDS[int(references.kinds[index])], references.card.attacks[int(references.attacks[index])]
    near = placement.neighbours if placement else ()
    rank = next((i for i, one in enumerate(near, 1) if one.index == index), None)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.image(
            screen.colour_map(references.thumbnails[index], signed=True),
            width=96,
            output_format="PNG",
            alt=f"Map of reference {index}, a {WORDS.get(kind, kind)} face",
        )
        with st.container(gap=None, width="content"):
            badge(WORDS.get(kind, kind), kind)
            place = "not among the nearest" if rank is None else f"neighbour {rank} of {len(near)}"
            st.caption(f"reference {index}{f', {place}' if placement else ''}  \nattack: {attack}")
        if references.keys is not None:
            _show_own(session, references, index)


def _show_own(session: Session, references: ReferenceSet, index: int) -> None:
    """Show the face of a reference, and a way to take it out."""
    assert references.keys is not None
    name, key = references.card.name, references.keys[index].tobytes().hex()
    if references.pictures is not None:
        st.image(references.pictures[index], width=96, output_format="PNG", alt=f"Face of reference {index}")
    with st.container(gap=None, width="content"):
        with guard():
            if face := read_face(name, key):
                whose = f"person {face.facts.person}" if face.facts.named else "person not named"
                made = f"  \n{plain(face.facts.settings)}" if face.facts.settings else ""
                st.caption(f"{plain(face.facts.source)}  \n{plain(whose)}{made}")
        if st.button("Take out of the set", icon=":material/delete:", disabled=session.busy, key=f"take-out-{key}"):
            take_out(session, name, key)
            st.rerun()


def show_selected(references: ReferenceSet, chosen: list[int]) -> None:
    """List the references that a box or lasso selected."""
    rows: list[dict[str, Any]] = [
        {
            "reference": index,
            "kind": KINDS[int(references.kinds[index])],
            "attack": references.card.attacks[int(references.attacks[index])],
            "x": round(float(references.coordinates[index, 0]), 4),
            "y": round(float(references.coordinates[index, 1]), 4),
        }
        for index in chosen
    ]
    counts = ", ".join(f"{sum(row['kind'] == kind for row in rows)} {WORDS.get(kind, kind)}" for kind in KINDS)
    with st.expander(f"{len(rows)} reference{'s' * (len(rows) != 1)} selected: {counts}", expanded=True):
        drawn = [
            {"map": map_uri(references, row["reference"]), **row, "kind": WORDS.get(row["kind"], row["kind"])}
            for row in rows[:MAX_ROWS]
        ]
        st.dataframe(drawn, hide_index=True, column_config={"map": st.column_config.ImageColumn("map", width="small")})
        if len(rows) > MAX_ROWS:
            st.caption(f"The first {MAX_ROWS} are shown; the CSV has them all.")
        csv_button("Selected references as CSV", rows, "references.csv", key="references-csv")


def map_uri(references: ReferenceSet, index: int) -> str:
    """Return a reference's map as the address of a picture."""
    return _uri(screen.colour_map(references.thumbnails[index], signed=True))


def face_uri(references: ReferenceSet, index: int) -> str:
    """Return the face of a reference as the address of a picture."""
    assert references.pictures is not None
    return _uri(references.pictures[index])


def _uri(picture: Array) -> str:
    return f"data:image/png;base64,{base64.b64encode(png_of(picture, longest=None)).decode()}"
