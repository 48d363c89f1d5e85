"""Export, verify and report an open case."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder
from core.cases.report.write_report import report_bytes
from core.cases.signing import own_key
from core.cases.verification import verify
from core.engine.jobs import Job
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.session import Session
from pages.parts.widgets.tables import plain, show_table

MAX_DOWNLOAD = 200 * 2**20  # bytes of a bundle that a browser is handed


def draw_evidence(session: Session, case: CaseFolder) -> None:
    """Draw the three buttons, and what came of them."""
    kept = session.page_state(CurrentCase)
    page = str(st.segmented_control("Page of the report", ["A4", "Letter"], default="A4", required=True, key="page"))
    with st.container(horizontal=True):
        if st.button("Verify", icon=":material/verified:", disabled=session.busy):
            session.start("case", "Verifying the case", lambda _: _verify(case, kept))
            st.rerun()
        if st.button("Write the report", icon=":material/picture_as_pdf:", disabled=session.busy):
            session.start("case", "Writing the report", lambda _: _report(case, kept, page))
            st.rerun()
        if st.button("Export the bundle", icon=":material/inventory_2:", disabled=session.busy):
            session.start("case", "Writing the evidence bundle", lambda job: _export(case, kept, job))
            st.rerun()
    _show_verified(kept)
    if kept.report:
        _download("Report as PDF", kept.report, f"{case.root.name}.pdf", "application/pdf")
    if kept.bundle and kept.bundle.is_file():
        st.markdown(f"The bundle is {plain(kept.bundle)}")
        if kept.bundle.stat().st_size <= MAX_DOWNLOAD:
            _download("Bundle as ZIP", kept.bundle.read_bytes(), kept.bundle.name, "application/zip")


def _show_verified(kept: CurrentCase) -> None:
    for found, what in zip(kept.verified, ("the case", "the bundle"), strict=False):
        count = len(found.findings)
        if found.ok:
            words = f"Nothing was changed in {what}: {found.entries} entries, every file as logged."
            st.success(words, icon=":material/verified:")
        else:
            st.error(f"{count} change{'s' * (count != 1)} found in {what}.", icon=":material/gpp_bad:")
            show_table([{"what": one.what, "where": one.where} for one in found.findings])
        if found.signer != own_key():
            st.warning(plain(found.signer_words(own_key())), icon=":material/key_off:")
    if kept.verified:
        st.caption("This shows integrity, not authenticity: that files are those received, not that they are genuine.")


def _download(label: str, data: bytes, name: str, kind: str) -> None:
    st.download_button(label, data, name, kind, icon=":material/download:", on_click="ignore")


def _bundle_of(case: CaseFolder) -> Path:
    return case.root.with_name(f"{case.root.name}.zip")


def _verify(case: CaseFolder, kept: CurrentCase) -> None:
    """Verify the case, and the bundle beside it where one was written."""
    bundle = _bundle_of(case)
    kept.verified = tuple(verify(path) for path in (case.root, bundle) if path == case.root or path.is_file())


def _report(case: CaseFolder, kept: CurrentCase, page: str) -> None:
    kept.report, _ = report_bytes(case, page=page)


def _export(case: CaseFolder, kept: CurrentCase, job: Job) -> None:
    """Write the bundle beside the case; the same case gives the same bytes."""
    out = _bundle_of(case)
    job.tell(0, text=f"Writing {out.name}")
    export_case(case, out)
    kept.bundle, kept.verified = out, ()
