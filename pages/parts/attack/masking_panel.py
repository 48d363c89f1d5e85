"""Does the detector hide its gradient? A check that is started with a button, each finding with its numbers."""

from __future__ import annotations

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.analysis.gradient_masking import Finding, GradientCheck, can_be_checked, fewest, gradient_check
from core.engine import jobs
from core.output import text
from core.types import Settings
from pages.parts.attack import sweep_tab
from pages.parts.session import session
from pages.parts.widgets import tables

MOST = 6  # faces: each is attacked five times
HELP = (
    "A detector can resist a gradient attack by hiding its gradient instead of by being robust. Three signs of it: the "
    "score does not move under an attack that follows the gradient; a larger epsilon fools fewer faces; an attack that "
    "sees scores only fools more than one that sees the gradient (Athalye et al. 2018, section 3.1)."
)


def draw(desk: session.Desk) -> None:
    """The panel: a button, then the findings."""
    st.subheader("Is the gradient masked?", anchor=False, help=HELP)
    assert desk.media
    of = ("check", desk.media.id, desk.detector.version)
    kept: tuple[GradientCheck, Settings, int] | None = desk.attacked.kept.get(of)
    method, settings = _asked(desk)
    faces = sweep_tab.some(desk.judged, "fake", MOST)
    title, size = ATTACKS[method].title, f"{float(settings['eps']) * 255:.4g}/255"
    if kept:
        _found(kept, (method, settings, desk.attack.seed))
    elif not faces:
        st.caption("No face of this file is called fake, so there is none to attack.")
    else:
        st.caption(
            f"{title} at a quarter, half, once and twice {size}, and Square at {size}, on {_count(len(faces))} called "
            f"fake{'' if len(faces) >= fewest() else '; with one face, shares cannot differ beyond chance'}."
        )
    label = "Check again" if kept else "Check for a masked gradient"
    with st.container(horizontal=True):
        if st.button(label, icon=":material/troubleshoot:", disabled=desk.busy or not faces):
            _start(desk, of)
            st.rerun()
        if kept:
            rows = [
                {"sign": f.sign, "found": f.warned, "can_show": f.possible, "sentence": f.sentence}
                for f in kept[0].findings
            ]
            tables.csv_button("Check as CSV", rows, "gradient-check.csv", key="check-csv")


def _count(number: int) -> str:
    return f"{number} face{'s' * (number != 1)}"


def _asked(desk: session.Desk) -> tuple[str, Settings]:
    """The attack on the screen where it can be checked with, else PGD at its epsilon or its own."""
    choice = desk.attack
    if can_be_checked(choice.method):
        given = ATTACKS[choice.method].settings(choice.values)
        if float(given["eps"]) > 0:
            return choice.method, given
    return "pgd", ATTACKS["pgd"].settings({"steps": 20})


def _start(desk: session.Desk, of: tuple[str, str, str]) -> None:
    detector, seed = desk.detector, desk.attack.seed
    method, settings = _asked(desk)
    crops = [item.face.crop for item in sweep_tab.some(desk.judged, "fake", MOST)]

    def work(job: jobs.Job) -> None:
        def told(what: str, done: int, total: int) -> None:
            job.tell(done, total, what)

        found = gradient_check(detector, crops, method, settings, seed=seed, progress=told, should_stop=job.halt.is_set)
        desk.attacked.keep(of, (found, settings, seed))

    desk.start("masking", "Checking for a masked gradient, attacks", work)


def _found(kept: tuple[GradientCheck, Settings, int], now: tuple[str, Settings, int]) -> None:
    check, settings, seed = kept
    for finding in check.findings:
        _one(finding)
    warned = sum(finding.warned for finding in check.findings)
    if check.findings and not warned:
        st.caption("None of these is a sign of a masked gradient. That is no proof that the detector is robust.")
    if check.stopped:
        st.info("Stopped: only attacks on all faces are counted.", icon=":material/info:")
    said = f"{text.settings_words(ATTACKS[check.attack], settings)}, seed {seed}"
    if now != (check.attack, settings, seed):
        st.warning(
            f"This check was made with other settings than those on the screen: {tables.plain(said)}.",
            icon=":material/history:",
        )
    st.caption(
        f"{_count(check.faces)} called fake. {tables.plain(said)}; for a part of the attacks the epsilon was "
        "changed as said. Each ends when the face is called real with 0.6."
    )


def _one(finding: Finding) -> None:
    if finding.warned:
        word, icon = "found", "warning"
    elif finding.possible:
        word, icon = "not found", "check"
    else:
        word, icon = "cannot be told", "help"
    st.markdown(f":material/{icon}: **{tables.plain(finding.sign)}: {word}.** {tables.plain(finding.sentence)}.")
