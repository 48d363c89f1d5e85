"""Attack: put an adversarial attack on the face in focus and watch the verdict move."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core import figures, pipeline, report
from core.attacks import ATTACKS, AttackWatch
from core.images import amplified_difference
from core.pipeline import Judged
from core.registry import Value
from core.types import AttackResult
from pages import _state, _survival, _widgets

ABOUT = "Change the face so little that nobody sees it, and watch the detector's verdict move."
OWN = "Own settings"
KINDS = {
    "white": "White box: sees the detector's gradients", "black": "Black box: sees the detector's scores only",
    "control": "A control: does not look at the detector",
}  # fmt: skip


def main() -> None:
    desk, item = _widgets.page(
        "Attack", ABOUT, "Choose a file to put an attack on a face in it, or begin with a sample:"
    )
    if item:
        left, right = st.columns([1, 3], gap="large")
        with left:
            _settings(desk, item)
            slot = st.empty()  # under the button that starts the work, where the eye is
        with right:
            _result(desk, item)
    else:
        slot = st.empty()
    _widgets.wait(slot, desk)


def _settings(desk: _state.Desk, item: Judged) -> None:
    choice, names = desk.attack, list(ATTACKS)
    method = st.selectbox(
        "Attack", names, names.index(choice.method) if choice.method in names else 0,
        format_func=lambda name: ATTACKS[name].title,
    )  # fmt: skip
    if _state.changed(choice, method=method):
        choice.values = {}
        st.rerun()
    entry = ATTACKS[method]
    norm = {"Linf": "L-infinity", "L2": "L2", "L0": "number of pixels"}[entry.facts["norm"]]
    st.caption(f"{KINDS[entry.facts['box']]}; budget: {norm}. {_widgets.plain(entry.source)}")
    values = entry.settings(choice.values)
    _presets(choice, values)
    with st.form("attack"):
        given = {param.name: _widgets.param_input(param, values[param.name]) for param in entry.params}
        seed = int(st.number_input("seed", 0, 2**31 - 1, choice.seed, help="The same seed repeats the same attack."))
        st.caption("Target: “real”. The attack wants the detector to call this face real.")
        run = st.form_submit_button(
            "Run attack", type="primary", icon=":material/bolt:", disabled=desk.busy, width="stretch"
        )
    if run:
        _state.changed(choice, values=given, seed=seed)
        _start(desk, item)
        st.rerun()


def _presets(choice: _state.AttackChoice, values: Mapping[str, Value]) -> None:
    entry = ATTACKS[choice.method]
    known = {"Defaults": entry.settings()}
    known |= {name: entry.settings(preset) for name, preset in entry.facts.get("presets", {}).items()}
    now = next((name for name, preset in known.items() if preset == values), OWN)
    names = [*known, *([OWN] if now == OWN else [])]
    picked = st.selectbox("Preset", names, names.index(now), help="Values of a paper, or the method's own defaults.")
    if picked != now:
        choice.values = dict(known[picked])
        st.rerun()


def _start(desk: _state.Desk, item: Judged) -> None:
    choice, detector, face = desk.attack, desk.detector, item.face
    entry = ATTACKS[choice.method]
    settings, method, seed = entry.settings(choice.values), choice.method, choice.seed
    key = _state.key_of("attack", face.id, detector.version, method, settings, seed)
    kept = desk.results.get(key)
    if kept is not None and not kept.stopped:
        desk.latest[face.id, detector.version] = key
        return

    def work(job: _state.Job) -> None:
        def each(query: int, p_fake: float) -> None:
            job.tell(query, text=f"{entry.title}, score of “fake” {p_fake:.3f}, query")

        watch = AttackWatch(on_query=each, should_stop=job.halt.is_set)
        result = pipeline.attack(detector, face.crop, method, settings, seed=seed, watch=watch)
        desk.keep_attack(face.id, result, detector.version)

    desk.start("attack", f"{entry.title}, query", work, total=entry.facts["passes"](settings)[0])


def _result(desk: _state.Desk, item: Judged) -> None:
    result, detector = desk.attack_result(), desk.detector
    if result is None:
        _widgets.picture_alone(item.face.crop, "Clean: no attack was put on this face yet. Settings are at the left.")
        return
    _said(desk, result)
    left, arrow, right = st.columns([8, 1, 8], vertical_alignment="center")
    with left:
        _widgets.verdict_card(result.before, detector, title="Clean", key="before")
    arrow.markdown("### :material/arrow_forward:", text_alignment="center")
    with right:
        _widgets.verdict_card(
            result.after, detector, title="Attacked: judged from the saved 8-bit PNG, re-opened", key="after"
        )
    _pictures(desk, item, result)
    _norms(result)
    for note in result.notes:
        st.info(_widgets.plain(note), icon=":material/info:")
    if result.course:
        st.subheader("Course of the verdict", anchor=False)
        _widgets.chart(
            figures.course(result.course, bands=detector.bands), "Score of “fake” at each step", key="course"
        )
        st.caption(
            "Scores before rounding to 8 bits. Background, from below: not manipulated, inconclusive, manipulated."
        )
    _survival.draw(desk, item, result)
    _downloads(desk, item, result)


def _said(desk: _state.Desk, result: AttackResult) -> None:
    words = f"{_widgets.settings_words(ATTACKS[result.attack], result.settings)}, seed {result.seed}"
    choice = desk.attack
    now = (choice.method, ATTACKS[choice.method].settings(choice.values), choice.seed)
    if now != (result.attack, dict(result.settings), result.seed):
        st.warning(
            f"This result was made with other settings than those on the screen: {words}.", icon=":material/history:"
        )
    else:
        st.caption(words)


def _pictures(desk: _state.Desk, item: Judged, result: AttackResult) -> None:
    columns = st.columns(3)
    clean, attacked = item.face.crop, pipeline.attacked_crop(result)
    with columns[0]:
        _widgets.picture(clean, "Clean", alt="The clean face")
    with columns[1]:
        _widgets.picture(attacked, "Attacked", alt="The attacked face, from the saved PNG")
    with columns[2]:
        factor = desk.attack.factor
        difference = amplified_difference(clean / 255, attacked / 255, factor=factor)
        caption = f"Difference, {factor} times amplified about mid-grey"
        _widgets.picture(difference, caption)
        new = st.slider(
            "Difference factor", 1, 64, factor, help="What the difference is multiplied by; grey: no change."
        )
        if _state.changed(desk.attack, factor=new):
            st.rerun()


def _norms(result: AttackResult) -> None:
    values = (
        (
            "L-inf",
            f"{result.linf * 255:.0f}/255",
            "The largest change of any channel of any pixel. Smaller is less visible.",
        ),
        ("L2", f"{result.l2:.3f}", "The Euclidean length of the change, values in 0 to 1. Smaller is less visible."),
        ("PSNR", f"{result.psnr:.1f} dB", "Peak signal-to-noise ratio to the clean face. Larger is less visible."),
        ("Queries", f"{result.queries}", "How often the detector was run. Fewer is cheaper."),
        ("Seconds", f"{result.seconds:.1f}", "With both verdicts, on this machine as busy as it was."),
    )
    with st.container(horizontal=True, gap="medium"):
        for name, value, help in values:
            st.markdown(f"{name} **{value}**", help=help, width="content")


def _downloads(desk: _state.Desk, item: Judged, result: AttackResult) -> None:
    assert desk.media
    record = {
        "media": report.media_record(desk.media), "face": report.face_record(item.face),
        "attack": report.attack_record(result), "course": [report.number(value) for value in result.course],
    }  # fmt: skip
    name = f"{result.attack}-{result.id[:12]}"
    with st.container(horizontal=True):
        st.download_button("Attacked face as PNG", result.png, f"{name}.png", "image/png", on_click="ignore",
                           icon=":material/download:", help="The very file that was judged.")  # fmt: skip
        _widgets.json_button("Result as JSON", record, f"{name}.json", key="attack-json")


with _widgets.guard():
    main()
