"""Show the facts of the open file, and offer its results for download."""

from __future__ import annotations

import streamlit as st

from core.output.file_results import judged_file_record, verdict_rows
from core.types import Media
from core.types.tracks import FileVerdict
from pages.parts.session.session import Session
from pages.parts.widgets.encoded_images import png_of
from pages.parts.widgets.tables import csv_button, json_button, show_facts


def show_details(session: Session, media: Media, found: FileVerdict | None) -> None:
    """Draw SHA-256, technical facts and downloads."""
    st.caption("SHA-256 of the file")
    st.code(media.id, language=None, wrap_lines=True)
    own = {
        "name": media.name,
        "kind": media.kind,
        "size in pixels": f"{media.size[0]} x {media.size[1]}",
        "frames": media.frames,
        "frames a second": round(media.fps, 3),
    }
    show_facts({**own, **media.metadata})
    _downloads(session, media, found)


def _downloads(session: Session, media: Media, found: FileVerdict | None) -> None:
    record = judged_file_record(media, session.faces, found)
    rows = verdict_rows(session.faces, session.detector_name)
    with st.container(horizontal=True):
        json_button("Result as JSON", record, "result.json", key="inspect-json")
        csv_button("Verdicts as CSV", rows, "verdicts.csv", key="inspect-csv")
        if session.focused:
            st.download_button(
                "Crop as PNG",
                png_of(session.focused.face.crop, longest=None),
                "crop.png",
                "image/png",
                on_click="ignore",
                icon=":material/download:",
            )
