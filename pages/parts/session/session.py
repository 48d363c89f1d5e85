"""What one session remembers: the medium, its faces, the one in focus and its results."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

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
    StopRequested,
    Target,
    Verdict,
    content_id,
)
from pages.parts.session.choices import AttackChoice, MapChoice, SweepChoice, WholeChoice
from pages.parts.session.long_results import Attacked

T = TypeVar("T")
Answer: TypeAlias = "tuple[AttackVerdict | None, str]"  # None: not asked; and why


@dataclass(slots=True, eq=False)
class Desk:
    """What one session has before it: the medium, its judged faces, the one in focus, settings and results."""

    media: Media | None = None
    judged: list[Judged] = field(default_factory=list)
    index: int = 0
    frames: int = 16
    detector_name: str = DEFAULT
    resolved: dict[str, Detector | InputError] = field(default_factory=dict)  # of this rerun
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
        """The deepfake detector in use."""
        return self.another(self.detector_name)

    @property
    def broken(self) -> str | None:
        """Why the detector in use cannot be used any more (its weights were taken away), or None."""
        try:
            self.another(self.detector_name)
        except InputError as error:
            return str(error)
        return None

    def another(self, name: str) -> Detector:
        """Any detector with its weights as they were at the beginning of this rerun, looked for once in it."""
        if name not in self.resolved:
            try:
                self.resolved[name] = pipeline.load_detector(name)
            except InputError as error:
                self.resolved[name] = error
        found = self.resolved[name]
        if isinstance(found, InputError):
            raise found.with_traceback(None)
        return found

    @property
    def outdated(self) -> bool:
        """Whether the faces were judged by the detector with another calibration, or other weights, than it has now."""
        if not self.judged or self.judged_by is None:
            return False
        return self.broken is not None or self.judged_by != self.detector.version

    @property
    def watcher(self) -> AttackDetector:
        """The attack detector, shared by all sessions."""
        return pipeline.load_attack_detector()

    @property
    def bank(self) -> Bank:
        """The reference signatures, shared by all sessions."""
        return pipeline.load_bank()

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
                self._ask_of_focus(detector, job)

        self.start("open", f"Opening {name}", work)

    def open_bytes(self, data: bytes, name: str) -> None:
        """Open an uploaded file."""
        self.open(lambda: pipeline.open_media(data, name), name)

    def open_sample(self, name: str) -> None:
        """Open a sample; it is made when nobody opened it before."""
        default = self.another(DEFAULT)  # the attacked one is made against it, whoever judges
        self.open(lambda: pipeline.open_media(samples.sample(name, default)), name)

    def look_again(self, frames: int) -> None:
        """Judge the medium anew, with another number of frames."""
        self.frames = frames
        if media := self.media:
            self.open(lambda: media, media.name)

    def use(self, name: str) -> None:
        """Judge with another detector from now on, the open medium too; refuses one without weights."""
        self.resolved.clear()
        self.another(name)
        self.detector_name, self.shown = name, None
        self.judge_again()

    def judge_again(self) -> None:
        """Judge the faces of the open medium by the detector as it is now, in the background."""
        self.resolved.clear()
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
            self._ask_of_focus(detector, job)

    def _ask_of_focus(self, detector: Detector, job: Job) -> None:
        """In a worker, after the verdicts: ask the attack detector about the face in focus."""
        if self.item and self.item.verdict and not job.halt.is_set():
            self.ask_now(self.item.face.crop, self.item.verdict, detector)

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

    def read_map(self, crop: Array) -> Attribution | None:
        """The map of a crop that the attack detector reads, where it was made."""
        found: Attribution | None = self.results.get(self._read_key(crop, self.detector))
        return found

    def answer(self, crop: Array, verdict: Verdict) -> Answer | None:
        """What the attack detector says of a crop with this verdict, and why; None where it was not asked yet."""
        if why := pipeline.not_asked(self.detector, self.watcher, verdict):
            return None, why
        found: Answer | None = self.results.get(self._answer_key(crop, self.detector))
        return found

    def ask(self, faces: Sequence[tuple[Array, Verdict]], *, maps: bool = False) -> None:
        """Ask the attack detector about crops with their verdicts, in the background.

        With `maps` the map that it reads is made of every crop, also where it is not asked.
        """
        detector, faces = self.detector, list(faces)

        def work(job: Job) -> None:
            for done, (crop, verdict) in enumerate(faces, 1):
                if job.halt.is_set():
                    return
                if maps:
                    self._read(crop, detector)
                self.ask_now(crop, verdict, detector)
                job.tell(done)

        self.start("ask", "Asking the attack detector, faces", work, total=len(faces))

    def ask_now(self, crop: Array, verdict: Verdict, detector: Detector) -> None:
        """In a worker: keep what the attack detector says of a crop, where it has a say."""
        key = self._answer_key(crop, detector)
        if pipeline.not_asked(detector, self.watcher, verdict) is None and self.results.get(key) is None:
            said = self.watcher.verdict(crop, self._read(crop, detector)), self.watcher.warrant
            self.results.put(key, said)

    def _read(self, crop: Array, detector: Detector) -> Attribution:
        """In a worker: the map that the attack detector reads, made once."""
        card = self.watcher.card
        return self._once(
            self._read_key(crop, detector),
            lambda: pipeline.explain_crop(detector, crop, str(card["map"]), target=card["target"]),
        )

    def _read_key(self, crop: Array, detector: Detector) -> Key:
        card = self.watcher.card
        settings = EXPLAINERS[str(card["map"])].settings()
        return key_of("map", content_id(crop), detector.version, card["map"], {**settings, "target": card["target"]})

    def _answer_key(self, crop: Array, detector: Detector) -> Key:
        return key_of("attacked", content_id(crop), detector.version, self.watcher.name, {})

    def placed(self, crop: Array) -> Placement | None:
        """The place of a crop's signature among the references, where it was found."""
        found: Placement | None = self.results.get(self._place_key(crop, self.detector))
        return found

    def place(self, crops: Sequence[Array]) -> None:
        """Find the places of crops' signatures among the references, in the background."""
        detector, bank, crops = self.detector, self.bank, list(crops)

        def work(job: Job) -> None:
            for done, crop in enumerate(crops, 1):
                if job.halt.is_set():
                    return
                self.results.put(self._place_key(crop, detector), pipeline.place(detector, bank, crop)[1])
                job.tell(done)

        self.start("place", "Placing faces among the references, faces", work, total=len(crops))

    def _place_key(self, crop: Array, detector: Detector) -> Key:
        return key_of("signature", content_id(crop), detector.version, "lrp-penultimate", {})

    def _once(self, key: Key, make: Callable[[], T]) -> T:
        value: T | None = self.results.get(key)
        if value is None:
            value = make()
            self.results.put(key, value)
        return value


def desk() -> Desk:
    """This session's desk, at the beginning of a page's run; no other session can reach it."""
    if "desk" not in st.session_state:
        st.session_state["desk"] = Desk()
    kept: Desk = st.session_state["desk"]
    kept.resolved.clear()
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
