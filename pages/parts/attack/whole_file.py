"""Attack every face of a file, write it, and judge the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import streamlit as st

from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.media_attack import attack_files, fake_shares, file_verdicts, files_outcome, notes
from core.output import screen
from core.output.attack_sentences import file_attack_sentence
from core.output.attacked_media_record import attacked_faces_table, files_outcome_record
from core.output.records import Record
from core.output.shown_record import Content, ShownRecord, csv_file
from core.output.text import counted
from core.progress import ForwardedProgress
from core.registry import Value
from core.types import AttackStep, JudgedFace
from core.types.attacked_values import AttackedFiles, AttackedMedia
from pages.parts.attack.attack_settings import AttackSettings, FileAttackSettings
from pages.parts.attack.attacked_frames import TITLES, draw_frame, draw_scores
from pages.parts.attack.long_results import LongResults
from pages.parts.attack.method_settings import (
    can_stop_early,
    draw_form,
    setting_cell,
    setting_row,
    show_made_with,
)
from pages.parts.attack.strength import given_settings
from pages.parts.session.attack_work import PlannedAttack
from pages.parts.session.page_state import store_settings
from pages.parts.session.session import Session
from pages.parts.session.shown_records import hand_in
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.badges import badge
from pages.parts.widgets.tables import csv_button, json_button, plain

SHORT = {"before": "before", "after_frame": "in memory", "lossless": "lossless", "lossy": "lossy"}
MEANING = {
    "before": "The faces as they came.",
    "after_frame": "Each frame is attacked, its faces are searched for again and judged, before it is written.",
    "lossless": "The file is opened again, its faces are searched for and judged: every pixel came through.",
    "lossy": "The same frames, coded with a loss; the file is opened again, its faces are searched for and judged.",
}
INTERVAL = {
    "video": "95% interval, a block bootstrap over the frames: neighbouring frames are alike.",
    "image": "95% interval (Wilson).",
}
FRAMES = (
    "Every judged face of each chosen frame is attacked; all other frames pass unchanged. A face for which “not "
    "manipulated” is not the larger output when it is found again is attacked anew there, up to four times, each time "
    "from the original pixels."
)
MANIPULATED = frozenset(band for band, kind in screen.BANDS.items() if kind == "fake")
SPREAD = "Evenly spread, as under Inspect: with the same number they are the very frames that were judged there."
CARD = 205  # pixels of a stage: four stand side by side on a wide screen
CHANGE = "The largest change of any channel of any pixel in the searched frames, file against original, in 1/255."
BY_FRAMES = "By the interval of the mean score over the attacked frames. "


class FileAttackRequest(NamedTuple):
    """Say what an attack on a file was asked for.

    method, settings, seed, stop_at: of the attack; frames: how many, None for all; quality: of the lossy file, CRF or
    JPEG, None where there is none.
    """

    method: str
    settings: dict[str, Value]
    seed: int
    stop_at: float | None
    frames: int | None
    quality: int | None


@dataclass(frozen=True, slots=True, eq=False)
class KeptFiles:
    """Keep attacked files, what was asked for, and a row for each face."""

    files: AttackedFiles
    asked: FileAttackRequest
    table: list[Record]


def file_attack_key(session: Session) -> ResultKey[KeptFiles]:
    """Name the attack on the open file."""
    assert session.media
    return ResultKey("file attack", session.media.id, session.detector.version)


def _asked(session: Session) -> FileAttackRequest:
    """Return what the screen asks for now."""
    assert session.media
    choice, written = session.page_state(AttackSettings), session.page_state(FileAttackSettings)
    video = session.media.kind == "video"
    given = given_settings(choice)
    stop_at = choice.stop_at if can_stop_early(choice.method, given) else None
    coded = (written.crf if video else written.quality) if written.lossy else None
    return FileAttackRequest(choice.method, given, choice.seed, stop_at, written.frames if video else 1, coded)


def draw_settings(session: Session, judged: JudgedFace | None) -> None:
    """Draw the settings of an attack on the whole file, and its button."""
    assert session.media
    if draw_form(session, button="Attack the whole file", smallest=False, more=lambda: _more(session)):
        _start(session)
        st.rerun()


def _more(session: Session) -> None:
    """Ask what is attacked and how it is written."""
    assert session.media
    choice, values = session.page_state(FileAttackSettings), {}
    if session.media.kind == "video":
        every = st.checkbox(f"all {session.media.frames} frames", choice.frames is None, help=FRAMES)
        lossy = st.checkbox("also as H.264 in .mp4", choice.lossy, help="Beside the lossless .mkv, from its frames.")
        with setting_row():
            with setting_cell():
                asked = st.number_input("frames, if not all", 1, 10_000, choice.frames or session.frames, help=SPREAD)
            with setting_cell():
                crf = st.number_input(
                    "CRF of H.264", 0, 51, choice.crf, help="Constant rate factor: higher is coarser."
                )
        values = {"frames": None if every else int(asked), "crf": int(crf)}
    else:
        lossy = st.checkbox("also as JPEG", choice.lossy, help="Beside the lossless .png, from its pixels.")
        values = {"quality": int(st.number_input("quality of JPEG", 1, 100, choice.quality, help="Lower is coarser."))}
    store_settings(choice, lossy=lossy, **values)


class _FrameProgress(ForwardedProgress):
    """Keep the steps of the attack on the present frame only, and say the last one."""

    __slots__ = ("check", "job")

    def __init__(self, job: Job, check: Callable[[], None]) -> None:
        super().__init__(job)
        self.job, self.check = job, check

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        self.check()
        self.job.trail.clear()
        self.job.tell(done, total, text)

    def emit(self, value: object) -> None:
        self.job.emit(value)
        if isinstance(value, AttackStep):
            said = f"Attacking, query {value.forwards}, score of “manipulated” {value.p_fake:.3f}; frames"
            self.job.tell(self.job.done, text=said)


def _start(session: Session) -> None:
    assert session.media
    media, detector, key, asked = session.media, session.detector, file_attack_key(session), _asked(session)
    choice, results = session.page_state(FileAttackSettings), session.page_state(LongResults)
    frames, lossy, crf, quality = choice.frames, choice.lossy, choice.crf, choice.quality
    folder = results.new_folder()

    def work(job: Job) -> None:
        try:
            found = attack_files(
                detector,
                media,
                folder,
                asked.method,
                asked.settings,
                frames=frames,
                seed=asked.seed,
                stop_at=asked.stop_at,
                lossy=lossy,
                crf=crf,
                quality=quality,
                progress=_FrameProgress(job, lambda: results.check_quota(folder)),
            )
            results.keep(key, KeptFiles(found, asked, attacked_faces_table(found)), folder)
        finally:
            results.discard(folder)

    session.start("file attack", "Attacking frames", work, total=min(frames or media.frames, media.frames))


def draw_result(session: Session, judged: JudgedFace | None) -> None:
    """Draw what came of the last attack on this file."""
    assert session.media
    kept = session.page_state(LongResults).get(file_attack_key(session))
    if kept is None:
        many = "every face of the chosen frames" if session.media.kind == "video" else "every face of the image"
        st.markdown("What is left of an attack in a file that somebody else opens?")
        st.caption(
            f"Here {many} is attacked and put back, the file is written without a loss and, if you like, with one, "
            "then opened again, searched for faces and judged."
        )
        return
    files = kept.files
    current = _asked(session) == kept.asked
    if not current:
        show_made_with(_words(kept), current=False)
    if files.lossless.stopped:
        st.info(_stopped(kept), icon=":material/info:")
    st.header(plain(file_attack_sentence(*file_verdicts(files))), anchor=False)
    if current:
        show_made_with(_words(kept), current=True)
    _shares(files)
    for note, faces in notes(files).items():
        if not note.startswith("Stopped"):
            st.info(plain(f"{faces} of {counted(len(files.lossless.faces), 'face')}: {note}"), icon=":material/info:")
    if files.lossless.media.kind == "video":
        draw_scores(session, files, repr(kept.asked))
    draw_frame(session, files)
    _faces(kept)
    _downloads(session, kept)


def _words(kept: KeptFiles) -> str:
    asked = kept.asked
    found = kept.files.lossless
    frames = f"; {len(found.frames)} of {found.media.frames} frames" if found.media.kind == "video" else ""
    return f"{PlannedAttack(asked.method, asked.settings, asked.seed, asked.stop_at).words}{frames}"


def _stopped(kept: KeptFiles) -> str:
    found, asked = kept.files.lossless, kept.asked.frames
    if found.media.kind == "image":
        return "Stopped: the best image up to then was written and judged."
    return (
        f"Stopped: {len(found.frames)} of the {asked or found.media.frames} frames asked for were attacked, written "
        "and judged, the last one as far as it had come; the others passed unchanged."
    )


def _shares(files: AttackedFiles) -> None:
    """Draw a card per stage: its faces, the video's verdict, the file."""
    rows, kind = fake_shares(files, MANIPULATED), files.lossless.media.kind
    word = "likely manipulated" if files.lossless.thresholds else "of a high score, uncalibrated"
    records = files_outcome_record(files_outcome(files)) if kind == "video" else {}
    place = st.container(horizontal=True)
    for row in rows:
        found = {"lossless": files.lossless, "lossy": files.lossy}.get(row.stage)
        with place.container(border=True, width=CARD):
            st.caption(TITLES[row.stage], help=MEANING[row.stage])
            st.markdown(f"### {row.fake} of {row.judged}")
            if row.share is not None:
                interval = f":small[({row.interval[0]:.0%} to {row.interval[1]:.0%})]"
                st.markdown(f"{word}, {row.share:.0%} {interval}", help=INTERVAL[kind])
            if row.unjudged:
                st.markdown(f"{row.unjudged} without a verdict", help="The face was not found again, or is too small.")
            if kind == "video":
                _video(records, row.stage)
            if found:
                _file(found)


def _video(records: Mapping[str, Any], stage: str) -> None:
    """Show the video's verdict at a stage, where the record holds it."""
    record = records["lossy" if stage == "lossy" else "lossless"]
    if stage == "after_frame" or record is None:
        return
    video = record["video"]["before" if stage == "before" else "after"]
    if video is None:
        badge("No verdict", "inconclusive")
    else:
        badge(f"Video: {video['band'].lower()}", screen.BANDS[video["band"]], BY_FRAMES + "; ".join(video["notes"]))


def _file(found: AttackedMedia) -> None:
    written = found.written
    st.caption(f"{written.coding}, {written.bytes / 2**20:.1f} MiB")
    st.markdown(f"Largest change **{found.linf * 255:.0f}/255**", help=CHANGE)


def _faces(kept: KeptFiles) -> None:
    """Show one row per face, in words."""
    files = kept.files
    st.subheader("Each face", anchor=False, help="The score of “manipulated” and the band it falls in, at each stage.")
    video, several = files.lossless.media.kind == "video", len({row["track"] for row in kept.table}) > 1
    rows = []
    for number, row in enumerate(kept.table, 1):
        shown: dict[str, Any] = {"frame": row["frame"]} if video else {"face": number}
        if video and several:
            shown["face"] = row["track"] + 1
        for stage in files.stages:
            score = row[f"{stage}_score"]
            band = str(row[f"{stage}_band"]).lower()
            shown[SHORT[stage]] = "no verdict" if score is None else f"{score:.2f} {band}"
        shown["change"] = str(row["lossless_change"]) + (f"; {row['lossy_change']}" if files.lossy else "")
        shown |= {"rounds": row["rounds"], "queries": row["queries"], "seconds": f"{row['seconds']:.1f}"}
        rows.append(shown | {"notes": row["notes"]})
    st.dataframe(rows, hide_index=True, height="auto" if len(rows) <= 10 else 400, width="stretch")
    st.caption(
        "Change: the largest in the attacked square, in 1/255, in each file. Rounds: how often the face was attacked, "
        "each time from the original pixels, until “not manipulated” was the larger output when found again, too."
    )


def _downloads(session: Session, kept: KeptFiles) -> None:
    files = kept.files
    kept_files: dict[str, Content] = {"faces.csv": csv_file(kept.table)}
    for note in dict.fromkeys((*files.lossless.notes, *(files.lossy.notes if files.lossy else ()))):
        st.caption(f":material/info: {plain(note)}")
    with st.container(horizontal=True):
        for found, what in ((files.lossless, "lossless"), (files.lossy, "lossy")):
            if found:
                path = found.written.path
                kept_files[f"{what}{path.suffix}"] = path
                st.download_button(
                    f"{path.suffix[1:].upper()}, {what}",
                    path.read_bytes,
                    path.name,
                    key=f"whole-{what}",
                    icon=":material/download:",
                    on_click="ignore",
                    help=f"SHA-256 {found.written.id}",
                )
        csv_button("Faces as CSV", kept.table, "attacked-faces.csv", key="whole-csv")
        json_button(
            "Record as JSON", lambda: files_outcome_record(files_outcome(files)), "attacked.json", key="whole-json"
        )

    def shown() -> ShownRecord:
        settings = {"detector": session.detector.version, **kept.asked._asdict()}
        words, weights = file_attack_sentence(*file_verdicts(files)), weights_shown(session, [kept.asked.method])
        record = files_outcome_record(files_outcome(files))
        return ShownRecord("attack-file", words, settings, record, kept_files, weights)

    hand_in(session, shown)
