"""Check whether the detector hides its gradient, and show each finding with its numbers."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import streamlit as st

from core.attacks import ATTACKS
from core.attacks.analysis.gradient_masking import GradientCheck, can_be_checked, fewest, gradient_check
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.output.attack_results_record import finding_rows, masking_record
from core.output.attack_sentences import masking_sentence
from core.output.records import Record, face_record
from core.output.shown_record import ShownRecord, csv_file
from core.output.text import format_settings
from core.types import Settings
from core.types.attack_metrics import Finding
from pages.parts.attack.attack_settings import AttackSettings
from pages.parts.attack.faces_to_attack import chosen_faces
from pages.parts.attack.long_results import LongResults
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.tables import csv_button, plain

MAX_FACES = 6  # each is attacked five times
HELP = (
    "A detector can resist a gradient attack by hiding its gradient instead of by being robust. Three signs of it: the "
    "score does not move under an attack that follows the gradient; a larger epsilon fools fewer faces; an attack that "
    "sees scores only fools more than one that sees the gradient (Athalye et al. 2018, section 3.1)."
)


class MaskingCheck(NamedTuple):
    """Keep a check with the settings, seed and faces asked for.

    faces: recorded; frames: in how many of a video faces were looked for.
    """

    check: GradientCheck
    settings: Settings
    seed: int
    faces: tuple[Record, ...]
    frames: int


def draw(session: Session) -> None:
    """Show a button, then the findings."""
    st.subheader("Is the gradient masked?", anchor=False, help=HELP)
    key, results = _key(session), session.page_state(LongResults)
    kept = results.get(key)
    method, settings = _wanted(session)
    faces = chosen_faces(session.faces, "fake", MAX_FACES)
    title, size = ATTACKS[method].title, f"{float(settings['eps']) * 255:.4g}/255"
    if kept:
        wanted = (method, settings, session.page_state(AttackSettings).seed)
        _show_check(kept, current=wanted == (kept.check.attack, kept.settings, kept.seed))
    elif not faces:
        st.caption("“Manipulated” is the larger output for no face of this file, so there is none to attack.")
    else:
        few = "" if len(faces) >= fewest() else "; with one face, shares cannot differ beyond chance"
        st.caption(
            f"{title} at a quarter, half, once and twice {size}, and Square at {size}, on {_count(len(faces))} with "
            f"the output “manipulated”{few}."
        )
    label = "Check again" if kept else "Check for a masked gradient"
    with st.container(horizontal=True):
        if st.button(label, icon=":material/troubleshoot:", disabled=session.busy or not faces):
            _start(session, key)
            st.rerun()
        if kept:
            hand_in(session, partial(_shown_record, session, kept))
            rows = partial(finding_rows, kept.check.findings)
            csv_button("Check as CSV", rows if kept.check.findings else [], "gradient-check.csv", key="check-csv")


def _shown_record(session: Session, kept: MaskingCheck) -> ShownRecord:
    """Record the findings for the case."""
    settings = {
        "detector": session.detector.version,
        "frames": kept.frames,
        "faces": list(kept.faces),
        "attack": kept.check.attack,
        "settings": dict(kept.settings),
        "seed": kept.seed,
    }
    check = kept.check
    words = masking_sentence(check.findings, check.faces)
    results = masking_record(check.findings, faces=check.faces, stopped=check.stopped)
    files = {"check.csv": csv_file(finding_rows(check.findings))}
    weights = weights_shown(session, [kept.check.attack])
    return ShownRecord("gradient-check", words, settings, results, files, weights)


def _count(number: int) -> str:
    return f"{number} face{'s' * (number != 1)}"


def _key(session: Session) -> ResultKey[MaskingCheck]:
    assert session.media
    return ResultKey("gradient check", session.media.id, session.detector.version)


def _wanted(session: Session) -> tuple[str, Settings]:
    """Return the current attack if it fits the check, else PGD."""
    settings = session.page_state(AttackSettings)
    if can_be_checked(settings.method):
        given = ATTACKS[settings.method].settings(settings.values)
        if float(given["eps"]) > 0:
            return settings.method, given
    return "pgd", ATTACKS["pgd"].settings({"steps": 20})


def _start(session: Session, key: ResultKey[MaskingCheck]) -> None:
    detector, seed = session.detector, session.page_state(AttackSettings).seed
    method, settings = _wanted(session)
    chosen = chosen_faces(session.faces, "fake", MAX_FACES)
    crops, faces = [judged.face.crop for judged in chosen], tuple(face_record(judged.face) for judged in chosen)
    results, frames = session.page_state(LongResults), session.frames_searched

    def work(job: Job) -> None:
        found = gradient_check(detector, crops, method, settings, seed=seed, progress=job)
        results.keep(key, MaskingCheck(found, settings, seed, faces, frames))

    session.start("masking", "Checking for a masked gradient, attacks", work)


def _show_check(kept: MaskingCheck, *, current: bool) -> None:
    """Show the findings; warn where they are of other settings."""
    check = kept.check
    for finding in check.findings:
        _show_finding(finding)
    warned = sum(finding.warned for finding in check.findings)
    if check.findings and not warned:
        st.caption("None of these is a sign of a masked gradient. That is no proof that the detector is robust.")
    if check.stopped:
        st.info("Stopped: only attacks on all faces are counted.", icon=":material/info:")
    words = f"{format_settings(ATTACKS[check.attack], kept.settings)}, seed {kept.seed}"
    if not current:
        st.warning(
            f"This check was made with other settings than those on the screen: {plain(words)}.",
            icon=":material/history:",
        )
    st.caption(
        f"{_count(check.faces)} for which “manipulated” was the larger output. {plain(words)}; for a part of the "
        "attacks the epsilon was changed as said. Each ends at a score of “not manipulated” of 0.6."
    )


def _show_finding(finding: Finding) -> None:
    if finding.warned:
        word, icon = "found", "warning"
    elif finding.possible:
        word, icon = "not found", "check"
    else:
        word, icon = "cannot be told", "help"
    st.markdown(f":material/{icon}: **{plain(finding.sign)}: {word}.** {plain(finding.sentence)}.")
