"""Build a gallery, and show what its checks found."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.engine.jobs import Job
from core.media.quota import Quota
from core.output.listed_rows import gallery_finding_rows
from core.output.text import counted
from core.recognition.base import RECOGNISERS
from core.recognition.gallery_folder import make_gallery
from core.recognition.load_recogniser import load_recogniser
from core.storage.files import safe_name
from core.types import InputError
from core.types.recognition import Gallery
from pages.parts.impersonation.impersonation_settings import ImpersonationSettings, UploadedPhotos
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.uploads import IMAGE_TYPES, take
from pages.parts.widgets.guarding import guard
from pages.parts.widgets.tables import csv_button, plain, show_table

FOLDER_HELP = (
    "On the machine that runs this dashboard: a folder a person, photos in it or in its photo/. Nothing leaves it."
)
NETWORK_HELP = (
    "A path on this machine, in place of the recogniser above. It takes aligned faces of 112 x 112 and gives vectors."
)
RATE_HELP = "How often two different people may be taken for one another. Fewer false matches, more missed people."
MAX_ROWS = 60  # findings on the screen; all of them are in the CSV


def draw(session: Session) -> Gallery | None:
    """Draw the gallery in use, or the ways to build one; return it."""
    settings = session.page_state(ImpersonationSettings)
    if settings.gallery is None:
        _ask(session, settings)
        return None
    _summary(session, settings, settings.gallery)
    return settings.gallery


def _ask(session: Session, settings: ImpersonationSettings) -> None:
    """Ask for a folder or for photos."""
    st.markdown("A deepfake fools recognition when it passes as somebody known. Who is known here?")
    with st.form("gallery"):
        left, right = st.columns([3, 2])
        folder = left.text_input("Folder of the gallery", settings.folder, help=FOLDER_HELP)
        recogniser = _recogniser(right, settings)
        network = st.text_input("Or your own network (ONNX file)", settings.network, help=NETWORK_HELP)
        asked = st.form_submit_button("Build gallery", type="primary", icon=":material/groups:", disabled=session.busy)
    if asked:
        store_settings(settings, folder=folder.strip(), recogniser=recogniser, network=network.strip())
        with guard():
            if not settings.folder:
                raise InputError("Give the path of a folder first.")
            _start(session, settings, Path(settings.folder).expanduser())
            st.rerun()
    with st.expander("Or upload photos", icon=":material/upload_file:"):
        _uploads(session, settings)


def _recogniser(place: st.delta_generator.DeltaGenerator, settings: ImpersonationSettings) -> str:
    names = list(RECOGNISERS)
    now = names.index(settings.recogniser) if settings.recogniser in names else 0
    return str(place.selectbox("Recogniser", names, now, format_func=lambda name: RECOGNISERS[name].title))


def _uploads(session: Session, settings: ImpersonationSettings) -> None:
    kept = session.page_state(UploadedPhotos)
    with st.form("person", clear_on_submit=True, border=False):
        name = st.text_input("Name of the person")
        files = st.file_uploader("Photos of this person", IMAGE_TYPES, accept_multiple_files=True)
        if st.form_submit_button("Add person", icon=":material/person_add:"):
            with guard():
                if not name.strip() or not files:
                    raise InputError("Give a name and at least one photo.")
                _store(kept, name.strip(), [(file.name, take(file)) for file in files])
    if not kept.counts:
        return
    st.markdown(", ".join(f"{plain(person)} ({count})" for person, count in kept.counts.items()))
    with st.container(horizontal=True):
        if st.button("Build from these photos", icon=":material/groups:", disabled=session.busy):
            _start(session, settings, kept.root)
            st.rerun()
        if st.button("Forget these photos", icon=":material/delete:"):
            kept.forget()
            st.rerun()


def _store(kept: UploadedPhotos, person: str, files: list[tuple[str, bytes]]) -> None:
    folder = kept.root / safe_name(person.lstrip("."), "")
    folder.mkdir(exist_ok=True)
    quota = Quota.of(kept.root)
    for name, data in files:
        quota.add(name, len(data))
        number = kept.counts.get(folder.name, 0) + 1
        path = Path(name)
        (folder / safe_name(f"{number:03d}-{path.stem}"[:100], path.suffix.lower())).write_bytes(data)
        kept.counts[folder.name] = number


def _start(session: Session, settings: ImpersonationSettings, folder: Path) -> None:
    name = str(Path(settings.network).expanduser()) if settings.network else settings.recogniser

    def work(job: Job) -> None:
        made = make_gallery(folder, load_recogniser(name), progress=job)
        settings.built_by, settings.gallery = name, made

    session.start("gallery", f"Building the gallery {folder.name}", work)


def _summary(session: Session, settings: ImpersonationSettings, gallery: Gallery) -> None:
    """Say who is in the gallery, and let the threshold be chosen."""
    people = len({photo.person for photo in gallery.enrolled})
    left_out = len(gallery.photos) - len(gallery.enrolled)
    title = RECOGNISERS[gallery.recogniser].title if gallery.recogniser in RECOGNISERS else gallery.recogniser
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            st.markdown(f"**{counted(people, 'person', 'people')}, {counted(len(gallery.enrolled), 'photo')}**")
            st.caption(f"{plain(title)}; {counted(left_out, 'photo')} left out")
        if count := len(gallery.findings):
            with st.popover(f"{count} finding{'s' * (count != 1)}", icon=":material/rule:"):
                _findings(gallery)
        _rate(settings, gallery)
        if st.button("Another gallery", icon=":material/close:", disabled=session.busy):
            settings.gallery = None
            st.rerun()


def _findings(gallery: Gallery) -> None:
    """List what the checks found; all of it is in the CSV."""
    counts = Counter(one.kind for one in gallery.findings)
    st.markdown("Checks found " + ", ".join(f"{count} x {kind}" for kind, count in counts.most_common()) + ".")
    rows = gallery_finding_rows(gallery)
    csv_button("Findings as CSV", rows, "gallery-findings.csv", key="findings-csv")
    show_table([{"finding": row["finding"], "what": row["what"]} for row in rows[:MAX_ROWS]])


def _rate(settings: ImpersonationSettings, gallery: Gallery) -> None:
    if gallery.calibration is None:
        return
    rates = [one.fmr for one in gallery.calibration.thresholds]
    with st.container(width=190):
        rate = st.selectbox(
            "False matches",
            rates,
            rates.index(gallery.fmr) if gallery.fmr in rates else len(rates) - 1,
            format_func=lambda value: f"1 in {1 / value:,.0f}",
            help=RATE_HELP,
        )
    if rate != gallery.fmr:
        settings.gallery = replace(gallery, fmr=rate)
        st.rerun()
