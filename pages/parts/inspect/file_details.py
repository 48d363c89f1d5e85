"""Show the facts of the open file, and offer its results for download."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.output import records
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
    faces = [
        {
            **records.face_record(judged.face),
            "verdict": records.verdict_record(judged.verdict),
            "no_verdict": judged.reason,
        }
        for judged in session.faces
    ]
    rows = [
        {
            "frame": judged.face.frame,
            "track": judged.face.track,
            "score": judged.verdict and judged.verdict.p_fake,
            "calibrated": judged.verdict and judged.verdict.calibrated,
            "band": judged.verdict.band if judged.verdict else judged.reason,
            "detector": judged.verdict.detector if judged.verdict else session.detector_name,
        }
        for judged in session.faces
    ]
    record: dict[str, Any] = {"media": records.media_record(media), "faces": faces}
    if found:
        record["verdict"] = records.file_record(found)
        if media.kind == "video" and found.main:
            record["video"] = records.video_record(found)
    with st.container(horizontal=True):
        json_button(
            "Result as JSON",
            record,
            "result.json",
            key="inspect-json",
        )
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
