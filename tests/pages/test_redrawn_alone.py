"""A click in a part of a page redraws that part, and the page where the click began work."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _script() -> None:
    import threading

    import streamlit as st

    from pages.parts.session.session import Session
    from pages.parts.widgets.redrawn_alone import redraw_alone

    if "session" not in st.session_state:
        st.session_state["session"], st.session_state["drawn"] = Session(), {"page": 0, "part": 0}
        st.session_state["go on"] = threading.Event()
    session: Session = st.session_state["session"]
    drawn, gate = st.session_state["drawn"], st.session_state["go on"]
    session.begin_run()
    drawn["page"] += 1

    def part() -> None:
        drawn["part"] += 1
        st.button("Again")
        if st.button("Work"):
            session.start("study", "Working", lambda _: gate.wait(60) and None)

    redraw_alone(session, part)
    st.caption("busy" if session.busy else "idle")


def test_a_click_redraws_its_part_and_begun_work_the_page() -> None:
    test = AppTest.from_function(_script, default_timeout=60).run()
    assert not test.exception
    assert test.session_state["drawn"] == {"page": 1, "part": 1}
    test.button[1].click().run()
    assert not test.exception
    assert test.caption[0].value == "busy", "the page shows the work that a click in its part began"
    test.button[0].click().run()
    assert test.caption[0].value == "busy"
    test.session_state["go on"].set()
    test.session_state["session"].job.thread.join(60)
    assert test.run().caption[0].value == "idle"
