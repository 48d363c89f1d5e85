"""Say the file's verdict in one sentence, with one number and its interval."""

from __future__ import annotations

import streamlit as st

from core.detectors import Detector
from core.detectors.checkpoints import status
from core.output import screen
from core.output.text import file_notes, percent
from core.output.verdict_sentences import file_sentence
from core.reports.detector_strengths import good_at, scope_parts
from core.types import InputError, Media
from core.types.attack_answer import SIGNS
from core.types.tracks import FileVerdict, TrackVerdict
from pages.parts.session.attack_answers import attack_answer
from pages.parts.session.session import Session
from pages.parts.widgets.badges import LOOKS
from pages.parts.widgets.chart_widgets import show_scale_bar
from pages.parts.widgets.tables import plain
from pages.parts.widgets.verdict_words import SCORE_HELP


def show_headline(session: Session, media: Media, found: FileVerdict) -> None:
    """Draw what is said of the whole file, doubts first."""
    doubted = _doubt(session)
    colour, icon = LOOKS["inconclusive" if doubted else screen.BANDS[found.band]]
    st.header(f":{colour}[:material/{icon}:] {plain(file_sentence(found, media.fps))}", anchor=False)
    if found.main is None:
        return
    _one_number(found, found.main)
    if notes := "; ".join(file_notes(found)):
        st.caption(plain(notes[:1].upper() + notes[1:]) + ".")
    if session.detector.bands:
        main = found.main
        interval = None if found.still else main.p_fake_interval
        scale = screen.band_scale(main.p_fake, session.detector.bands, interval=interval)
        show_scale_bar(scale, f"{found.band}: {percent(main.p_fake)}", key="bands-file")
    st.caption(plain(_good_for(session.detector)))


def _one_number(found: FileVerdict, main: TrackVerdict) -> None:
    """Show the score that the file is judged by, with its interval."""
    only = main.track.verdicts[0]
    if found.still:
        interval, of = only.interval, "of calibration faces with a score like this were forged"
    else:
        interval, of = main.p_fake_interval, f"95% interval of the mean over {main.frames_judged} frames"
    value = percent(main.p_fake) if found.calibrated else f"{main.p_fake:.3f}"
    with st.container(horizontal=True, vertical_alignment="bottom", wrap=False):
        name = f"{'Probability' if found.calibrated else 'Score'} of “manipulated”"
        st.metric(name, value, width="content", help=SCORE_HELP[found.calibrated])
        if interval:
            low, high = (f"{one:.0%}" if found.calibrated else f"{one:.3f}" for one in interval)
            st.caption(f"{low} to {high}: {of}.", width="stretch")
    if found.still and only.abstained:
        st.markdown(f":material/do_not_disturb_on: No answer: the face is {plain(only.abstained)}.")


def _good_for(detector: Detector) -> str:
    """Say in one line what the detector is good for."""
    good = good_at(status.measurements_of(detector.name))
    if good:
        return f"Good at: {good}."
    return scope_parts(detector.card.scope)[0] or "What this detector was trained on is not known here."


def _doubt(session: Session) -> bool:
    """Warn of signs of an attack, and return whether there are any."""
    judged = session.focused
    if judged is None or judged.verdict is None:
        return False
    try:
        asked = attack_answer(session, judged.face.crop)
    except InputError:
        return False  # the bar says why it is not asked
    if asked is None or asked.answer.label != SIGNS:
        return False
    st.warning(
        "There are signs of an attack on this face: the verdict below may be the attack's work, and does not speak "
        "for the face.",
        icon=":material/policy:",
    )
    if st.button("Was it attacked?", icon=":material/policy:", key="doubt"):
        st.switch_page("pages/attacked.py")
    return True
