"""What a session remembers and what the process shares: the only file with Streamlit's cache and session state."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from core import pipeline, samples
from core.attack_detectors import AttackDetector
from core.detectors import DEFAULT, Detector
from core.explain import EXPLAINERS
from core.pipeline import Judged
from core.registry import Value
from core.signatures import Bank, Placement
from core.types import (
    Array,
    AttackResult,
    AttackVerdict,
    Attribution,
    InputError,
    Media,
    Settings,
    Signature,
    Target,
    content_id,
)

T = TypeVar("T")
Key = tuple[str, str, str, str, tuple[tuple[str, Value], ...], int]
LIMIT, LIMIT_BYTES = 200, 256 * 2**20  # of a session's results
PATIENCE = 3.0  # seconds that a quick step waits for a detector that other work holds


@st.cache_resource(show_spinner="Loading the detector")
def _detector(name: str) -> Detector:
    return pipeline.load_detector(name)


@st.cache_resource(show_spinner="Loading the attack detector")
def _watcher() -> AttackDetector:
    return pipeline.load_attack_detector()


@st.cache_resource(show_spinner="Loading the reference signatures")
def _bank() -> Bank:
    return pipeline.load_bank()


def key_of(kind: str, of: str, detector: str, method: str, settings: Settings, seed: int = 0) -> Key:
    """The key of a result; `of` is the SHA-256 of the picture it is about."""
    return kind, of, detector, method, tuple(sorted(settings.items())), seed


class Results:
    """A session's results by key, the least recently used dropped first; workers may put while a page reads."""

    def __init__(self) -> None:
        self._held: OrderedDict[Key, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Any | None:
        """The result, or None."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Key, value: Any) -> None:
        """Keep a result, and let go of the oldest beyond the limits."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            while len(self._held) > 1 and (len(self._held) > LIMIT or self._bytes() > LIMIT_BYTES):
                self._held.popitem(last=False)

    def _bytes(self) -> int:
        return sum(_size(value) for value in self._held.values())


def _size(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, AttackResult):
        return value.image.nbytes + len(value.png)
    return value.map.nbytes if isinstance(value, Attribution) else 0


@dataclass(slots=True, eq=False)
class Job:
    """Work in a thread of its own: what it is doing, how far it is, and the wish to stop it."""

    kind: str
    text: str
    done: int = 0
    total: int = 0
    error: Exception | None = None
    begun: float = field(default_factory=time.monotonic)
    halt: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def finished(self) -> bool:
        """Whether the thread has ended."""
        return self.thread is not None and not self.thread.is_alive()

    @property
    def line(self) -> str:
        """What it is doing, how far, and about how long is left."""
        counted = f": {self.done} of {self.total}" if self.total else ""
        if self.halt.is_set():
            return f"{self.text}{counted}. Stopping; what there is will be kept."
        each = (time.monotonic() - self.begun) / (self.done - 1) if self.done > 2 else 0.0
        left = f", about {each * (self.total - self.done):.0f} s left" if each and self.total else ""
        return f"{self.text}{counted}{left}"

    @property
    def part(self) -> float:
        """The share done, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def tell(self, done: int, total: int | None = None, text: str | None = None) -> None:
        """Note how far the work is; the time that is left is told from the second step on (the first warms up)."""
        if done == 1:
            self.begun = time.monotonic()
        self.done = done
        self.total = self.total if total is None else total
        self.text = text or self.text


@dataclass(slots=True)
class AttackChoice:
    """The settings on the attack page."""

    method: str = "pgd"
    values: dict[str, Value] = field(default_factory=dict)
    seed: int = 0
    factor: int = 8


@dataclass(slots=True)
class MapChoice:
    """The settings on the explain page."""

    methods: tuple[str, ...] = field(default_factory=lambda: tuple(EXPLAINERS))
    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    target: Target = "margin"
    seed: int = 0
    shared: bool = True
    strength: float = 0.7


@dataclass(slots=True, eq=False)
class Desk:
    """What one session has before it: the medium, its judged faces, the one in focus, settings and results."""

    media: Media | None = None
    judged: list[Judged] = field(default_factory=list)
    index: int = 0
    frames: int = 16
    detector_name: str = DEFAULT
    results: Results = field(default_factory=Results)
    latest: dict[str, Key] = field(default_factory=dict)
    job: Job | None = None
    busy: bool = False  # whether work was going on when this run of the page began: the same all through the run
    uploads: int = 0
    attack: AttackChoice = field(default_factory=AttackChoice)
    maps: MapChoice = field(default_factory=MapChoice)

    @property
    def detector(self) -> Detector:
        """The deepfake detector in use, shared by all sessions."""
        return _detector(self.detector_name)

    @property
    def watcher(self) -> AttackDetector:
        """The attack detector, shared by all sessions."""
        return _watcher()

    @property
    def bank(self) -> Bank:
        """The reference signatures, shared by all sessions."""
        return _bank()

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
                self.media, self.judged = media, judged
                self.index = next((i for i, item in enumerate(judged) if item.verdict), 0)

        self.start("open", f"Opening {name}", work)

    def open_bytes(self, data: bytes, name: str) -> None:
        """Open an uploaded file."""
        self.open(lambda: pipeline.open_media(data, name), name)

    def open_sample(self, name: str) -> None:
        """Open a sample; it is made when nobody opened it before."""
        detector = self.detector
        self.open(lambda: pipeline.open_media(samples.sample(name, detector)), name)

    def look_again(self, frames: int) -> None:
        """Judge the medium anew, with another number of frames."""
        self.frames = frames
        if media := self.media:
            self.open(lambda: media, media.name)

    def close(self) -> None:
        """Put the medium away."""
        self.media, self.judged, self.index = None, [], 0

    def frame(self) -> Array | None:
        """The frame (H, W, 3) uint8 that the face in focus is in (the first when there is no face)."""
        if self.media is None:
            return None
        media, index = self.media, self.item.face.frame if self.item else 0
        return self._once(key_of("frame", media.id, "", str(index), {}), lambda: media.frame(index))

    def attack_result(self) -> AttackResult | None:
        """The last attack on the face in focus."""
        key = self.latest.get(self.item.face.id) if self.item else None
        return self.results.get(key) if key else None

    def keep_attack(self, face_id: str, result: AttackResult) -> None:
        """Keep an attack on a face as its last one."""
        key = key_of("attack", face_id, result.before.detector, result.attack, result.settings, result.seed)
        self.results.put(key, result)
        self.latest[face_id] = key

    def map_key(self, crop: Array, method: str, settings: Settings, target: Target, seed: int) -> Key:
        """The key of a map of a crop."""
        return key_of("map", content_id(crop), self.detector_name, method, {**settings, "target": target}, seed)

    def read_map(self, crop: Array) -> Attribution:
        """The map that the attack detector reads, of a crop."""
        card, detector = self.watcher.card, self.detector
        method, target = str(card["map"]), card["target"]
        settings = EXPLAINERS[method].settings()
        key = self.map_key(crop, method, settings, target, 0)
        return self._quick(key, lambda: pipeline.explain_crop(detector, crop, method, target=target))

    def was_attacked(self, crop: Array) -> tuple[AttackVerdict | None, str]:
        """The attack detector's verdict on a crop, and why."""
        detector, watcher = self.detector, self.watcher
        key = key_of("attacked", content_id(crop), detector.name, watcher.name, {})
        return self._quick(key, lambda: pipeline.was_attacked(detector, watcher, crop, detector.verdict(crop)))

    def place(self, crop: Array) -> tuple[Signature, Placement]:
        """The signature of a crop and its place among the references."""
        detector, bank = self.detector, self.bank
        key = key_of("signature", content_id(crop), detector.name, "lrp-penultimate", {})
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


def changed(choice: AttackChoice | MapChoice, **values: Any) -> bool:
    """Set fields of a page's settings; whether anything was new."""
    known = {f.name for f in fields(choice)}
    new = {name: value for name, value in values.items() if name in known and getattr(choice, name) != value}
    for name, value in new.items():
        setattr(choice, name, value)
    return bool(new)
