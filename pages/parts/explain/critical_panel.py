"""Show critical pixels: those an attack acts through, those that reveal it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain.analysis.critical_pixels import critical_pixels
from core.output import screen, text
from core.output.critical_record import SOURCE, critical_arrays, critical_record, critical_rows
from core.output.critical_sentences import critical_sentence, revealing_sentence
from core.output.shown_record import Content, ShownRecord, csv_file
from core.types import Array
from core.types.critical_results import CriticalComparison, CriticalPixels, KeptEffect, PixelTest
from pages.parts.explain import map_columns
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.explain.repeatable import face_settings
from pages.parts.session.looked_at import is_looked_at
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.widgets.chart_widgets import PLAIN_CHART
from pages.parts.widgets.encoded_images import png_of
from pages.parts.widgets.image_widgets import show_image
from pages.parts.widgets.page_links import offer_attack
from pages.parts.widgets.progress_bar import ProgressPlace
from pages.parts.widgets.tables import csv_button, json_button, plain, show_table

ABOUT = {
    "attack generation": "Where the attacked face's score comes from: the largest absolute SHAP values of the attacked "
    "face.",
    "attack detection": "Where the attack shows: the largest absolute differences between the attacked and the clean "
    "face's SHAP values.",
}
TESTS = "critical-tests"


def draw(scene: map_columns.Scene) -> ProgressPlace | None:
    """Draw the findings for attack generation and detection, or how to get an attack."""
    if len(scene.both) == 1:
        st.markdown("Critical pixels are found from a clean face and the attacked one.")
        offer_attack("to-attack-critical")
        return None
    session = scene.session
    head, result = st.container(), st.container()
    choice = session.page_state(MapSettings)
    before = session.results.latest("critical", scene.both[1].of, session.detector.version, "shap")
    with head if before is None else st.expander("Settings", icon=":material/tune:"):
        _settings(choice)
    wanted = _key(session, scene.both)
    found, made = session.results.get(wanted), wanted
    exact = found is not None
    if found is None and before:
        found, made = session.results.get(before), before
    if found is None:
        head.markdown("Which pixels the attack acts through, and which reveal it, by SHAP values of both faces.")
    run = st.button(
        "Find critical pixels",
        type="primary",
        icon=":material/grain:",
        disabled=session.busy or exact,
        key="critical-run",
    )
    place = ProgressPlace("critical", st.empty())
    if run:
        _start(session, scene.both, wanted)
        st.rerun()
    if found is not None:
        with result:
            if not exact:
                st.warning(
                    f"Found with other settings: {found.share:.1%} of the pixels, {found.samples} samples, of the "
                    f"{text.TARGETS[found.clean.target]}.",
                    icon=":material/history:",
                )
            _shown(scene, found, made.seed)
    return place


def _settings(choice: MapSettings) -> None:
    left, right, _ = st.columns([1, 1, 2])
    share = left.number_input(
        "Share of pixels (%)",
        0.1,
        50.0,
        round(choice.share * 100, 4),
        1.0,
        "%g",
        key="critical-share",
        help="How many of the pixels are called critical: those with the largest absolute values.",
    )
    samples = right.number_input(
        "SHAP samples",
        4,
        500,
        choice.samples,
        4,
        key="critical-samples",
        help="Random points of each estimate; four estimates are made. More take longer and scatter less.",
    )
    store_settings(choice, share=float(share) / 100, samples=int(samples))


def _key(session: Session, both: list[map_columns.Side]) -> ResultKey[CriticalComparison]:
    choice = session.page_state(MapSettings)
    settings = {"share": choice.share, "samples": choice.samples, "target": choice.target, "clean": both[0].of}
    key: ResultKey[CriticalComparison] = ResultKey("critical", both[1].of, session.detector.version, "shap")
    return key.with_settings(settings, choice.seed)


def _start(session: Session, both: list[map_columns.Side], key: ResultKey[CriticalComparison]) -> None:
    detector, choice = session.detector, session.page_state(MapSettings)
    share, samples, target, seed = choice.share, choice.samples, choice.target, choice.seed
    clean, attacked = both

    def work(job: Job) -> None:
        found = critical_pixels(
            detector,
            clean.crop,
            attacked.crop,
            share=share,
            samples=samples,
            target=target,
            seed=seed,
            progress=job,
        )
        session.results.put(key, found, latest=True)

    session.start("critical", "Estimating SHAP values, steps", work, total=6)


def _shown(scene: map_columns.Scene, found: CriticalComparison, seed: int | None) -> None:
    """Draw the sentence, both pictures, and the tests folded."""
    st.header(critical_sentence(found), anchor=False)
    st.caption(revealing_sentence(found))
    both = (found.generation, found.detection)
    for column, one in zip(st.columns(2, gap="large"), both, strict=True):
        with column:
            st.subheader(one.purpose.capitalize(), anchor=False, help=ABOUT[one.purpose])
            show_image(
                screen.pixels_on(scene.both[1].crop, one.mask),
                f"{int(one.mask.sum())} critical pixels, in orange",
                alt=f"The attacked face, pixels critical for {one.purpose} in orange",
            )
            if one.degenerate:
                st.info(plain(one.degenerate), icon=":material/info:")
    tests = st.expander("Tests and charts", icon=":material/bar_chart:", key=TESTS, on_change="rerun")
    if tests.open and is_looked_at(scene.session):
        with tests:
            st.caption(f":material/warning: {plain(found.warning)}")
            for column, one in zip(st.columns(2, gap="large"), both, strict=True):
                with column:
                    _purpose(one)
            st.caption(plain(SOURCE))
    _downloads(scene, found, seed)


def _purpose(one: CriticalPixels) -> None:
    """Draw the tests and charts of one purpose."""
    name = one.purpose.replace(" ", "-")
    st.subheader(one.purpose.capitalize(), anchor=False)
    st.caption(ABOUT[one.purpose])
    if one.test:
        st.markdown(_words(one.test))
        means = screen.group_means(
            [one.test.critical.mean, one.test.other.mean],
            [one.test.critical.sd, one.test.other.sd],
            [f"critical ({one.test.critical.count})", f"others ({one.test.other.count})"],
        )
        st.caption("Mean absolute SHAP value; whiskers are standard deviations")
        st.plotly_chart(
            means,
            key=f"{name}-means",
            config=PLAIN_CHART,
            alt="Mean absolute SHAP value of critical and of other pixels",
        )
    if one.mask.any():
        st.caption("How the values are distributed; the last bars hold what lies beyond")
        groups = {"critical": one.critical, "others": one.other}
        st.plotly_chart(
            screen.group_histograms(one.edges, groups),
            key=f"{name}-histograms",
            config=PLAIN_CHART,
            alt="Histograms of the SHAP values of both groups",
        )
        st.caption(f"The {len(one.top)} pixels with the largest absolute values")
        st.plotly_chart(
            screen.top_pixels(one.top),
            key=f"{name}-top",
            config=PLAIN_CHART,
            alt="The values of the most critical pixels",
        )
        _effect(one.effect)


def _words(test: PixelTest) -> str:
    """Format the tests as sentences; the one without independence assumption first."""
    larger = "larger" if test.critical.mean > test.other.mean else "not larger"
    t_value = f"{test.t:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"On samples that they were not chosen by, the critical pixels' absolute values are **{larger}**: "
        f"{test.critical.mean:.2e} on average, against {test.other.mean:.2e} elsewhere (Cohen's d {test.d:.2f}). "
        f"Shift test: p **{_p(test.p_shift)}**. Welch's t-test: t {t_value} at {test.df:.0f} degrees of freedom, "
        f"p {_p(test.p)}."
    )


def _p(value: float) -> str:
    if value < 1e-300:
        return "< 1e\N{MINUS SIGN}300"
    return f"= {value:.2g}".replace("e-", "e\N{MINUS SIGN}")


def _effect(effect: KeptEffect) -> None:
    st.caption("The score of “manipulated” when the attack is kept in some pixels only")
    rows: Mapping[str, tuple[float, float | None]] = {
        "nowhere: the clean face": (effect.clean, None),
        "everywhere: the attacked face": (effect.attacked, None),
        "in the critical pixels only": (effect.only, effect.chance_only),
        "everywhere but in them": (effect.without, effect.chance_without),
    }
    show_table(
        [
            {
                "attack kept": name,
                "score": f"{value:.1%}",
                "at random places": "" if chance is None else f"{chance:.1%}",
            }
            for name, (value, chance) in rows.items()
        ]
    )


def _downloads(scene: map_columns.Scene, found: CriticalComparison, seed: int | None) -> None:
    face, version, crop = scene.judged.face, scene.session.detector.version, scene.both[1].crop
    rows = partial(critical_rows, found)
    record = partial(critical_record, found, face=face, detector=version, seed=seed)
    pictures = {one.purpose: partial(_png, crop, one) for one in (found.generation, found.detection)}

    def shown() -> ShownRecord:
        files: dict[str, Content] = {"pixels.csv": csv_file(rows()), "values.npz": partial(critical_arrays, found)}
        files |= {_file_name(purpose): picture for purpose, picture in pictures.items()}
        results = record()
        settings = face_settings(scene) | {name: results[name] for name in ("share", "samples", "target", "seed")}
        return ShownRecord("critical-pixels", critical_sentence(found), settings, results, files, scene.weights)

    hand_in(scene.session, shown, about=" ".join(side.of for side in scene.both))
    with st.container(horizontal=True):
        csv_button("Critical pixels as CSV", rows, "critical.csv", key="critical-csv")
        for purpose, picture in pictures.items():
            st.download_button(
                f"{purpose.capitalize()} as PNG",
                picture,
                _file_name(purpose),
                "image/png",
                on_click="ignore",
                icon=":material/download:",
                key=f"critical-png-{purpose}",
            )
        st.download_button(
            "Values and masks as NPZ",
            partial(critical_arrays, found),
            "critical.npz",
            "application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
            key="critical-npz",
        )
        json_button("Tests as JSON", record, "critical.json", key="critical-json")


def _png(crop: Array, one: CriticalPixels) -> bytes:
    """Draw the critical pixels on the face, as PNG in its own size."""
    return png_of(screen.pixels_on(crop, one.mask), longest=None)


def _file_name(purpose: str) -> str:
    return f"{purpose.replace(' ', '-')}.png"
