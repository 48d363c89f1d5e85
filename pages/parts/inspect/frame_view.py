"""Show the frame in focus, each face in the colour of its verdict."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.output.text import NO_VERDICT
from core.types import JudgedFace
from pages.parts.session.frames import frame_in_focus
from pages.parts.session.session import Session
from pages.parts.widgets.encoded_images import drawn_png
from pages.parts.widgets.image_widgets import show_image

HIGHEST = 400  # pixels of the frame on the screen
ORDER = {"fake": 0, "inconclusive": 1, "real": 2}


def show_frame(session: Session) -> None:
    """Draw the frame with coloured boxes."""
    frame, judged = frame_in_focus(session, alone=True), session.focused
    if frame is None:
        return
    here = faces_here(session)
    boxes, kinds = [one.face.box for _, one in here], [kind_of(session, one) for _, one in here]
    chosen = next((place for place, (index, _) in enumerate(here) if index == session.focus), None)
    labels = [str(one.face.track + 1) for _, one in here]
    number = judged.face.frame if judged else 0
    drawn = drawn_png(
        f"{session.media.id if session.media else ''} {number} {boxes} {kinds} {chosen}",
        lambda: screen.boxes_on(frame, boxes, labels, kinds=kinds, chosen=chosen),
    )
    count = f"{len(here)} face{'s' * (len(here) != 1)} found"
    what = f"Frame {number}: {count}" if session.media and session.media.kind == "video" else count
    width = round(HIGHEST * frame.shape[1] / frame.shape[0])
    said = "; ".join(f"face {one.face.track + 1} {_said(session, one).lower()}" for _, one in here)
    with st.container(width=width):  # unlike an image's own width, it gives way where there is less room
        st.image(drawn, what, width="stretch", output_format="PNG", alt=f"{what}, in numbered boxes: {said or 'none'}")


def show_faces(session: Session) -> None:
    """Draw the faces of the frame as a strip, the worst first."""
    here = [(one.face.track + 1, (index, one)) for index, one in faces_here(session)]
    if len(here) < 2:
        return
    here.sort(key=lambda item: (ORDER[kind_of(session, item[1][1])], -_score(item[1][1])))
    with st.container(horizontal=True, gap="small"):
        for number, (index, one) in here:
            with st.container(width=112, gap="small"):
                said = _said(session, one)
                show_image(one.face.crop, f"{number}: {said}", alt=f"Crop of face {number}: {said}")
                if index == session.focus:
                    st.badge("In focus", icon=":material/check:", color="gray")
                else:
                    st.button(
                        f"Face {number}",
                        key=f"face-{index}",
                        help="Put this face in focus",
                        width="stretch",
                        on_click=session.put_in_focus,
                        args=(index,),
                    )


def faces_here(session: Session) -> list[tuple[int, JudgedFace]]:
    """Return the faces of the frame in focus with their indices."""
    judged = session.focused
    return [(i, one) for i, one in enumerate(session.faces) if judged and one.face.frame == judged.face.frame]


def kind_of(session: Session, judged: JudgedFace) -> str:
    """Return the kind of a face's verdict: a key of the colours."""
    return "inconclusive" if session.outdated or judged.verdict is None else screen.BANDS[judged.verdict.band]


def _said(session: Session, judged: JudgedFace) -> str:
    return "Not judged yet" if session.outdated else judged.verdict.band if judged.verdict else NO_VERDICT


def _score(judged: JudgedFace) -> float:
    return judged.verdict.p_fake if judged.verdict else -1.0
