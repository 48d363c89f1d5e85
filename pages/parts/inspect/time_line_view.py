"""Show a video's scores over time; a click puts a frame in focus."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.types import Media
from core.types.tracks import FileVerdict
from pages.parts.session.page_state import widget_value
from pages.parts.session.session import Session
from pages.parts.widgets.chart_widgets import show_time_line

BEHIND = {
    True: "Background, from below: not manipulated, inconclusive, manipulated.",
    False: "Not calibrated, so there are no bands. Above the dotted line “manipulated” is the larger output.",
}
KEY = "time-line"


def show_time(session: Session, media: Media, found: FileVerdict) -> None:
    """Draw one line a track, and buttons that step through it."""
    lines = [(one.track, [verdict.band for verdict in one.track.verdicts]) for one in found.tracks]
    tracks = {track.number: (track.frames, track.p_fake.tolist(), bands) for track, bands in lines}
    chosen = (session.focused.face.track, session.focused.face.frame) if session.focused else None
    line = screen.TimeLine(tracks, media.fps, session.detector.bands, chosen)
    show_time_line(line, "Score of each judged frame, one line a face track", lambda: _pick(session), key=KEY)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, step in (("Earlier", "Left", -1), ("Later", "Right", 1)):
            there = _neighbour(session, step)
            st.button(
                label,
                shortcut=key,
                disabled=there is None,
                key=f"time-{label}",
                on_click=session.put_in_focus,
                args=(there,),
            )
        st.caption(
            f"Over time. {BEHIND[session.detector.bands is not None]} A click puts a frame in focus.", width="stretch"
        )


def _neighbour(session: Session, step: int) -> int | None:
    """Return the index of the track's face in the next judged frame, or the last."""
    if session.focused is None:
        return None
    own = [i for i, one in enumerate(session.faces) if one.face.track == session.focused.face.track]
    own.sort(key=lambda i: session.faces[i].face.frame)
    place = own.index(session.focus) + step
    return own[place] if 0 <= place < len(own) else None


def _pick(session: Session) -> None:
    """Put the face in focus whose point was clicked."""
    place = tuple(widget_value(KEY).picked or ())
    for index, judged in enumerate(session.faces):
        if (judged.face.track, judged.face.frame) == place:
            session.put_in_focus(index)
