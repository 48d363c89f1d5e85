"""Does the attack survive? The verdict after the ways that pictures travel, clean beside attacked."""

from __future__ import annotations

import streamlit as st

from core import pipeline
from core.engine import jobs, results
from core.media import post_processing
from core.media_attack import robustness
from core.output import screen
from core.output.records import attack_record
from core.types import AttackResult, InputError, Judged
from pages.parts.session import session
from pages.parts.widgets import image_widgets, tables, verdict_card


def draw(desk: session.Desk, item: Judged, result: AttackResult) -> None:
    """The panel: a button, then a plot and a table of the verdicts."""
    st.subheader("Does it survive?", anchor=False, help="The face is coded, resized or blurred, and judged again.")
    key = results.key_of("survival", result.id, desk.detector.version, result.attack, result.settings, result.seed)
    rows: list[robustness.Survival] | None = desk.results.get(key)
    if rows is None:
        st.caption("The verdict after JPEG, WebP, H.264, resizing and blur, for the clean and the attacked face.")
        if st.button("Try the ways that pictures travel", icon=":material/send:", disabled=desk.busy):
            _start(desk, item, result, key)
            st.rerun()
        return
    lasting, own = sum(row.survived for row in rows), sum(row.by_attack for row in rows)
    st.markdown(
        f"After **{lasting} of {len(rows)}** ways the attacked face is still called real; after {own} of them its "
        "clean twin is called fake, so that it is the attack that lasts.",
        help="Where the clean twin is called real as well after the same way, the way did that, not the attack.",
    )
    if len(rows) < len(post_processing.WAYS):
        st.info(f"Stopped: {len(rows)} of {len(post_processing.WAYS)} ways were tried.", icon=":material/info:")
        if st.button("Try them all", icon=":material/send:", disabled=desk.busy):
            _start(desk, item, result, key)
            st.rerun()
    lines = [
        ("Clean", "inconclusive", [row.clean.p_fake for row in rows]),
        ("Attacked", "attacked", [row.attacked.p_fake for row in rows]),
    ]
    figure = screen.survival([row.words for row in rows], lines, bands=desk.detector.bands)
    image_widgets.chart(figure, "Score of “fake” after each way, clean and attacked", key="survival")
    with st.expander("The same as a table", icon=":material/table:"):
        tables.shown(
            [
                {
                    "after": row.words,
                    "clean": f"{row.clean.band}, {verdict_card.score(row.clean)}",
                    "attacked": f"{row.attacked.band}, {verdict_card.score(row.attacked)}",
                    "survives": "no" if not row.survived else "yes" if row.by_attack else "so does its clean twin",
                }
                for row in rows
            ]
        )
    records = robustness.record(rows)
    with st.container(horizontal=True):
        tables.csv_button("Survival as CSV", [tables.flat(row) for row in records], "survival.csv", key="survival-csv")
        whole = {"attack": attack_record(result), "detector": desk.detector.version, "ways": records}
        tables.json_button("Survival as JSON", whole, "survival.json", key="survival-json")


def _start(desk: session.Desk, item: Judged, result: AttackResult, key: results.Key) -> None:
    detector, clean, attacked = desk.detector, item.face.crop, pipeline.attacked_crop(result)

    def work(job: jobs.Job) -> None:
        def told(done: int, total: int) -> None:
            job.tell(done, total)

        rows = robustness.survival(detector, clean, attacked, progress=told, should_stop=job.halt.is_set)
        if not rows:
            raise InputError("Stopped before the first way was tried.")
        desk.results.put(key, rows)

    desk.start("survival", "Coding, resizing, blurring and judging again, ways", work)
