"""Inspect a file: its faces, their verdicts, and a video's time line."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.detectors import Detector
from core.detectors.checkpoints import status
from core.detectors.video_rules import MIN_TRACK_FRAMES, file_verdict
from core.media.images import encode_png
from core.output import records, screen
from core.output.text import file_notes
from core.reports.measured_reach import reach
from core.types import InputError, JudgedFace, Media
from core.types.attack_answer import SIGNS
from core.types.measurement import Measurement
from core.types.tracks import FileVerdict
from pages.parts.inspect import reference_photo
from pages.parts.inspect.provenance_card import show_provenance
from pages.parts.session.attack_answers import attack_answer
from pages.parts.session.frames import frame_in_focus
from pages.parts.session.judging import judge_more_frames, open_upload
from pages.parts.session.session import Session
from pages.parts.session.uploads import take
from pages.parts.widgets.badges import badge
from pages.parts.widgets.chart_widgets import PLAIN_CHART
from pages.parts.widgets.detector_choice import choose_detector
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.page_head import begin_page
from pages.parts.widgets.progress_bar import wait
from pages.parts.widgets.sample_choice import offer_samples
from pages.parts.widgets.tables import csv_button, json_button, plain, show_facts
from pages.parts.widgets.verdict_card import show_verdict
from pages.parts.widgets.verdict_words import NO_VERDICT

TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "mp4", "m4v", "mov", "avi", "mkv", "webm"]
ABOUT = (
    "Which faces are in a file, and what the detector says of each. Files stay on the machine that runs this dashboard."
)
BEHIND = {
    True: "Background, from below: not manipulated, inconclusive, manipulated.",
    False: "Not calibrated, so there are no bands. Above the dotted line the “fake” output is the larger one.",
}
KEPT = (
    "It stays in this machine's memory, for your session alone, until you open another file, put it away or close the "
    "page."
)
FEW = 20  # media of a kind: below that an AUC says nothing
MAJORITY = (
    "Fake when more than half of the judged frames are called fake (Pinhasov et al. 2024). A frame is called fake when "
    "the “fake” output is the larger one, also where the detector is not sure enough for more than “inconclusive”."
)
INTERVAL = (
    "The interval is a block bootstrap over the frames: neighbouring frames are alike, so that twice as many frames "
    "are not twice the evidence."
)
OF_THE_FILE = (
    f"A face decides when it was judged in {MIN_TRACK_FRAMES} frames or more (where none was, those judged in the "
    "most), and the interval of its mean score over frames has to lie beyond the edge of a band. Manipulated: one face "
    "is. Not manipulated: none is. Several faces are several tests, so each interval is wider and the edge of "
    "“manipulated” is farther off."
)
TOO_FEW = f"Judged in fewer than {MIN_TRACK_FRAMES} frames, so it does not decide."
HIGHEST = 460  # pixels of the frame on the screen


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
    left, right = st.columns([2, 3], gap="large")
    with left:
        _upload(session)
        first, second = st.columns([3, 2])
        with first:
            choose_detector(session, key="detector-first")
        with second:
            _frames(session)
    with right:
        offer_samples(session, "Upload an image or a video, or begin with a sample:")


def _upload(session: Session) -> None:
    file = st.file_uploader(
        "Image or video",
        TYPES,
        key=f"upload-{session.opened}",
        help="JPEG, PNG, WebP, BMP, TIFF; MP4, MOV, AVI, MKV, WebM. It is judged at once. " + KEPT,
    )
    if file is not None:
        open_upload(session, take(file), file.name)
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
    # The edges of a detector that has changed are not those that the faces were judged by.
    still, found = media.kind == "image", None
    if not session.outdated:
        found = file_verdict(session.faces, session.detector.band_thresholds, still=still)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if found and len(session.faces) > 1:
            _of_the_file(found)
        _verdict(session, media)
    with right:
        _frame(session)
        reference_photo.draw(session)
    if found and found.tracks and media.kind == "video":
        _time(session, media, found)
    show_provenance(session, media.id)
    _details(session, media, found)


def _of_the_file(found: FileVerdict) -> None:
    """Show the verdict on the whole file, and what it rests on."""
    with st.container(border=True):
        st.caption(f"The whole {'image' if found.still else 'video'}")
        badge(found.band, screen.BANDS[found.band], OF_THE_FILE)
        if notes := "; ".join(file_notes(found)):
            st.markdown(plain(notes[:1].upper() + notes[1:].rstrip(".")) + ".")


def _verdict(session: Session, media: Media) -> None:
    judged = session.focused
    if session.outdated:
        return  # the head of the page says why
    if judged and judged.verdict:
        detector = session.detector
        title = (
            f"Frame {judged.face.frame}, track {judged.face.track}" if media.kind == "video" else "The face in focus"
        )
        show_verdict(judged.verdict, detector, title=title, key="inspect")
        _doubt(session, judged)
        _rests_on(detector)
        return
    with st.container(border=True):
        st.markdown("### :gray[:material/help: No verdict]")
        st.markdown(judged.reason if judged else f"No face was found in {_where(media, session)}.")


def _doubt(session: Session, judged: JudgedFace) -> None:
    """Show doubts about a verdict beside it, not only in the bar."""
    assert judged.verdict
    try:
        asked = attack_answer(session, judged.face.crop)
    except InputError:
        return  # the bar says why it is not asked
    if asked and asked.answer.label == SIGNS:
        st.warning(
            "There are signs of an attack on this face: the verdict above may be the attack's work, and does not speak "
            "for the face.",
            icon=":material/policy:",
        )
        if st.button("Was it attacked?", icon=":material/policy:"):
            st.switch_page("pages/attacked.py")


def _rests_on(detector: Detector) -> None:
    """Describe the detector in one paragraph, and its measurements in a line each."""
    card = detector.card
    scope = plain(card.scope or "What it was trained on is not known here.")
    st.markdown(f"**{plain(card.title)}.** {scope}")
    measured = status.measurements_of(detector.name)
    if sentence := reach(measured):
        st.markdown(plain(sentence))
    for one in measured:
        if line := _measured(one):
            st.caption(plain(line))
    if detector.calibration is None:
        st.caption("Uncalibrated: its score is no probability. Under Detectors it can be calibrated on labelled media.")
    st.caption("“Likely not manipulated” says that this detector found no sign of manipulation; it is not “genuine”.")


def _measured(measured: Measurement) -> str | None:
    """Format one measurement of a model as a line."""
    what, found = measured.label, measured.result
    if measured.kind == "attack":
        return f"Measured: {what}: {found['called_real']} of {found['attacked']} then called real."
    if not found.get("auc"):
        return None
    aucs = ", ".join(f"{kind} {value:.3f}" for kind, value in found["auc"].items() if value is not None)
    called = ", ".join(f"{kind} {value:.0%}" for kind, value in found["called_fake"].items() if value is not None)
    few = min(found["n"].values()) < FEW
    return f"Measured on {what}: {'' if few else f'AUC {aucs}; '}called fake: {called}."


def _where(media: Media, session: Session) -> str:
    return (
        "this image" if media.kind == "image" else f"the {min(session.frames, media.frames)} frames that were looked at"
    )


def _frame(session: Session) -> None:
    frame, judged = frame_in_focus(session), session.focused
    if frame is None:
        return
    here = [(i, one) for i, one in enumerate(session.faces) if judged and one.face.frame == judged.face.frame]
    numbers = [str(n) for n in range(1, len(here) + 1)]
    chosen = next((n for n, (i, _) in enumerate(here) if i == session.focus), None)
    drawn = screen.boxes_on(frame, [one.face.box for _, one in here], numbers, chosen=chosen)
    what = f"Frame {judged.face.frame if judged else 0}: {len(here)} face{'s' * (len(here) != 1)} found"
    width = round(HIGHEST * drawn.shape[1] / drawn.shape[0])
    with st.container(width=width):  # unlike an image's own width, it gives way where there is less room
        st.image(drawn, what, width="stretch", alt=f"{what}, with numbered boxes; the one in focus is thicker")
    with st.container(horizontal=True, gap="small"):
        for number, (index, one) in enumerate(here, 1):
            with st.container(width=112, gap="small"):
                _crop(session, number, index, one)


def _crop(session: Session, number: int, index: int, judged: JudgedFace) -> None:
    said = "not judged yet" if session.outdated else judged.verdict.band if judged.verdict else NO_VERDICT
    show_image(judged.face.crop, f"{number}: {said}", alt=f"Crop of face {number}: {said}")
    if index == session.focus:
        st.badge("In focus", icon=":material/check:", color="gray")
    elif st.button(f"Face {number}", key=f"face-{index}", help="Put this face in focus", width="stretch"):
        session.focus = index
        st.rerun()


def _time(session: Session, media: Media, found: FileVerdict) -> None:
    lines = [(one.track, [verdict.band for verdict in one.track.verdicts]) for one in found.tracks]
    tracks = {track.number: (track.frames, track.p_fake.tolist(), bands) for track, bands in lines}
    st.subheader("Over time", anchor=False, help="Click a point to put its frame and face in focus.")
    left, right = st.columns([3, 1], gap="medium")
    with left:
        chosen = (session.focused.face.track, session.focused.face.frame) if session.focused else None
        event = st.plotly_chart(
            screen.time_line(tracks, fps=media.fps, bands=session.detector.bands, chosen=chosen),
            config=PLAIN_CHART,
            on_select="rerun",
            selection_mode="points",
            key=f"time-{media.id[:8]}-{session.opened}-{session.focus}",
            alt="Score of each judged frame, one line a face track",
        )
        st.caption(f"{BEHIND[session.detector.bands is not None]} The orange line: the frame in focus.")
        _pick(session, event)
    with right:
        _rules(found)


def _pick(session: Session, event: object) -> None:
    for point in event["selection"]["points"]:  # type: ignore[index]
        place = tuple((point.get("customdata") or [None, None])[:2])
        for index, judged in enumerate(session.faces):
            if (judged.face.track, judged.face.frame) == place and index != session.focus:
                session.focus = index
                st.rerun()


def _rules(found: FileVerdict) -> None:
    for verdict in found.tracks:
        with st.container(border=True):
            st.caption(f"Track {verdict.track.number}, {verdict.frames_judged} frames judged")
            badge(verdict.band, screen.BANDS[verdict.band], OF_THE_FILE if verdict.decides else TOO_FEW)
            st.markdown("Video: majority of frames", help=MAJORITY)
            fake = verdict.label == "fake"
            badge("Called fake" if fake else "Not called fake", verdict.label)
            low, high = verdict.share_interval
            st.markdown(
                f"Frame by frame: **{verdict.share_fake:.0%}** of frames called fake "
                f":small[(95% interval {low:.0%} to {high:.0%})]",
                help=f"The share of judged frames that are called fake (Pinhasov et al. 2024). {INTERVAL}",
            )
            low, high = verdict.p_fake_interval
            shown = [f"{value:.0%}" if found.calibrated else f"{value:.3f}" for value in (verdict.p_fake, low, high)]
            st.markdown(
                f"Mean {'probability' if found.calibrated else 'score'} of “fake”: **{shown[0]}** "
                f":small[(95% interval {shown[1]} to {shown[2]})]",
                help=f"Over the judged frames. {INTERVAL}",
            )


def _details(session: Session, media: Media, found: FileVerdict | None) -> None:
    left, right = st.columns(2, gap="large")
    with left.expander("File and metadata", icon=":material/description:"):
        st.caption("SHA-256 of the file")
        st.code(media.id, language=None, wrap_lines=True)
        own = {
            "name": media.name,
            "kind": media.kind,
            "size in pixels": f"{media.size[0]} x {media.size[1]}",
            "frames": media.frames,
            "frames a second": round(media.fps, 3),
        }
        show_facts({**own, **media.metadata})
        _downloads(session, media, found)
    with right.expander("Another file, another detector", icon=":material/upload_file:"):
        _upload(session)
        choose_detector(session, key="detector-again")
        if media.kind == "video":
            _frames(session)
        if st.button("Put this file away", icon=":material/close:"):
            session.close()
            st.rerun()


def _downloads(session: Session, media: Media, found: FileVerdict | None) -> None:
    faces = [
        {
            **records.face_record(judged.face),
            "verdict": records.verdict_record(judged.verdict),
            "no_verdict": judged.reason,
        }
        for judged in session.faces
    ]
    rows = [
        {
            "frame": judged.face.frame,
            "track": judged.face.track,
            "score": judged.verdict and judged.verdict.p_fake,
            "calibrated": judged.verdict and judged.verdict.calibrated,
            "band": judged.verdict.band if judged.verdict else judged.reason,
            "detector": judged.verdict.detector if judged.verdict else session.detector_name,
        }
        for judged in session.faces
    ]
    record: dict[str, Any] = {"media": records.media_record(media), "faces": faces}
    if found:
        record["verdict"] = records.file_record(found)
        if media.kind == "video" and found.main:
            record["video"] = records.video_record(found)
    with st.container(horizontal=True):
        json_button(
            "Result as JSON",
            record,
            "result.json",
            key="inspect-json",
        )
        csv_button("Verdicts as CSV", rows, "verdicts.csv", key="inspect-csv")
        if session.focused:
            st.download_button(
                "Crop as PNG",
                encode_png(session.focused.face.crop),
                "crop.png",
                "image/png",
                on_click="ignore",
                icon=":material/download:",
            )


with guard():
    main()
