"""Show what the open file says of itself: three sentences, and the table behind."""

from __future__ import annotations

import streamlit as st

from core.output.copy_sentences import copy_sentence
from core.output.csv_text import flat_row
from core.output.provenance_words import provenance_record, provenance_sentences, provenance_word
from core.types.provenance import Location, Provenance
from pages.parts.session.opened_provenance import kept_location, kept_provenance, kept_sightings
from pages.parts.session.session import Session
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.tables import json_button, plain, show_facts

SIGHTINGS = 3  # that are shown
STATES = (
    "**none**: unknown, not fake. **unknown signer**: unchanged since somebody signed it. **trusted**: signed by "
    "a signer of the C2PA's trust list or of your own. **invalid**: changed after signing. **not checked**: nothing "
    "here could check them, as the optional package c2pa-python is not installed, or the file's reader stopped."
)


def show_provenance(session: Session, of: str) -> None:
    """Draw the card of a file, by its SHA-256.

    Nothing where its provenance was not read.
    """
    found = kept_provenance(session, of)
    if found is None:
        return
    with st.container(border=True):
        st.markdown(f"**Provenance: {plain(provenance_word(found))}**", help=STATES)
        _sightings(session, of)
        for sentence in provenance_sentences(found):
            st.markdown(plain(sentence))
        label, icon = "All that the file says of itself", ":material/fact_check:"
        fold(session, label, lambda: _table(session, found), icon=icon, key="all-provenance")


def _sightings(session: Session, of: str) -> None:
    """Say which exhibits are the file or a copy of it."""
    found = kept_sightings(session, of)
    for one in found[:SIGHTINGS]:
        icon = "warning" if one.comparison.changed_within_bound else "history"
        place = f"{one.exhibit} ({one.name}) of the case “{one.case}”, received {one.received[:10]}:"
        said = copy_sentence(one.comparison)
        st.markdown(f":material/{icon}: {plain(f'{place} {said[0].lower()}{said[1:]}')}")
    if len(found) > SIGHTINGS:
        st.caption(f"And {len(found) - SIGHTINGS} more exhibits.")


def _table(session: Session, found: Provenance) -> None:
    where: Location | None = None
    if found.has_location and st.checkbox("Show where it was recorded", key=f"place-{found.id[:12]}"):
        where = kept_location(session, found.id)
    record = provenance_record(found, where)
    shown = {key: value for key, value in record.items() if key != "software"}
    shown["software"] = {one.place: f"{one.text} ({one.kind})" for one in found.software}
    facts = {name.replace("_", " "): value for name, value in flat_row(shown).items() if value not in ("", [], None)}
    show_facts({name: value for name, value in facts.items() if name != "container quantisation tables"})
    json_button("Provenance as JSON", record, "provenance.json", key="provenance-json")
