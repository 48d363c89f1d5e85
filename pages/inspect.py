"""Inspect a file: the verdict on it, its faces, and a video's time line."""

from __future__ import annotations

import streamlit as st

from core.reports.limit_table import limit_rows
from core.types import Media
from core.types.tracks import FileVerdict
from pages.parts.inspect import reference_photo
from pages.parts.inspect.certainty import show_certainty
from pages.parts.inspect.file_details import show_details
from pages.parts.inspect.file_headline import show_headline
from pages.parts.inspect.frame_view import show_faces, show_frame
from pages.parts.inspect.provenance_card import show_provenance
from pages.parts.inspect.synthetic_line import show_synthetic
from pages.parts.inspect.time_line_view import show_time
from pages.parts.session.file_verdicts import verdict_on_file
from pages.parts.session.judging import judge_more_frames, open_upload
from pages.parts.session.queue_work import QueueState, drop_uploads
from pages.parts.session.session import Session
from pages.parts.session.uploads import MEDIA_TYPES, take
from pages.parts.widgets.detector_choice import choose_detector
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.page_head import begin_page, show_problems
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.sample_choice import offer_samples
from pages.parts.widgets.tables import plain, show_table

ABOUT = "Is a face in this file manipulated? Files stay on the machine that runs this dashboard."
KEPT = (
    "It stays in this machine's memory, for your session alone, until you open another file, put it away or close the "
    "page; a page that is loaded again within 20 seconds finds it."
)


def main() -> None:
    """Draw the page."""
    session, _ = begin_page("Inspect", ABOUT)
    slot = st.empty()
    if session.media:
        _found(session, session.media)
    elif not session.busy:
        _intake(session)
    wait(session, slot)


def _intake(session: Session) -> None:
    show_problems(session)
    left, right = st.columns([1, 2], gap="medium")
    with left:
        _upload(session)
        with st.expander("Options", icon=":material/tune:"):
            choose_detector(session, key="detector-first")
            _frames(session)
        fold(session, "What may be opened", _limits, icon=":material/rule:", key="limits")
    with right:
        offer_samples(session, "Upload images or videos, or begin with a sample:")
        with st.container(horizontal=True):
            for label, place, icon in (
                ("Show me in three minutes", "story", "school"),
                ("Many files", "queue", "inbox"),
            ):
                if st.button(label, icon=f":material/{icon}:", key=f"to-{place}"):
                    st.switch_page(f"pages/{place}.py")


def _limits() -> None:
    st.caption("Each limit is checked before work is done; a refusal says what came.")
    show_table([{"of": of, "limit": limit} for of, limit in limit_rows()])


def _upload(session: Session) -> None:
    if session.busy and session.job and session.job.kind != "open":
        st.warning(plain(f"This is running, and opening one file ends it: {session.job.text}."), icon=":material/bolt:")
    files = st.file_uploader(
        "Images and videos",
        MEDIA_TYPES,
        accept_multiple_files=True,
        key=f"upload-{session.opened}-{session.page_state(QueueState).drops}",
        help="JPEG, PNG, WebP, BMP, TIFF; MP4, MOV, AVI, MKV, WebM. One is judged at once. " + KEPT,
    )
    st.caption("One file opens here. Several go to the queue, which keeps them on disk until it is emptied.")
    if len(files) > 1:
        drop_uploads(session, files)
        st.switch_page("pages/queue.py")
    if files:
        open_upload(session, take(files[0]), files[0].name)
        st.rerun()


def _frames(session: Session) -> None:
    label, help = "Frames judged of a video", "Spread evenly over the video. More take longer."
    if session.media is None:
        session.frames = int(st.number_input(label, 1, 500, session.frames, help=help, key="frames-first"))
        return
    with st.form("frames", border=False):
        frames = int(st.number_input(label, 1, 500, session.frames, help=help))
        if st.form_submit_button("Judge again", disabled=session.busy):
            judge_more_frames(session, frames)
            st.rerun()


def _found(session: Session, media: Media) -> None:
    for note in media.notes:
        st.info(plain(note[:1].upper() + note[1:]) + ".", icon=":material/info:")
    found = verdict_on_file(session)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if found and session.faces:
            show_headline(session, media, found)
            show_synthetic(session)
        elif not session.faces:
            st.header(
                f":gray[:material/help:] No verdict: no face was found in {_where(media, session)}.", anchor=False
            )
        _buttons(session)
    with right:
        redraw_alone(session, lambda: _frame(session, media, found))
    if found and found.main:
        show_certainty(session, media, found)
    show_provenance(session, media.id)
    _more(session, media, found)


def _frame(session: Session, media: Media, found: FileVerdict | None) -> None:
    """Draw the frame in focus, and what puts another one there."""
    show_frame(session)
    if found and found.tracks and media.kind == "video":
        show_time(session, media, found)
    show_faces(session)


def _where(media: Media, session: Session) -> str:
    looked = min(session.frames_searched, media.frames)
    if media.kind == "image":
        return "this image"
    return "the frame that was looked at" if looked == 1 else f"the {looked} frames that were looked at"


def _buttons(session: Session) -> None:
    """Draw where to go from here."""
    with st.container(horizontal=True):
        if session.focused and session.focused.verdict and not session.outdated:
            for label, place, icon, key in (("Why?", "explain", "gradient", "w"), ("Attack it", "attack", "bolt", "a")):
                if st.button(label, icon=f":material/{icon}:", key=f"to-{place}", shortcut=key):
                    st.switch_page(f"pages/{place}.py")


def _more(session: Session, media: Media, found: FileVerdict | None) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        reference_photo.draw(session)
        label, icon = "File and metadata", ":material/description:"
        fold(session, label, lambda: show_details(session, media, found), icon=icon, key="file-details")
    with right.expander("Another file, another detector", icon=":material/upload_file:"):
        _upload(session)
        choose_detector(session, key="detector-again")
        if media.kind == "video":
            _frames(session)
        if st.button("Put this file away", icon=":material/close:"):
            session.close()
            st.rerun()


with guard():
    main()
