"""Compare the open file with another copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.media.copy_comparison import CopyComparison, compare_copies
from core.media.images import DIFFERENCE_FACTOR, amplified_difference, crop_square, encode_png, resized, within
from core.media.open import open_media
from core.output.copy_sentences import copy_sentence
from core.output.file_results import copy_record
from core.output.shown_record import ShownRecord
from core.types import Array, InputError, Media
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.uploads import MEDIA_TYPES, take
from pages.parts.widgets.guarding import show_problem
from pages.parts.widgets.picture_compare import ComparedPicture, compare_pictures
from pages.parts.widgets.tables import json_button, plain

KIND = "other copy"  # of work
MAX_SHOWN = 1024  # pixels of the longer side: more would take long to reach the browser


@dataclass(frozen=True, slots=True, eq=False)
class ComparedCopy:
    """Hold what came of a comparison.

    name, sha256: of the other copy; found: how they differ; frame: index of the one that is shown; own, image: that
    frame of the open file and of the other copy, (H, W, 3) uint8.
    """

    name: str
    sha256: str
    found: CopyComparison
    frame: int
    own: Array
    image: Array


def draw_other_copy(session: Session) -> None:
    """Draw the place for the other copy, and what was found."""
    assert session.media
    kept, job = session.results.get(copy_key(session.media)), session.job
    problem = job.problem if job and job.kind == KIND and not session.busy else None
    opened = kept is not None or problem is not None
    with st.expander("Compare with another copy of this file", icon=":material/compare:", expanded=opened):
        if problem:  # here, where the copy was chosen; the old result stays
            show_problem(problem)
        if kept:
            _result(session, session.media, kept)
        with st.form("other-copy", border=False, clear_on_submit=True):
            file = st.file_uploader("Another copy, such as the one that was published first", MEDIA_TYPES)
            asked = st.form_submit_button("Compare the copies", icon=":material/compare:", disabled=session.busy)
        if asked:
            if file is None:
                raise InputError("Choose the other copy first.")
            start_copy_comparison(session, take(file), file.name)
            st.rerun()


def copy_key(media: Media) -> ResultKey[ComparedCopy]:
    """Name the comparison of a file with another copy."""
    return ResultKey("other copy", media.id)


def start_copy_comparison(session: Session, data: bytes, name: str) -> None:
    """Compare the open file with an uploaded copy in the background.

    Args:
        session: holds the open file and keeps the result.
        data: of the other copy.
        name: of its file.
    """
    assert session.media
    media, frames = session.media, session.frames
    index = session.focused.face.frame if session.focused else 0

    def work(_: Job) -> None:
        other = open_media(data, name)
        if other.kind != media.kind:
            raise InputError(f"{media.name} is {_a(media)}; what came is {_a(other)}, {name}")
        found = compare_copies(media, other, frames=frames)
        shown = min(index, other.frames - 1)
        both = media.frame(shown), other.frame(shown)
        session.results.put(copy_key(media), ComparedCopy(name, other.id, found, shown, *both))

    session.start(KIND, f"Comparing with {name}", work)


def _of_face(session: Session, image: Array) -> Array:
    """Return the part of a frame about the face in focus."""
    face = session.focused.face if session.focused else None
    return image if face is None or face.is_precropped else crop_square(image, face.box)


def _a(media: Media) -> str:
    return f"an {media.kind}" if media.kind == "image" else f"a {media.kind}"


def _result(session: Session, media: Media, kept: ComparedCopy) -> None:
    found = kept.found
    st.markdown(f"**{plain(copy_sentence(found))}**")
    mine, other, title = kept.own, kept.image, "The other copy"
    if found.kind == "mirrored":
        other, title = np.ascontiguousarray(other[:, ::-1]), "The other copy, mirrored back"
    if mine.shape == other.shape:
        mine, other = (_of_face(session, image) for image in (mine, other))
    else:
        title += ", in this file's size"
    mine = within(mine, MAX_SHOWN)
    other = resized(other, mine.shape[:2])
    pictures = [ComparedPicture("This file", media.name, mine), ComparedPicture(title, kept.name, other)]
    if found.largest is not None:
        name = f"Difference, {DIFFERENCE_FACTOR} times"
        changed = amplified_difference(mine / 255, other / 255)
        pictures.append(ComparedPicture(name, "What differs, amplified about mid-grey", changed))
    compare_pictures(pictures, key="other-copy")
    record = copy_record(media.id, found, name=kept.name, sha256=kept.sha256)
    json_button("Comparison as JSON", record, "copies.json", key="copies-json")
    settings = {"other": record["other"], "frame_shown": kept.frame}
    files = {"this.png": partial(encode_png, kept.own), "other.png": partial(encode_png, kept.image)}
    hand_in(session, ShownRecord("other-copy", copy_sentence(found), settings, record, files))
