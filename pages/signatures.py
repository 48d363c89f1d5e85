"""Signatures: the face in focus among reference signatures, with its nearest neighbours."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.output.records import face_record, signatures_record
from core.output.screen import PresentSignature
from core.output.shown_record import ShownRecord
from core.output.signature_sentences import evidence_sentences, neighbours_sentence
from core.signatures import DEFAULT_SET, ReferenceSet
from core.types import JudgedFace, Placement
from pages.parts.session.attack_work import recorded_attack
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.own_set_jobs import CHANGES
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.session.signature_places import face_in_file, find_places, stored_place
from pages.parts.signatures import kinds_measured, neighbours, reference_embedding
from pages.parts.signatures.own_set_form import show_form
from pages.parts.signatures.set_choice import chosen_set, words_on
from pages.parts.signatures.set_errors import show_errors
from pages.parts.signatures.signature_settings import SignatureSettings
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.tables import json_button, plain

ABOUT = "How the verdict came about, compared with known faces: real, forged and attacked."
MEANING = (
    "Shares and distances are of the original space; the 95% intervals take neighbours for independent, so they are "
    "too narrow where several are of one person. The plane only pictures them: nearness inside a cluster means "
    "something, the distance between clusters does not. The dotted ring is how far the face moves at most when one "
    "neighbour is left out. {pictures}"
)
SHIPPED_MAPS = "Each picture is a neighbour's map: the reference faces themselves are not shipped."
OWN_PICTURES = "Each neighbour's map stands beside its face."


def main() -> None:
    """Draw the page."""
    session, judged = begin_page(
        "Signatures", ABOUT, "Choose a file to place a face in it among the references, or begin with a sample:"
    )
    slot = st.empty()
    if judged:
        references = None
        with guard():
            references = chosen_set(session, session.page_state(SignatureSettings))
            if references:
                _placed(session, judged, references)
        below = st.empty()  # by the form, which a person looks at then
        if session.job and session.job.kind == CHANGES:
            slot = below
        if session.message and not session.busy:  # else the page is drawn once more, without it
            below.success(plain(session.message), icon=":material/check_circle:")
            session.message = None
        with guard():
            show_form(session, judged)
            _errors(session, references)
    wait(session, slot)


def _errors(session: Session, references: ReferenceSet | None) -> None:
    """Offer how often the set is right, or how well kinds tell faces apart."""
    if references is None or references.card.name == DEFAULT_SET:
        kinds_measured.show_kinds(session)
    else:
        show_errors(session, references)


def _placed(session: Session, judged: JudgedFace, references: ReferenceSet) -> None:
    assert judged.verdict
    result = latest_attack(session)
    crops = {"clean": judged.face.crop} | ({"attacked": pipeline.attacked_crop(result)} if result else {})
    faces, face = list(crops.values()), face_in_file(session, judged.face)
    places = {name: stored_place(session, crop, references.card, faces, face) for name, crop in crops.items()}
    todo = [crops[name] for name, place in places.items() if place is None]
    found = {name: place for name, place in places.items() if place is not None}
    if todo and references.card.name != DEFAULT_SET:  # there each place depends on which other crops there are
        found = {}
    label = "Place this face" if places["clean"] is None else "Place the attacked face"
    if not found:
        st.markdown("Its signature is made from what moved the score, and placed among those of known faces.")
        if own := words_on(references):
            st.caption(plain(" ".join(own)))
    if todo and st.button(label, type="primary", icon=":material/scatter_plot:", disabled=session.busy):
        find_places(session, todo, references, faces, face)
        st.rerun()
    settings = session.page_state(SignatureSettings)
    if found:
        redraw_alone(session, lambda: _shown(session, settings, references, judged, found))
        if not result:
            offer_attack("to-attack-signatures")
    else:
        redraw_alone(session, lambda: _plane_alone(session, settings, references))


def _plane_alone(session: Session, settings: SignatureSettings, references: ReferenceSet) -> None:
    """Draw the references before the face is placed among them."""
    reference_embedding.draw_alone(settings, references)
    if settings.picked is not None:
        neighbours.show_picked(session, references, None, settings.picked)
    if settings.selected:
        neighbours.show_selected(references, settings.selected)


def _shown(
    session: Session,
    settings: SignatureSettings,
    references: ReferenceSet,
    judged: JudgedFace,
    found: dict[str, Placement],
) -> None:
    """Draw the sentence, the plane and the neighbours, which select each other.

    Args:
        session: keeps the record of it.
        settings: of the page.
        references: a set of them.
        judged: the face in focus.
        found: its places by name, "clean" and "attacked".
    """
    assert judged.verdict
    kinds = {"clean": judged.verdict.label, "attacked": "attacked"}
    alone = {} if len(found) > 1 else {"clean": "this face"}  # clean is said only beside the attacked one
    present = [
        PresentSignature(alone.get(name, f"{name} face"), kinds[name], placement.xy, placement.evidence.ring)
        for name, placement in found.items()
    ]
    head = st.container()
    left, right = st.columns([3, 2], gap="medium")
    with right:
        names = list(found)
        name = names[0]
        if len(names) > 1:
            name = str(st.segmented_control("Neighbours of the face", names, default=names[-1], required=True))
        neighbours.draw(settings, references, found[name], name)
    with head:
        st.header(neighbours_sentence(found[name], name), anchor=False)
        evidence = found[name].evidence
        own = references.card.name != DEFAULT_SET
        told = references.people_known or references.card.people is not None  # else whom it does not know, in words
        said = [*words_on(references), *evidence_sentences(evidence, people_known=told)]
        if evidence.outside is False and not own:
            said.append(kinds_measured.outside_reach(session, references.card.signature))
        pictures = SHIPPED_MAPS if references.pictures is None else OWN_PICTURES
        st.caption(plain(" ".join(said).strip()), help=MEANING.format(pictures=pictures))
    with left:
        reference_embedding.draw(settings, references, present, found[name])
        if settings.picked is not None:
            neighbours.show_picked(session, references, found[name], settings.picked)
    if settings.selected:
        neighbours.show_selected(references, settings.selected)
    _record(session, references, judged, found, name)


def _record(
    session: Session, references: ReferenceSet, judged: JudgedFace, found: dict[str, Placement], name: str
) -> None:
    """Offer the result as JSON, and keep it for a case.

    Args:
        session: keeps it.
        references: a set of them.
        judged: the face in focus.
        found: its places by name, "clean" and "attacked".
        name: of the one whose neighbours are shown.
    """
    records = signatures_record(found)
    json_button("Result as JSON", records, "signature.json", key="signature-json")
    attack = latest_attack(session) if len(found) > 1 else None
    made_by = {
        "detector": session.detector.version,
        "references": str(references.card.sha256),
        "frames": session.frames_searched,
        "face": face_record(judged.face),
        "attack": recorded_attack(session) if "attacked" in found else None,
        **({} if references.card.name == DEFAULT_SET else {"set": references.card.name}),
    }
    shown = ShownRecord(
        "signatures",
        neighbours_sentence(found[name], name),
        made_by,
        records,
        weights=weights_shown(session, [attack.attack] if attack else (), more=references),
    )
    hand_in(
        session,
        shown,
        about=" ".join([judged.face.id, *found, attack.id if attack else ""]),
    )


with guard():
    main()
