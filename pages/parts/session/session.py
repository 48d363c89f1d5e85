"""What one session remembers: the medium, its faces, the one in focus and its results."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from core import pipeline
from core.attack_detectors import AttackDetector
from core.detectors import DEFAULT, Detector
from core.engine.jobs import Job
from core.engine.results import Key, Results, key_of
from core.explain import EXPLAINERS
from core.media_attack import samples
from core.pipeline import Compared
from core.signatures import Bank
from core.types import (
    Array,
    AttackResult,
    AttackVerdict,
    Attribution,
    InputError,
    Judged,
    Media,
    Placement,
    Settings,
    Signature,
    StopRequested,
    Target,
    content_id,
)
from pages.parts.session.choices import AttackChoice, MapChoice, SweepChoice, WholeChoice
from pages.parts.session.long_results import Attacked
from pages.parts.session.models import attack_detector, detector_now, references

T = TypeVar("T")
PATIENCE = 3.0  # seconds that a quick step waits for a detector that other work holds


@dataclass(slots=True, eq=False)
class Desk:
    """What one session has before it: the medium, its judged faces, the one in focus, settings and results."""

    media: Media | None = None
    judged: list[Judged] = field(default_factory=list)
    index: int = 0
    frames: int = 16
    detector_name: str = DEFAULT
    judged_by: str | None = None  # the version of the detector that `judged` is of
    results: Results = field(default_factory=Results)
    latest: dict[tuple[str, str], Key] = field(default_factory=dict)  # (face, version of the detector) -> attack
    latest_maps: dict[tuple[str, str, str], Key] = field(default_factory=dict)  # (crop, version, method) -> map
    compared: Compared | None = None
    job: Job | None = None
    busy: bool = False  # whether work was going on when this run of the page began: the same all through the run
    uploads: int = 0
    attack: AttackChoice = field(default_factory=AttackChoice)
    whole: WholeChoice = field(default_factory=WholeChoice)
    sweep: SweepChoice = field(default_factory=SweepChoice)
    attacked: Attacked = field(default_factory=Attacked)
    maps: MapChoice = field(default_factory=MapChoice)
    together: tuple[str, ...] | None = None  # the detectors to compare, once somebody chose
    shown: str | None = None  # the detector whose card is looked at, where it is not the one in use
    tab: str | None = None  # of the page Detectors
    said: str | None = None  # a sentence for the next run of the page, after a deed

    @property
    def detector(self) -> Detector:
        """The deepfake detector in use, shared by all sessions."""
        return detector_now(self.detector_name)

    @property
    def broken(self) -> str | None:
        """Why the detector in use cannot be used any more (its weights were taken away), or None."""
        try:
            detector_now(self.detector_name)
        except InputError as error:
            return str(error)
        return None

    def another(self, name: str) -> Detector:
        """Any detector with its weights, shared by all sessions."""
        return detector_now(name)

    @property
    def outdated(self) -> bool:
        """Whether the faces were judged by the detector with another calibration, or other weights, than it has now."""
        if not self.judged or self.judged_by is None:
            return False
        return self.broken is not None or self.judged_by != self.detector.version

    @property
    def watcher(self) -> AttackDetector:
        """The attack detector, shared by all sessions."""
        return attack_detector()

    @property
    def bank(self) -> Bank:
        """The reference signatures, shared by all sessions."""
        return references()

    @property
    def item(self) -> Judged | None:
        """The face in focus with its verdict."""
        return self.judged[self.index] if self.judged else None

    def choose(self, index: int) -> None:
        """Put another face in focus."""
        self.index = index

    def start(self, kind: str, text: str, work: Callable[[Job], None], *, total: int = 0) -> None:
        """Do `work` in a thread; work that is still going on is asked to stop."""
        if self.job:
            self.job.halt.set()
        job = Job(kind, text, total=total)

        def run() -> None:
            try:
                work(job)
            except StopRequested:
                pass  # by the person who reads the page
            except Exception as error:  # noqa: BLE001 - shown by the page, as what it is
                job.error = error

        job.thread = threading.Thread(target=run, name=f"prosopon-{kind}", daemon=True)
        self.job, self.busy = job, True
        job.thread.start()

    def open(self, load: Callable[[], Media], name: str) -> None:
        """Open a medium and judge its faces, in the background."""
        detector, frames = self.detector, self.frames
        self.media, self.judged, self.index = None, [], 0
        self.uploads += 1

        def work(job: Job) -> None:
            media = load()
            job.tell(0, text=f"Finding and judging faces in {name}, frames")
            judged = pipeline.look(media, detector, frames=frames, progress=job.tell, should_stop=job.halt.is_set)
            if self.job is job:  # nothing newer was opened meanwhile
                self.media, self.judged, self.judged_by = media, judged, detector.version
                self.index = next((i for i, item in enumerate(judged) if item.verdict), 0)

        self.start("open", f"Opening {name}", work)

    def open_bytes(self, data: bytes, name: str) -> None:
        """Open an uploaded file."""
        self.open(lambda: pipeline.open_media(data, name), name)

    def open_sample(self, name: str) -> None:
        """Open a sample; it is made when nobody opened it before."""
        default = detector_now(DEFAULT)  # the attacked one is made against it, whoever judges
        self.open(lambda: pipeline.open_media(samples.sample(name, default)), name)

    def look_again(self, frames: int) -> None:
        """Judge the medium anew, with another number of frames."""
        self.frames = frames
        if media := self.media:
            self.open(lambda: media, media.name)

    def use(self, name: str) -> None:
        """Judge with another detector from now on, the open medium too; refuses one without weights."""
        self.another(name)
        self.detector_name, self.shown = name, None
        self.judge_again()

    def judge_again(self) -> None:
        """Judge the faces of the open medium by the detector as it is now, in the background."""
        if self.media is None:
            return
        detector = self.detector
        self.start(
            "judge",
            f"Judging by {detector.card.get('title', detector.name)}, faces",
            lambda job: self.judge_by(detector, job),
            total=len(self.judged),
        )

    def judge_by(self, detector: Detector, job: Job) -> None:
        """In a worker: the faces of the open medium judged by `detector`; a stop leaves them as they were."""
        faces = [item.face for item in self.judged]
        if self.media is None or not faces:
            return
        job.tell(0, len(faces), f"Judging by {detector.card.get('title', detector.name)}, faces")
        rows = pipeline.judge_by_all(faces, [detector], progress=job.tell, should_stop=job.halt.is_set)
        if len(rows) == len(faces) and [item.face for item in self.judged] == faces:
            self.judged, self.judged_by = [row[0] for row in rows], detector.version

    def close(self) -> None:
        """Put the medium away."""
        self.media, self.judged, self.index = None, [], 0

    def frame(self) -> Array | None:
        """The frame (H, W, 3) uint8 that the face in focus is in (the first when there is no face)."""
        if self.media is None:
            return None
        media, index = self.media, self.item.face.frame if self.item else 0
        return self.kept_frame(media.id, index, lambda: media.frame(index))

    def kept_frame(self, of: str, index: int, read: Callable[[], Array]) -> Array:
        """A frame (H, W, 3) uint8 of the file with the SHA-256 `of`, read once."""
        return self._once(key_of("frame", of, "", str(index), {}), read)

    def attack_result(self) -> AttackResult | None:
        """The last attack on the face in focus."""
        key = self.latest.get((self.item.face.id, self.detector.version)) if self.item else None
        return self.results.get(key) if key else None

    def attacks_on(self, face_id: str) -> list[AttackResult]:
        """All attacks on a face that are kept."""
        found: list[AttackResult] = self.results.of("attack", face_id, self.detector.version)
        return sorted(found, key=lambda result: (result.attack, repr(result.settings), result.seed))

    def keep_attack(
        self, face_id: str, result: AttackResult, version: str | None = None, stop_at: float | None = None
    ) -> None:
        """Keep an attack on a face as its last one; `version` is that of the attacked detector, if not the present."""
        version = version or self.detector.version
        key = attack_key(face_id, version, result.attack, result.settings, result.seed, stop_at)
        self.results.put(key, result)
        self.latest[face_id, version] = key

    def map_key(self, of: str, method: str, settings: Settings, target: Target, seed: int) -> Key:
        """The key of a map of the crop with the id `of`."""
        return key_of("map", of, self.detector.version, method, {**settings, "target": target}, seed)

    def keep_map(self, key: Key, found: Attribution) -> None:
        """Keep a map, also as the last one of its method and crop."""
        self.results.put(key, found)
        self.latest_maps[found.of, key[2], found.method] = key

    def latest_map(self, of: str, method: str) -> tuple[Key, Attribution] | None:
        """The last map by `method` of the crop with the id `of`, whatever its settings were."""
        key = self.latest_maps.get((of, self.detector.version, method))
        found = self.results.get(key) if key else None
        return (key, found) if key and found is not None else None

    def read_map(self, crop: Array) -> Attribution:
        """The map that the attack detector reads, of a crop."""
        card, detector = self.watcher.card, self.detector
        method, target = str(card["map"]), card["target"]
        settings = EXPLAINERS[method].settings()
        key = self.map_key(content_id(crop), method, settings, target, 0)
        return self._quick(key, lambda: pipeline.explain_crop(detector, crop, method, target=target))

    def was_attacked(self, crop: Array) -> tuple[AttackVerdict | None, str]:
        """The attack detector's verdict on a crop, and why."""
        detector, watcher = self.detector, self.watcher
        key = key_of("attacked", content_id(crop), detector.version, watcher.name, {})
        return self._quick(key, lambda: pipeline.was_attacked(detector, watcher, crop, detector.verdict(crop)))

    def place(self, crop: Array) -> tuple[Signature, Placement]:
        """The signature of a crop and its place among the references."""
        detector, bank = self.detector, self.bank
        key = key_of("signature", content_id(crop), detector.version, "lrp-penultimate", {})
        return self._quick(key, lambda: pipeline.place(detector, bank, crop))

    def _once(self, key: Key, make: Callable[[], T]) -> T:
        value: T | None = self.results.get(key)
        if value is None:
            value = make()
            self.results.put(key, value)
        return value

    def _quick(self, key: Key, make: Callable[[], T]) -> T:
        """A step of a few passes, made once; refuses where the detector is held by longer work."""

        def alone() -> T:
            lock = self.detector.lock
            if not lock.acquire(timeout=0.1 if self.busy else PATIENCE):
                raise InputError("The detector is at work for somebody else; this is shown when it is free.")
            try:
                return make()
            finally:
                lock.release()

        return self._once(key, alone)


def desk() -> Desk:
    """This session's desk, at the beginning of a page's run; no other session can reach it."""
    if "desk" not in st.session_state:
        st.session_state["desk"] = Desk()
    kept: Desk = st.session_state["desk"]
    kept.busy = kept.job is not None and not kept.job.finished
    return kept


def attack_key(face_id: str, version: str, method: str, settings: Settings, seed: int, stop_at: float | None) -> Key:
    """The key of an attack on a face; where it ends early is one of its settings."""
    given = dict(settings) if stop_at is None else {**settings, "stop_at": stop_at}
    return key_of("attack", face_id, version, method, given, seed)


def recall(key: str, value: object) -> None:
    """Give a widget the value that it had before its page was left."""
    if value is not None and key not in st.session_state:
        st.session_state[key] = value
