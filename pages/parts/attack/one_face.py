"""Attack one face: verdicts before and after, images, norms, trajectories."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.attacks import ATTACKS
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.media.images import amplified_difference
from core.output import records, screen
from core.types import Array, AttackResult, JudgedFace
from pages.parts.attack import masking_panel, post_processing_panel
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attack.live_view import SOME_STEPS, live_callbacks
from pages.parts.attack.method_settings import attack_words, can_stop_early, draw_form, show_made_with
from pages.parts.session.attack_answers import AskedAttack, ask_in_job, attack_answer, attack_detector
from pages.parts.session.kept_attacks import attack_key, keep_attack, latest_attack, latest_attack_key
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.widgets.badges import attack_badge
from pages.parts.widgets.chart_widgets import show_chart
from pages.parts.widgets.image_widgets import show_image, show_small_image
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
ASKS = {"none": "before and after only", "some": f"at about {SOME_STEPS} steps", "each": "at each step"}


def draw_settings(session: Session, focused: JudgedFace | None) -> None:
    """Draw an attack's settings for the face in focus, and its button."""
    if draw_form(session, button="Run attack", more=lambda: _asking(session)):
        if focused:
            _start(session, focused)
        st.rerun()


def _asking(session: Session) -> None:
    """Ask how often the attack detector is asked."""
    settings, fits = session.page_state(AttackSettings), attack_detector().fits(session.detector.name)
    asks = st.selectbox(
        "Attack detector asked",
        list(ASKS),
        list(ASKS).index(settings.asks) if fits else 0,
        disabled=not fits,
        format_func=ASKS.__getitem__,
        help="The course of its verdict while the attack runs. It reads a map, so each time costs a pass forward and "
        "back of the detector and one of its own; nothing of the attack depends on it. It is asked about images that "
        "are called real only." + ("" if fits else " It was not trained on maps of this detector."),
    )
    if fits:
        store_settings(settings, asks=asks)


def _wanted(session: Session, focused: JudgedFace) -> ResultKey[AttackResult]:
    """Name the attack that the settings on the screen ask for."""
    settings = session.page_state(AttackSettings)
    given = ATTACKS[settings.method].settings(settings.values)
    stop_at = settings.stop_at if can_stop_early(settings.method, given) else None
    return attack_key(focused.face.id, session.detector.version, settings.method, given, settings.seed, stop_at)


def _start(session: Session, focused: JudgedFace) -> None:
    key = _wanted(session, focused)
    kept = session.results.get(key)
    if kept is not None and not kept.stopped:
        session.results.mark_latest(key)
        return
    settings, detector, face = session.page_state(AttackSettings), session.detector, focused.face
    entry, method, asks = ATTACKS[settings.method], settings.method, settings.asks
    given, stop_at = entry.settings(settings.values), _stop_at(key)
    steps, asked = entry.facts.passes(given)[0], attack_detector()
    score = pipeline.attack_score(detector, asked) if asked.fits(detector.name) else None

    def work(job: Job) -> None:
        callbacks = live_callbacks(job, entry.title, stop_at=stop_at, score=score, steps=steps, asks=asks)
        result = pipeline.attack(detector, face.crop, method, given, seed=key.seed, callbacks=callbacks)
        keep_attack(session, face.id, detector.version, result, stop_at)
        for crop, verdict in ((face.crop, result.before), (pipeline.attacked_crop(result), result.after)):
            ask_in_job(session, crop, verdict, detector)

    session.start("attack", f"{entry.title}, query", work, total=steps)


def _stop_at(key: ResultKey[AttackResult]) -> float | None:
    """Return the score of "real" that an attack was to stop at."""
    value = key.setting("stop_at")
    return None if value is None else float(value)


def draw_result(session: Session, focused: JudgedFace | None) -> None:
    """Draw the last attack on the face in focus, with its robustness."""
    if focused is None:
        st.info("The face in focus has no verdict; choose another one above, or attack the whole file.")
        return
    key, result = latest_attack_key(session), latest_attack(session)
    if key is None or result is None:
        show_small_image(focused.face.crop, "Clean: no attack was put on this face yet. Settings are at the left.")
        return
    words = attack_words(result.attack, result.settings, result.seed, _stop_at(key))
    show_made_with(words, current=key == _wanted(session, focused))
    for note in result.notes:
        st.info(plain(note), icon=":material/info:")
    attacked = pipeline.attacked_crop(result)
    answer = attack_answer(session, attacked)
    _verdicts(session, focused, result, answer)
    _images(session, focused, attacked)
    _norms(result)
    _trajectory(session, result, answer)
    post_processing_panel.draw(session, focused, result)
    masking_panel.draw(session)
    _downloads(session, focused, result, answer, _stop_at(key))


def _verdicts(session: Session, focused: JudgedFace, result: AttackResult, answer: AskedAttack | None) -> None:
    left, arrow, right = st.columns([8, 1, 8])
    with left:
        show_verdict(result.before, session.detector, title="Clean", key="before")
        _attack_verdict(attack_answer(session, focused.face.crop))
    arrow.markdown("### :material/arrow_forward:", text_alignment="center")
    with right:
        title = "Attacked: judged from the saved 8-bit PNG, re-opened"
        show_verdict(result.after, session.detector, title=title, key="after")
        _attack_verdict(answer, attacked_here=result.success)


def _attack_verdict(asked: AskedAttack | None, *, attacked_here: bool = False) -> None:
    """Show whether one of the two looks attacked, by both answers."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Was it attacked?", width="content")
        attack_badge(asked.answer if asked else None, attacked_here=attacked_here)
        if asked and asked.verdict:
            st.caption(f"attack detector: {asked.verdict.p_attacked:.3f} of “attacked”", width="content")


def _images(session: Session, focused: JudgedFace, attacked: Array) -> None:
    columns, clean = st.columns(3), focused.face.crop
    with columns[0]:
        show_image(clean, "Clean", alt="The clean face")
    with columns[1]:
        show_image(attacked, "Attacked", alt="The attacked face, from the saved PNG")
    with columns[2]:
        show_difference(session, clean, attacked)


def show_difference(session: Session, clean: Array, attacked: Array) -> None:
    """Show the change, amplified about mid-grey by a factor that can be chosen."""
    settings = session.page_state(AttackSettings)
    factor = settings.factor
    image = amplified_difference(clean / 255, attacked / 255, factor=factor)
    show_image(image, f"Difference, {factor} times amplified about mid-grey")
    new = st.slider("Difference factor", 1, 64, factor, help="What the difference is multiplied by; grey: no change.")
    if store_settings(settings, factor=new):
        st.rerun()


def _norms(result: AttackResult) -> None:
    values = (
        f"{result.linf * 255:.0f}/255",
        f"{result.l2:.3f}",
        f"{result.l0}",
        f"{result.psnr:.1f} dB",
        f"{result.queries}",
        f"{result.backwards}",
        f"{result.seconds:.1f}",
    )
    with st.container(horizontal=True, gap="small"):
        for (name, help), value in zip(NORMS, values, strict=True):
            st.markdown(f"{name} **{value}**", help=help, width="content")


def _trajectory(session: Session, result: AttackResult, answer: AskedAttack | None) -> None:
    """Draw the scores of both detectors at each step."""
    if not result.trajectory:
        return
    st.subheader("Course of the verdict", anchor=False)
    attacked = answer.verdict.p_attacked if answer and answer.verdict else None
    figure = screen.trajectory(
        result.trajectory,
        bands=session.detector.bands,
        saved=result.after.p_fake,
        attacked=attacked,
        detector_trajectory=result.detector_trajectory,
    )
    show_chart(figure, "Scores of both detectors at each step, and of the saved image", key="course")
    bands = "Background, from below: not manipulated, inconclusive, manipulated. " if session.detector.bands else ""
    st.caption(
        f"{bands}Each step's score of “fake” is of the image before rounding to 8 bits; the square is the saved "
        f"image. Diamonds: what the attack detector says, of 8 bits as well. {_answers_on_the_way(result)}"
    )


def _answers_on_the_way(result: AttackResult) -> str:
    """Say at how many steps the attack detector was asked, and what it said."""
    scores = [value for _, value in result.detector_trajectory]
    said = [value for value in scores if value is not None]
    if not scores:
        return "It was not asked on the way."
    if not said:
        return f"It was to be asked at {len(scores)} steps; the face was called fake at each of them: not asked."
    return (
        f"On the way its turn came at {len(scores)} steps: called fake at {len(scores) - len(said)}, where it is not "
        f"asked; attacked at {sum(value > 0.5 for value in said)} of the other {len(said)}."
    )


def _downloads(
    session: Session, focused: JudgedFace, result: AttackResult, answer: AskedAttack | None, stop_at: float | None
) -> None:
    assert session.media
    trajectory = [records.number(value) for value in result.trajectory]
    asked = records.detector_trajectory_record(result)
    record = {
        "media": records.media_record(session.media),
        "face": records.face_record(focused.face),
        "attack": records.attack_record(result) | {"stop_at": stop_at},
        "attack_verdict_after": records.attack_verdict_record(answer.verdict if answer else None),
        "attack_answer_after": records.attack_answer_record(answer.answer) if answer else None,
        "course": trajectory,
        "attacked_course": asked,
    }
    name = f"{result.attack}-{result.id[:12]}"
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
        scores = {row["step"]: row["p_attacked"] for row in asked}
        rows = [
            {"step": step, "p_fake": value, "p_attacked": scores.get(step)} for step, value in enumerate(trajectory, 1)
        ]
        csv_button("Course as CSV", rows, f"{name}-course.csv", key="attack-course")
