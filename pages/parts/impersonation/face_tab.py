"""Show whom recognition takes the face in focus for, and how sure that is."""

from __future__ import annotations

import streamlit as st

from core.output import screen
from core.output.match_records import nearest_record, nearest_rows
from core.output.shown_record import ShownRecord, csv_file
from core.output.text import percent, signed_number
from core.types.recognition import Gallery
from pages.parts.impersonation.face_match import FaceMatch, kept_match, start_match
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.chart_widgets import show_chart, text_colour
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.sample_choice import offer_samples
from pages.parts.widgets.tables import csv_button, json_button, plain, show_table

LIMIT = "Looking alike is no proof of identity, and a deepfake is made to look alike."
CONFIDENCE = "The probability that it is the same person, if that were as likely as not before: a logistic curve over"


def draw(session: Session, gallery: Gallery) -> None:
    """Draw the comparison of the face in focus with the gallery, or its button."""
    if session.media is None:
        if not session.busy:
            offer_samples(
                session, "Open a file under Inspect to compare a face with the gallery, or begin with a sample:"
            )
        return
    if session.focused is None:
        st.info("No face was found in this file.", icon=":material/face:")
        return
    match = kept_match(session, gallery)
    if match is None:
        left, right = st.columns([1, 3], gap="large")
        with left:
            show_image(session.focused.face.crop, "The face in focus")
        with right:
            st.markdown("Would face recognition take this face for somebody of the gallery?")
            label = "Compare with the gallery"
            if st.button(label, type="primary", icon=":material/person_search:", disabled=session.busy):
                start_match(session, session.focused.face, gallery)
                st.rerun()
        return
    _sentence(session, match, gallery)
    _pictures(match)
    _distribution(match, gallery)
    _rows(session, match, gallery)


def threshold_of(gallery: Gallery) -> float | None:
    """Return the similarity that counts with the false-match rate chosen now."""
    return gallery.threshold.similarity if gallery.threshold else None


def _sentence(session: Session, match: FaceMatch, gallery: Gallery) -> None:
    """Say the conclusion, its numbers, and its limit."""
    nearest, threshold = match.found.nearest[0], threshold_of(gallery)
    passes = match.found.name is not None if threshold is None else nearest.similarity >= threshold
    name = plain(nearest.name)
    st.markdown(f"### {_passes(match, gallery, name)}")
    line = f"Similarity to {name} **{signed_number(nearest.similarity)}**"
    if threshold is not None:
        line += f"; the threshold is {signed_number(threshold)}"
    st.markdown(line + ".")
    verdict = session.focused.verdict if session.focused else None
    if verdict and not session.outdated and verdict.band == "Likely manipulated":
        also = f"recognition alone would let it pass as {name}" if passes else "recognition does not let it pass either"
        st.markdown(f":orange[:material/square:] The detector calls this face likely manipulated; {also}.")
    if match.left_out:
        st.caption(f"{plain(', '.join(match.left_out))} is this very picture: it is left out of the comparison.")
    st.caption(LIMIT)


def _passes(match: FaceMatch, gallery: Gallery, name: str) -> str:
    """Say whom the face passes as."""
    nearest, threshold = match.found.nearest[0], threshold_of(gallery)
    passes = match.found.name is not None if threshold is None else nearest.similarity >= threshold
    return f"Passes as {name}" if passes else "Passes as nobody of the gallery"


def _pictures(match: FaceMatch) -> None:
    with st.container(horizontal=True, gap="small"):
        with st.container(width=150):
            show_image(match.crop.image, "This face")
        for (name, photo), one in zip(match.photos, match.found.nearest, strict=False):
            with st.container(width=150):
                show_image(photo, f"{name}, {signed_number(one.similarity)}")


def _distribution(match: FaceMatch, gallery: Gallery) -> None:
    known = gallery.calibration
    if known is None:
        return
    marks = [(one.name, one.similarity) for one in match.found.nearest[:2]]
    figure = screen.similarity_distribution(
        known.impostor, known.genuine, marks, threshold=threshold_of(gallery), ink=text_colour()
    )
    show_chart(figure, "Similarities of different people and of the same person, with this face", key="match-plot")
    threshold = gallery.threshold
    if threshold:
        few = "" if threshold.enough else " They are too few for this rate: read it as a rough guess."
        st.caption(
            f"Diamonds: this face. Threshold: at most 1 false match in {1 / threshold.fmr:,.0f}, measured on "
            f"{threshold.comparisons:,} comparisons ({plain(threshold.source)}).{few}"
        )


def _rows(session: Session, match: FaceMatch, gallery: Gallery) -> None:
    rows = nearest_rows(match.found.nearest)
    with st.expander("Nearest people, with confidence", icon=":material/table:"):
        words = [
            {"person": one.name, "similarity": signed_number(one.similarity), "confidence": percent(one.confidence)}
            for one in match.found.nearest
        ]
        show_table(words)
        if gallery.calibration:
            st.caption(f"Confidence: {CONFIDENCE} {plain(gallery.calibration.source)}.")
    assert session.media
    assert session.focused
    record = nearest_record(session.media, session.focused.face, gallery, match.found.nearest)
    settings = {name: record[name] for name in ("recogniser", "gallery", "threshold")}
    said = f"{_passes(match, gallery, match.found.nearest[0].name)}: similarity {rows[0]['similarity']}."
    shown = ShownRecord("face-match", said, settings, record, {"nearest.csv": csv_file(rows)}, match.weights)
    hand_in(session, shown, about=session.focused.face.id)
    with st.container(horizontal=True):
        csv_button("Nearest as CSV", rows, "nearest.csv", key="nearest-csv")
        json_button("Nearest as JSON", record, "nearest.json", key="nearest-json")
