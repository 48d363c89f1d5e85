"""Show an attacked file's scores over time, and a frame of it."""

from __future__ import annotations

from functools import partial

import streamlit as st
from plotly.graph_objects import Figure

from core.faces.detection import CROP_SCALE
from core.media.images import crop_square
from core.output import screen
from core.output.screen.colours import Bands
from core.types.attacked_values import AttackedFiles
from pages.parts.attack.attack_result import show_pictures
from pages.parts.attack.attack_settings import FileAttackSettings
from pages.parts.session.frames import read_frame
from pages.parts.session.session import Session
from pages.parts.widgets.chart_widgets import show_kept_chart

TITLES = {
    "before": "Before",
    "after_frame": "Attacked, in memory",
    "lossless": "From the lossless file",
    "lossy": "From the lossy file",
}
WHOLE = "Whole frame"


def draw_scores(session: Session, files: AttackedFiles, asked: str) -> None:
    """Draw the scores over the frames of a video, clean and attacked.

    Args:
        session: holds which frame is looked at.
        files: the attacked ones.
        asked: names all that the attack was asked for.
    """
    st.subheader("Over time", anchor=False)
    chosen, bands = _frame(session, files), session.detector.bands
    of = (files.lossless.written.id, session.detector.version, asked, chosen)
    draw, alt = partial(_over_time, files, bands, chosen), "Score of each attacked frame, before and from the files"
    show_kept_chart(of, draw, alt, key="whole-time")
    st.caption("The orange line: the frame that is shown below.")


def _over_time(files: AttackedFiles, bands: Bands, chosen: int) -> Figure:
    """Draw a line for each stage."""
    lines = []
    kinds = {"before": "inconclusive", "lossless": "attacked", "lossy": "attacked"}
    for stage in files.stages:
        if stage == "after_frame":
            continue  # the lossless file says the same of the same pixels
        there = [
            (face.face.frame, verdict)
            for (face, _), verdict in zip(files.rows, files.verdicts(stage), strict=True)
            if verdict
        ]
        frames, verdicts = [frame for frame, _ in there], [verdict for _, verdict in there]
        scores, words = [one.p_fake for one in verdicts], [one.band for one in verdicts]
        lines.append((TITLES[stage], kinds[stage], frames, scores, words))
    return screen.stages(lines, fps=files.lossless.media.fps, bands=bands, chosen=chosen)


def _frame(session: Session, files: AttackedFiles) -> int:
    """Return the frame in view: the chosen one, or the first attacked."""
    there = [face.face.frame for face in files.lossless.faces]
    chosen = session.page_state(FileAttackSettings).frame
    return chosen if chosen in there else there[0]


def draw_frame(session: Session, files: AttackedFiles) -> None:
    """Show one frame: clean, from the lossless file, and the difference."""
    media, index = files.lossless.media, _frame(session, files)
    if media.kind == "video":
        there = sorted({face.face.frame for face in files.lossless.faces})
        picked = st.select_slider("Frame", there, index) if len(there) > 1 else index
        if picked != index:
            session.page_state(FileAttackSettings).frame = picked
            st.rerun()
    clean = read_frame(session, media.id, index, lambda: media.frame(index), alone=True)
    if clean is None:
        return
    attacked = read_frame(session, files.lossless.written.id, index, lambda: files.frame(index), alone=True)
    if attacked is None:
        return
    faces = [face.face for face in files.lossless.faces if face.face.frame == index]
    if not faces[0].is_precropped:
        names = [*(f"Face {n}" for n in range(1, len(faces) + 1)), WHOLE]
        part = st.segmented_control("Show", names, default=names[0], key="whole-part", required=True)
        if part != WHOLE:
            box = faces[names.index(str(part))].box
            clean, attacked = (crop_square(image, box, scale=CROP_SCALE) for image in (clean, attacked))
    show_pictures(session, clean, attacked, key="file")
