"""Show what an attack on one face did: sentence, pictures, verdicts, robustness."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import pipeline
from core.media.images import amplified_difference
from core.output.attack_answer_sentences import attack_detector_sentence, limit_sentence
from core.output.attack_results_record import attack_settings_record, face_attack_record, trajectory_rows
from core.output.attack_sentences import attack_sentence, notice_sentence
from core.output.shown_record import Content, ShownRecord, csv_file
from core.types import Array, AttackResult, JudgedFace
from pages.parts.attack import masking_panel, post_processing_panel
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attack.attack_trajectory import show_trajectory
from pages.parts.session.attack_answers import AskedAttack, attack_answer, reach_of
from pages.parts.session.attack_work import PlannedAttack
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.looked_at import is_looked_at
from pages.parts.session.page_state import follow_setting, store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.badges import attack_badge
from pages.parts.widgets.encoded_images import drawn_image
from pages.parts.widgets.folded_part import fold
from pages.parts.widgets.picture_compare import ComparedPicture, compare_pictures
from pages.parts.widgets.redrawn_alone import redraw_alone
from pages.parts.widgets.tables import csv_button, json_button, plain
from pages.parts.widgets.verdict_card import show_verdict

NORMS = (
    ("L-inf", "The largest change of any channel of any pixel. Smaller is less visible."),
    ("L2", "The Euclidean length of the change, values in 0 to 1. Smaller is less visible."),
    ("L0", "How many pixels differ in any channel. Fewer is less visible."),
    ("PSNR", "Peak signal-to-noise ratio to the clean face. Larger is less visible."),
    ("Queries", "How often the detector was asked about an image (forward passes). Fewer is cheaper."),
    ("Gradients", "Backward passes: how often a gradient was taken back to the image; none in a black-box attack."),
    ("Seconds", "With both verdicts, on this machine as busy as it was."),
)
SAVED = "Judged from the saved 8-bit PNG, re-opened."


def show_attack(
    session: Session, focused: JudgedFace, result: AttackResult, *, stop_at: float | None, current: bool
) -> None:
    """Show an attack on a face, its conclusion first.

    Args:
        session: holds the answers.
        focused: the face.
        result: the attack on it.
        stop_at: the score of "real" that it was to stop at, or None.
        current: whether it was made with the settings on the screen.
    """
    words = PlannedAttack(result.attack, result.settings, result.seed, stop_at).words
    if not current:
        warning = f"This result was made with other settings than those on the screen: {plain(words)}."
        st.warning(warning, icon=":material/history:")
    for note in result.notes:
        st.info(plain(note), icon=":material/info:")
    attacked = pipeline.attacked_crop(result)
    answer = attack_answer(session, attacked)
    st.header(plain(attack_sentence(result)), anchor=False)
    st.markdown(plain(notice_sentence(result, answer.answer if answer else None)))
    show_pictures(session, focused.face.crop, attacked, key="attack")
    key = "w" if is_looked_at(session) else None
    if st.button("Why?", icon=":material/gradient:", key="to-explain", shortcut=key):
        st.switch_page("pages/explain.py")
    st.caption(f"{plain(words)}. {SAVED}" if current else SAVED)
    _norms(result)
    behind = partial(_verdicts, session, focused, result, answer)
    fold(session, "How sure is this?", behind, icon=":material/help:", key="attack-how-sure")
    post_processing_panel.draw(session, focused, result, stop_at=stop_at)
    show_trajectory(session, result, answer)
    masking_panel.draw(session)
    _downloads(session, focused, result, answer, stop_at)


def show_pictures(session: Session, clean: Array, attacked: Array, *, key: str) -> None:
    """Show clean, attacked, and the change by a factor that can be chosen.

    Args:
        session: holds the factor.
        clean: (H, W, 3) uint8.
        attacked: the same after the attack.
        key: tells the place from others of the page.
    """
    redraw_alone(session, lambda: _pictures(session, clean, attacked, key))


def _pictures(session: Session, clean: Array, attacked: Array, key: str) -> None:
    settings, place, slider = session.page_state(AttackSettings), st.container(), f"factor-{key}"
    follow_setting(slider, settings.factor)
    factor = st.slider(
        "Difference factor",
        1,
        64,
        help="What the difference is multiplied by; grey: no change.",
        width=320,
        key=slider,
    )
    store_settings(settings, factor=factor)
    difference = drawn_image(
        f"difference {crop_id(clean)} {crop_id(attacked)} {settings.factor}",
        lambda: amplified_difference(clean / 255, attacked / 255, factor=settings.factor),
    )
    title = f"Difference, {settings.factor} times"
    pictures = [
        ComparedPicture("Original", "As it came", clean),
        ComparedPicture("Attacked", "As it was saved without loss", attacked),
        ComparedPicture(title, "What was changed, amplified about mid-grey", difference),
    ]
    with place:
        compare_pictures(pictures, key=f"compare-{key}")


def _verdicts(session: Session, focused: JudgedFace, result: AttackResult, answer: AskedAttack | None) -> None:
    left, arrow, right = st.columns([8, 1, 8])
    with left:
        show_verdict(result.before, session.detector, title="Clean", key="before")
        _attack_verdict(session, attack_answer(session, focused.face.crop))
    arrow.markdown("### :material/arrow_forward:", text_alignment="center")
    with right:
        show_verdict(result.after, session.detector, title="Attacked", key="after")
        _attack_verdict(session, answer, attacked_here=result.success)


def _attack_verdict(session: Session, asked: AskedAttack | None, *, attacked_here: bool = False) -> None:
    """Show whether one of the two looks attacked, and how sure that is."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Was it attacked?", width="content")
        attack_badge(asked.answer if asked else None, attacked_here=attacked_here)
    if asked is None:
        return
    st.caption(plain(limit_sentence(asked.answer, reach_of(session))))
    if asked.verdict:
        st.caption(f"Attack detector, beside it: {plain(attack_detector_sentence(*asked))}")


def _norms(result: AttackResult) -> None:
    values = (
        f"{result.linf * 255:.0f}/255",
        f"{result.l2:.3f}",
        f"{result.l0:,} pixels",
        f"{result.psnr:.1f} dB",
        f"{result.queries}",
        f"{result.backwards}",
        f"{result.seconds:.1f}",
    )
    said = "  \u2003".join(f"{name} **{value}**" for (name, _), value in zip(NORMS, values, strict=True))
    st.markdown(said, help="\n".join(f"- **{name}**: {meaning}" for name, meaning in NORMS))


def _downloads(
    session: Session, focused: JudgedFace, result: AttackResult, answer: AskedAttack | None, stop_at: float | None
) -> None:
    assert session.media
    verdict, asked = (answer.verdict, answer.answer) if answer else (None, None)
    record = partial(
        face_attack_record, session.media, focused.face, result, stop_at=stop_at, verdict=verdict, answer=asked
    )
    name, rows = f"{result.attack}-{result.id[:12]}", partial(trajectory_rows, result)

    def shown() -> ShownRecord:
        settings = {
            "detector": session.detector.version,
            "frames": session.frames_searched,
            **attack_settings_record(result, stop_at=stop_at),
        }
        files: dict[str, Content] = {"face.png": result.png, "trajectory.csv": csv_file(rows())}
        weights = weights_shown(session, [result.attack], asked=[answer])
        return ShownRecord("attack", attack_sentence(result), settings, record(), files, weights)

    hand_in(session, shown, about=focused.face.id)
    with st.container(horizontal=True):
        st.download_button(
            "Attacked face as PNG",
            result.png,
            f"{name}.png",
            "image/png",
            on_click="ignore",
            icon=":material/download:",
            help="The very file that was judged.",
        )
        json_button("Result as JSON", record, f"{name}.json", key="attack-json")
        csv_button("Trajectory as CSV", rows, f"{name}-trajectory.csv", key="attack-course")
