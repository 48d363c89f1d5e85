"""Compare the face in focus with a reference photo."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from core.engine.jobs import Job
from core.engine.model_weights import weights_of_models
from core.engine.results import ResultKey
from core.faces.detection import find_faces
from core.media.images import encode_png
from core.media.open import open_media
from core.output.match_records import photo_record
from core.output.shown_record import ShownRecord
from core.recognition.alignment import face_crop
from core.recognition.base import DEFAULT_RECOGNISER, RECOGNISERS
from core.recognition.load_recogniser import load_recogniser
from core.recognition.reference_scores import reference_of
from core.types import Face, InputError
from core.types.recogniser_results import PhotoComparison
from core.types.recognition import MatchCalibration
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.uploads import IMAGE_TYPES
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.tables import json_button, plain

NONE = np.zeros(0, np.float32)  # no pairs are at hand, only what was measured on them
LOOKS = {"same": ":material/check_circle:", "probable": ":material/check:", "none": ":material/help:"}
ANSWERS = {
    "same": "Same person as in the reference photo",
    "probable": "Probably the same person as in the reference photo",
    "none": "No match with the reference photo",
}
ALIKE = "This does not clear the face: a face swap or a synthesis is made to look like the person it shows."
MEANING = {
    "same": ALIKE,
    "probable": ALIKE,
    "none": "If the file claims to show this person, look closer: somebody else, a swap that lost the likeness, "
    "or only a poor photo.",
}


def draw(session: Session) -> None:
    """Draw the photo's place, the button, and what was found."""
    if session.focused is None:
        return
    key = comparison_key(session.focused.face)
    with st.expander("Compare with a reference photo", icon=":material/compare:"):
        found = session.results.get(key)
        if found:
            _result(session, found)
        with st.form("reference", border=False):
            file = st.file_uploader("A genuine photo of the person whom this face should show", IMAGE_TYPES)
            asked = st.form_submit_button("Compare", icon=":material/compare:", disabled=session.busy)
        if asked:
            if file is None:
                raise InputError("Choose a photo first.")
            start_comparison(session, session.focused.face, file.getvalue(), file.name)
            st.rerun()


def comparison_key(face: Face) -> ResultKey[PhotoComparison]:
    """Name the comparison of a face with a reference photo."""
    return ResultKey("reference photo", face.id)


def start_comparison(session: Session, face: Face, data: bytes, name: str) -> None:
    """Compare a face with an uploaded photo in the background.

    Args:
        session: keeps the result.
        face: in focus.
        data: of the photo's file.
        name: of the photo's file.
    """
    key = comparison_key(face)

    def work(job: Job) -> None:
        media = open_media(data, name)
        faces = find_faces(media.frame(0))
        if not faces:
            raise InputError(f"no face was found in {name}")
        job.check_stop()
        recogniser, scores = load_recogniser(DEFAULT_RECOGNISER), reference_of(DEFAULT_RECOGNISER)
        if scores is None:
            raise InputError(f"{DEFAULT_RECOGNISER} was not measured, so that its similarity has no meaning")
        similarity = recogniser.similarity(face_crop(face), face_crop(faces[0]))
        found = PhotoComparison(faces[0].crop, name, media.id, DEFAULT_RECOGNISER, similarity, scores)
        session.results.put(key, found)

    session.start("reference", f"Comparing with {name}", work)


def _result(session: Session, found: PhotoComparison) -> None:
    """Say the answer, what it means for a swap, and its numbers."""
    assert session.focused
    scores = found.scores
    confidence = MatchCalibration((), scores.slope, scores.intercept, NONE, NONE, scores.source).confidence(
        found.similarity
    )
    st.markdown(f"### :gray[{LOOKS[found.answer]} {ANSWERS[found.answer]}]")
    st.markdown(MEANING[found.answer])
    with st.container(horizontal=True):
        for image, caption in ((session.focused.face.crop, "This face"), (found.photo, found.name)):
            with st.container(width=140):
                show_image(image, caption)
    limits = ", ".join(f"{cosine:.2f} by 1 in {1 / rate:,.0f}" for rate, cosine in scores.thresholds)
    st.markdown(f"Similarity **{found.similarity:.2f}**. Of strangers, it is reached: {limits}.")
    st.caption(f"{plain(RECOGNISERS[found.recogniser].title)}, measured on {plain(scores.source)}.")
    record = photo_record(session.focused.face, found, confidence=confidence)
    json_button("Comparison as JSON", record, "reference.json", key="reference-json")
    settings = {name: record[name] for name in ("recogniser", "reference", "thresholds")}
    words = f"{ANSWERS[found.answer]}: similarity {found.similarity:.3f}."
    files = {"photo.png": partial(encode_png, found.photo)}
    weights = weights_of_models(load_recogniser(found.recogniser))
    shown = ShownRecord("reference-photo", words, settings, record, files, weights)
    hand_in(session, shown, about=session.focused.face.id)
