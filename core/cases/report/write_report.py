"""Write a case's report as a PDF for somebody who never saw the tool.

Of PDF/A (ISO 19005) it has this: all fonts embedded, text that can be extracted, XMP metadata, sRGB as output intent,
its language, no encryption, scripts or links outside. It claims no part of the standard: no validator has passed it,
and it is not tagged, which the levels "a" ask for.
"""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from ...storage.files import atomic_write, check_place
from ...types import InputError
from ..bundle import prepared_bundle
from ..case_folder import CaseFolder
from ..case_versions import time_zone
from ..chain import utc_now
from ..kept_results import read_result
from .page_frame import FOOT, MARGIN, SANS, numbered_canvas, page_size, register_fonts, styles
from .report_parts import ReportParts
from .report_sections import ReportSections


def write_report(case: CaseFolder, out: Path, *, page: str = "A4") -> int:
    """Write the report; return its number of pages.

    It names the manifest of the bundle that `export` would write now, and changes nothing in the case. Raises
    `InputError` for a case whose files are not as logged, another page than A4 or Letter, and a place that cannot be
    written.
    """
    check_place(out)
    data, pages = report_bytes(case, page=page)
    try:
        atomic_write(out, data)
    except OSError as error:
        raise InputError(f"{out.name} could not be written: {error.strerror or error}") from error
    return pages


def report_bytes(case: CaseFolder, *, page: str = "A4") -> tuple[bytes, int]:
    """Make the report; return the PDF's bytes and its number of pages."""
    size = page_size(page)
    register_fonts()
    with prepared_bundle(case) as bundle:
        state, manifest = bundle.state, bundle.manifest_sha256
    kept = [(result, read_result(case, result)) for result in state.results if result.failed is None]
    records = [(result, record) for result, record in kept if record is not None]
    buffer = io.BytesIO()
    width, height = size
    document = BaseDocTemplate(
        buffer,
        pagesize=size,
        title=f"Examination report: {state.facts.title}",
        author=state.facts.examiner,
        subject=f"Case {state.facts.id}, manifest SHA-256 {manifest}",
        creator="Prosopon",
        lang="en",
        initialFontName=SANS,
    )
    frame = Frame(MARGIN, FOOT, width - 2 * MARGIN, height - FOOT - MARGIN, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [frame])])
    written = f"{utc_now()[:19].replace('T', ' ')} UTC; local zone {time_zone()}"
    parts = ReportParts(styles(), width - 2 * MARGIN)
    story = list(ReportSections(case, state, records, manifest, written, parts).all())
    document.build(story, canvasmaker=numbered_canvas(f"Case {state.facts.id}", manifest))
    return buffer.getvalue(), document.page
