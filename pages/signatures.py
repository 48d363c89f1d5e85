"""Signatures: the face in focus among reference signatures, with its nearest neighbours."""

from __future__ import annotations

import base64
from typing import Any

import streamlit as st

from core import pipeline
from core.media.images import encode_png
from core.output import screen
from core.output.records import signature_record
from core.signatures import KINDS, ReferenceSet
from core.types import JudgedFace, Placement
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.session import Session
from pages.parts.session.signature_places import find_places, stored_place
from pages.parts.widgets.badges import badge
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.tables import csv_button, json_button, plain

ABOUT = "How the verdict came about, compared with known faces: real, forged and attacked."
EVIDENCE = (
    "The evidence is the neighbours' distances in the original space; the plane is an image of it. On the plane, "
    "nearness inside a cluster means something, the distance between clusters does not."
)
MOST = 200  # rows of the table of selected references


def main() -> None:
    """Draw the page."""
    session, judged = begin_page(
        "Signatures", ABOUT, "Choose a file to place a face in it among the references, or begin with a sample:"
    )
    slot = st.empty()
    if judged:
        with guard():
            _placed(session, judged)
    wait(session, slot)


def _placed(session: Session, judged: JudgedFace) -> None:
    bank = pipeline.load_reference_set()
    if bank.card.detector != session.detector_name:
        st.warning(
            f"The references were made with {plain(bank.card.detector)}, so a signature by "
            f"{plain(session.detector_name)} has no place among them. Choose that detector under Detectors.",
            icon=":material/warning:",
        )
        return
    assert judged.verdict
    result = latest_attack(session)
    crops = {"clean": judged.face.crop} | ({"attacked": pipeline.attacked_crop(result)} if result else {})
    places = {name: stored_place(session, crop) for name, crop in crops.items()}
    todo = [crops[name] for name, place in places.items() if place is None]
    label = "Place this face" if places["clean"] is None else "Place the attacked face"
    if todo and st.button(label, type="primary", icon=":material/scatter_plot:", disabled=session.busy):
        find_places(session, todo)
        st.rerun()
    found = {name: place for name, place in places.items() if place is not None}
    if not found:
        st.markdown("Its signature is made from what moved the score, and placed among those of known faces.")
        return
    kinds = {"clean": judged.verdict.label, "attacked": "attacked"}
    alone = {} if result else {"clean": "this face"}  # clean is said only beside its attacked twin
    present = [(alone.get(name, name), kinds[name], placement.xy) for name, placement in found.items()]
    left, right = st.columns([3, 1], gap="medium")
    with right:
        chosen = _neighbours(bank, found)
    with left:
        picked = _plane(bank, present, found[chosen])
        st.caption(EVIDENCE)
        if not result:
            offer_attack()
    _selected(bank, picked)
    records = {name: signature_record(placement) for name, placement in found.items()}
    json_button("Result as JSON", records, "signature.json", key="signature-json")


def _plane(bank: ReferenceSet, present: list[tuple[str, str, tuple[float, float]]], chosen: Placement) -> list[int]:
    kinds = [KINDS[int(kind)] for kind in bank.kinds]
    attacks = [bank.card.attacks[int(attack)] for attack in bank.attacks]
    figure = screen.embedding(bank.coordinates, kinds, attacks, present, marked=[n.index for n in chosen.neighbours])
    figure.update_annotations(standoff=12).update_yaxes(showgrid=False).update_xaxes(showgrid=False)
    event = st.plotly_chart(
        figure,
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        key="plane",
        alt="Reference signatures on a plane made by UMAP, with the face in focus",
    )
    points = [point.get("customdata") for point in event["selection"]["points"]]
    return [int(data[0]) for data in points if data]


def _neighbours(bank: ReferenceSet, found: dict[str, Placement]) -> str:
    names = list(found)
    chosen = (
        names[0]
        if len(names) == 1
        else str(st.segmented_control("Neighbours of the face", names, default=names[-1], required=True))
    )
    placement = found[chosen]
    st.markdown("**Nearest references**" if len(names) == 1 else f"**Nearest references, {chosen} face**")
    st.caption(
        f"{_novelty(placement.novelty)} (novelty {placement.novelty:.2f})",
        help="The nearest distance as a multiple of the median of such distances among the references. Around 1: as "
        "near as they are to each other. Well above 1: unlike anything in the bank, and its neighbours say little.",
    )
    st.caption("Each image is the neighbour's map; the reference faces themselves are not shipped.")
    with st.container(height=430, border=False):
        for rank, near in enumerate(placement.neighbours, 1):
            thumbnail, words = st.columns([2, 3], vertical_alignment="center")
            thumbnail.image(
                screen.colour_map(bank.thumbnails[near.index], signed=True),
                width="stretch",
                output_format="PNG",
                alt=f"Map of reference {near.index}, a {near.kind} face",
            )
            with words.container(gap=None):
                badge(near.kind, near.kind)
                st.caption(f"{rank}: distance {near.distance:.4f}  \nattack: {near.attack}")
    return chosen


def _novelty(novelty: float) -> str:
    if novelty < 1.5:
        return "As near to the references as they are to each other"
    return "Further off than most references" if novelty < 3 else "Unlike anything in the bank"


def _selected(bank: ReferenceSet, picked: list[int]) -> None:
    st.subheader("Selected references", anchor=False)
    if not picked:
        st.caption("Draw a lasso or a box on the plane, or click a point, to list references here.")
        return
    rows: list[dict[str, Any]] = [
        {
            "reference": index,
            "kind": KINDS[int(bank.kinds[index])],
            "attack": bank.card.attacks[int(bank.attacks[index])],
            "x": round(float(bank.coordinates[index, 0]), 4),
            "y": round(float(bank.coordinates[index, 1]), 4),
        }
        for index in picked
    ]
    counts = ", ".join(f"{sum(row['kind'] == kind for row in rows)} {kind}" for kind in KINDS)
    st.caption(f"{len(rows)} selected: {counts}.")
    drawn = [{**row, "map": _data_uri(bank, row["reference"])} for row in rows[:MOST]]
    st.dataframe(drawn, hide_index=True, column_config={"map": st.column_config.ImageColumn("map", width="small")})
    if len(rows) > MOST:
        st.caption(f"The first {MOST} are shown; the CSV has them all.")
    csv_button("Selected references as CSV", rows, "references.csv", key="references-csv")


def _data_uri(bank: ReferenceSet, index: int) -> str:
    data = encode_png(screen.colour_map(bank.thumbnails[index], signed=True))
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


with guard():
    main()
