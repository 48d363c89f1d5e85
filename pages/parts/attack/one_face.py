"""One face under attack: both detectors' verdicts before and after, the pictures, the norms, the course."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.attacks import ATTACKS
from core.engine import jobs
from core.media.images import amplified_difference
from core.output import records, screen
from core.types import Array, AttackResult, AttackVerdict, Judged
from pages.parts.attack import live_view, masking_panel, method_settings, post_processing_panel
from pages.parts.session import choices, session
from pages.parts.widgets import image_widgets, tables, verdict_card

NORMS = (
    ("L-inf", "The largest change of any channel of any pixel. Smaller is less visible."),
    ("L2", "The Euclidean length of the change, values in 0 to 1. Smaller is less visible."),
    ("L0", "How many pixels differ in any channel. Fewer is less visible."),
    ("PSNR", "Peak signal-to-noise ratio to the clean face. Larger is less visible."),
    ("Queries", "How often the detector was asked about a picture (forward passes). Fewer is cheaper."),
    ("Gradients", "Backward passes: how often a gradient was taken back to the picture; none in a black-box attack."),
    ("Seconds", "With both verdicts, on this machine as busy as it was."),
)
ASKS = {"none": "before and after only", "some": f"at about {live_view.SOME} steps", "each": "at each step"}


def settings(desk: session.Desk, item: Judged | None) -> None:
    """The left side."""
    if method_settings.draw(desk, button="Run attack", more=lambda: _more(desk)):
        if item:
            _start(desk, item)
        st.rerun()


def _more(desk: session.Desk) -> None:
    """How often the attack detector is asked, inside the form."""
    choice, fits = desk.attack, desk.watcher.fits(desk.detector.name)
    asks = st.selectbox(
        "Attack detector asked",
        list(ASKS),
        list(ASKS).index(choice.asks) if fits else 0,
        disabled=not fits,
        format_func=ASKS.__getitem__,
        help="The course of its verdict while the attack runs. It reads a map, so each time costs a pass forward and "
        "back of the detector and one of its own; nothing of the attack depends on it. It is asked about pictures that "
        "are called real only." + ("" if fits else " It was not trained on maps of this detector."),
    )
    if fits:
        choices.changed(choice, asks=asks)


def _start(desk: session.Desk, item: Judged) -> None:
    choice, detector, face = desk.attack, desk.detector, item.face
    entry = ATTACKS[choice.method]
    given, method, seed = entry.settings(choice.values), choice.method, choice.seed
    stop_at = choice.stop_at if method_settings.stops(method, given) else None
    key = session.attack_key(face.id, detector.version, method, given, seed, stop_at)
    kept = desk.results.get(key)
    if kept is not None and not kept.stopped:
        desk.latest[face.id, detector.version] = key
        return

    watcher, asks, total = desk.watcher, choice.asks, entry.facts["passes"](given)[0]
    asked = pipeline.attack_score(detector, watcher) if watcher.fits(detector.name) else None

    def work(job: jobs.Job) -> None:
        watch = live_view.watch(job, entry.title, stop_at=stop_at, asked=asked, total=total, asks=asks)
        result = pipeline.attack(detector, face.crop, method, given, seed=seed, watch=watch)
        desk.keep_attack(face.id, result, detector.version, stop_at)
        for crop, verdict in ((face.crop, result.before), (pipeline.attacked_crop(result), result.after)):
            desk.ask_now(crop, verdict, detector)

    desk.start("attack", f"{entry.title}, query", work, total=total)


def result(desk: session.Desk, item: Judged | None) -> None:
    """The right side."""
    if item is None:
        st.info("The face in focus has no verdict; choose another one above, or attack the whole file.")
        return
    found = desk.attack_result()
    if found is None:
        image_widgets.picture_alone(
            item.face.crop, "Clean: no attack was put on this face yet. Settings are at the left."
        )
        return
    stop_at = _said(desk, item, found)
    for note in found.notes:
        st.info(tables.plain(note), icon=":material/info:")
    attacked = pipeline.attacked_crop(found)
    answer = desk.answer(attacked, found.after)
    asked = answer[0] if answer else None
    _verdicts(desk, item, found, answer)
    _pictures(desk, item, attacked)
    _norms(found)
    _course(desk, found, asked)
    post_processing_panel.draw(desk, item, found)
    masking_panel.draw(desk)
    _downloads(desk, item, found, asked, stop_at)


def _said(desk: session.Desk, item: Judged, found: AttackResult) -> float | None:
    """What the result was made with; the score that it was to stop at."""
    choice = desk.attack
    given = ATTACKS[choice.method].settings(choice.values)
    ends = choice.stop_at if method_settings.stops(choice.method, given) else None
    version = desk.detector.version
    then = desk.latest[item.face.id, version]
    now = session.attack_key(item.face.id, version, choice.method, given, choice.seed, ends)
    stop_at: float | None = dict(then[4]).get("stop_at")  # type: ignore[assignment]
    method_settings.made_with(now, then, method_settings.words(found.attack, found.settings, found.seed, stop_at))
    return stop_at


def _verdicts(desk: session.Desk, item: Judged, found: AttackResult, answer: session.Answer | None) -> None:
    left, arrow, right = st.columns([8, 1, 8])
    with left:
        verdict_card.verdict_card(found.before, desk.detector, title="Clean", key="before")
        _attack_verdict(desk.answer(item.face.crop, found.before))
    arrow.markdown("### :material/arrow_forward:", text_alignment="center")
    with right:
        title = "Attacked: judged from the saved 8-bit PNG, re-opened"
        verdict_card.verdict_card(found.after, desk.detector, title=title, key="after")
        _attack_verdict(answer)


def _attack_verdict(answer: session.Answer | None) -> None:
    """The attack detector's word on one of the two, in a line of its own."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Attack detector:", width="content")
        verdict_card.attack_badge(answer)
        if answer and answer[0]:
            st.caption(f"score {answer[0].p_attacked:.3f} of “attacked”", width="content")


def _pictures(desk: session.Desk, item: Judged, attacked: Array) -> None:
    columns, clean = st.columns(3), item.face.crop
    with columns[0]:
        image_widgets.picture(clean, "Clean", alt="The clean face")
    with columns[1]:
        image_widgets.picture(attacked, "Attacked", alt="The attacked face, from the saved PNG")
    with columns[2]:
        difference(desk, clean, attacked)


def difference(desk: session.Desk, clean: Array, attacked: Array) -> None:
    """The change, amplified about mid-grey by a factor that can be chosen."""
    factor = desk.attack.factor
    picture = amplified_difference(clean / 255, attacked / 255, factor=factor)
    image_widgets.picture(picture, f"Difference, {factor} times amplified about mid-grey")
    new = st.slider("Difference factor", 1, 64, factor, help="What the difference is multiplied by; grey: no change.")
    if choices.changed(desk.attack, factor=new):
        st.rerun()


def _norms(found: AttackResult) -> None:
    values = (
        f"{found.linf * 255:.0f}/255",
        f"{found.l2:.3f}",
        f"{found.l0}",
        f"{found.psnr:.1f} dB",
        f"{found.queries}",
        f"{found.backwards}",
        f"{found.seconds:.1f}",
    )
    with st.container(horizontal=True, gap="small"):
        for (name, help), value in zip(NORMS, values, strict=True):
            st.markdown(f"{name} **{value}**", help=help, width="content")


def _course(desk: session.Desk, found: AttackResult, asked: AttackVerdict | None) -> None:
    if not found.course:
        return
    st.subheader("Course of the verdict", anchor=False)
    attacked = asked.p_attacked if asked else None
    figure = screen.course(
        found.course,
        bands=desk.detector.bands,
        saved=found.after.p_fake,
        attacked=attacked,
        attacked_course=found.attacked_course,
    )
    image_widgets.chart(figure, "Scores of both detectors at each step, and of the saved picture", key="course")
    bands = "Background, from below: not manipulated, inconclusive, manipulated. " if desk.detector.bands else ""
    st.caption(
        f"{bands}Each step's score of “fake” is of the picture before rounding to 8 bits; the square is the saved "
        f"picture. Diamonds: what the attack detector says, of 8 bits as well. {_watched(found)}"
    )


def _watched(found: AttackResult) -> str:
    """At how many steps the attack detector was asked, and what it said."""
    scores = [value for _, value in found.attacked_course]
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
    desk: session.Desk, item: Judged, found: AttackResult, asked: AttackVerdict | None, stop_at: float | None
) -> None:
    assert desk.media
    record = {
        "media": records.media_record(desk.media),
        "face": records.face_record(item.face),
        "attack": records.attack_record(found) | {"stop_at": stop_at},
        "attack_verdict_after": records.attack_verdict_record(asked),
        "course": [records.number(value) for value in found.course],
        "attacked_course": records.attacked_course(found),
    }
    name = f"{found.attack}-{found.id[:12]}"
    with st.container(horizontal=True):
        st.download_button(
            "Attacked face as PNG",
            found.png,
            f"{name}.png",
            "image/png",
            on_click="ignore",
            icon=":material/download:",
            help="The very file that was judged.",
        )
        tables.json_button("Result as JSON", record, f"{name}.json", key="attack-json")
        too = {row["step"]: row["p_attacked"] for row in record["attacked_course"]}
        rows = [
            {"step": step, "p_fake": value, "p_attacked": too.get(step)}
            for step, value in enumerate(record["course"], 1)
        ]
        tables.csv_button("Course as CSV", rows, f"{name}-course.csv", key="attack-course")
