"""Draw an open case: the conclusion first, then its exhibits with the tool's words."""

from __future__ import annotations

import streamlit as st

from core.cases import verbal_scale
from core.cases.case_folder import CaseFolder
from core.cases.case_values import MARKS, CaseState, Exhibit
from core.cases.kept_results import attack_words, pictures_of, read_record, tool_words, verdict_words
from core.output import screen
from core.types.attack_answer import SIGNS
from pages.parts.cases.case_records import show_records
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.session import Session
from pages.parts.widgets.badges import LOOKS, badge
from pages.parts.widgets.tables import plain

NOTES = 20  # the newest


def draw_headline(state: CaseState) -> None:
    """Draw the case's conclusion in one sentence, the limits in another."""
    found = state.conclusion
    st.markdown(f"**{plain(state.facts.title)}**")
    if found is None:
        st.markdown("### No conclusion yet")
        st.caption("The conclusion is a person's; a second person reviews it.")
        return
    st.markdown(f"### {plain(verbal_scale.conclusion_sentence(found.scale, found.proposition))}")
    review = f"reviewed by {found.reviewer}{'' if state.review else ' (of which the log has no entry)'}"
    st.caption(plain(f"Concluded by {found.actor}, {review}, {found.utc[:10]}."))
    for line in filter(str.strip, found.words.splitlines()):
        st.markdown(plain(line))


def draw_actor(session: Session, case: CaseFolder) -> None:
    """Ask who works; the log names them beside all that is done."""
    name = st.text_input(
        "You work as", case.actor, key="actor", help="The log names you beside all that you do."
    ).strip()
    if name and name != case.actor:
        session.page_state(CurrentCase).actor = name
        st.rerun()


def draw_exhibits(session: Session, case: CaseFolder, state: CaseState) -> None:
    """Draw each exhibit: verdict in the tool's words, mark, note."""
    if not state.exhibits:
        st.markdown("No exhibits yet. Open a file on Inspect and choose “Add to case”.")
    for one in state.exhibits:
        with st.container(border=True):
            _exhibit(session, case, state, one)
    show_records(state, "")


def draw_notes(session: Session, case: CaseFolder, state: CaseState) -> None:
    """Draw the notes, the newest first, and the form of another."""
    with st.form("note", clear_on_submit=True, border=False):
        text = st.text_area("Note", key="note-text", height=80)
        titles = {"": "the whole case"} | {one.sha256: one.title for one in state.exhibits}
        about = str(st.selectbox("About", list(titles), format_func=lambda sha: titles[sha], key="note-about"))
        if st.form_submit_button("Add the note", icon=":material/edit_note:"):
            case.note(text, about)
            session.page_state(CurrentCase).changed("The note was added.")
            st.rerun()
    for note in state.notes[::-1][:NOTES]:
        exhibit = state.exhibit(note.exhibit)
        st.caption(
            plain(f"{note.actor}, {note.utc[:16].replace('T', ' ')} UTC{f', {exhibit.title}' if exhibit else ''}")
        )
        for line in filter(str.strip, note.text.splitlines()):
            st.markdown(plain(line))


def draw_conclusion_form(session: Session, case: CaseFolder, state: CaseState) -> None:
    """Draw the form of a conclusion, with the tool's words in sight."""
    with st.form("conclude", border=False):
        scale = str(st.selectbox("The findings support it", list(verbal_scale.SCALE), key="scale"))
        about = str(st.radio("What is supported", ["manipulated", "not manipulated"], key="toward", horizontal=True))
        words = st.text_area("In your own words", key="own-words", height=80)
        reviewer = st.text_input("Reviewer", key="reviewer", help="Neither who concludes nor who examines the case.")
        st.caption("Every conclusion stays in the log; the last one counts. The reviewer is a typed name, not a login.")
        early = session.busy or not state.exhibits  # what the tool said has to stand beside it
        if st.form_submit_button("Conclude", icon=":material/gavel:", disabled=early):
            case.conclude(scale, reviewer, tool=tool_words(case, state), proposition=about, words=words)
            session.page_state(CurrentCase).changed("The conclusion was logged.")
            st.rerun()


def _exhibit(session: Session, case: CaseFolder, state: CaseState, one: Exhibit) -> None:
    record, result, failed = read_record(case, state, one), state.result_of(one.sha256), None
    with st.container(horizontal=True, vertical_alignment="center"):
        crops = [found["crop"] for found in pictures_of(case, result).values() if "crop" in found] if result else []
        if crops and crops[0].is_file():
            st.image(crops[0], width=56)
        st.markdown(f"**{one.title}** {plain(one.name)}")
        if record:
            band = str(record["verdict"]["band"])
            kind = screen.BANDS.get(band, "inconclusive")
            badge(band, kind if kind in LOOKS else "inconclusive", verdict_words(record))
            answer = attack_words(record)
            badge(answer, "attacked" if answer.startswith(SIGNS) else "inconclusive", "Was it attacked?")
        else:
            failed = next((r.failed for r in reversed(state.results) if r.exhibit == one.sha256 and r.failed), None)
            badge("Being analysed" if session.busy else "Not analysed", "inconclusive")
    if failed:
        st.caption(plain(failed))
    show_records(state, one.sha256)
    entry = f" · log entry {result.sequence}" if result else ""
    st.caption(f"SHA-256 {one.sha256[:12]}… · {one.bytes:,} bytes{entry}", help=one.sha256)
    now = state.marks.get(one.sha256)
    chosen = st.pills(
        "Your mark",
        MARKS,
        default=now.text if now else None,
        key=f"mark-{one.number}-{now.sequence if now else 0}",
    )
    if chosen and chosen != (now.text if now else None):
        case.mark(one.sha256, str(chosen))
        session.page_state(CurrentCase).changed(f"{one.title} was marked.")
        st.rerun()
