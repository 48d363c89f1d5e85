"""Turns on one detector: the order in which threads get it, never how long they take."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_models import CARD, LinearModel
from queue_turns import until, waiting

from core import attacks, explain
from core.attacks import AttackCallbacks
from core.detectors import Detector, inference_queue
from core.detectors.detector import prepare
from core.detectors.inference_queue import MAX_PASSED, InferenceQueue, give_way, long_work
from core.progress import Progress
from core.studies.base import STUDIES
from core.studies.study_run import run_study
from core.types import Array, AttackStep, InputError
from core.types.study_tables import StudyTable

STEPS = 30


@contextmanager
def thread(work: Callable[[], object]) -> Iterator[None]:
    running = threading.Thread(target=work, daemon=True)
    running.start()
    yield
    running.join(20)
    assert not running.is_alive(), "a turn was never given"


class Told(Progress):
    """At one step somebody asks for a verdict; the attack goes on once he waits."""

    def __init__(self, detector: Detector, picture: Array) -> None:
        self.detector, self.picture, self.order = detector, picture, list[str]()
        self.asking = threading.Thread(target=self.ask, daemon=True)

    def ask(self) -> None:
        with self.detector.lock:
            self.detector.verdict(self.picture)
            self.order.append("verdict")

    def emit(self, value: object) -> None:
        if isinstance(value, AttackStep):
            self.order.append("step")
            if value.step == 3:
                self.asking.start()
                until(lambda: waiting(self.detector.lock) > 0)


def test_a_verdict_comes_within_the_very_step_of_anothers_attack(
    linear_detector: Detector, small_picture: Array
) -> None:
    target = "real" if linear_detector.verdict(small_picture).label == "fake" else "fake"
    alone = attacks.run("pgd", linear_detector, small_picture, {"steps": STEPS}, target=target)
    told = Told(linear_detector, small_picture)
    found = attacks.run(
        "pgd", linear_detector, small_picture, {"steps": STEPS}, target=target, callbacks=AttackCallbacks(told)
    )
    told.asking.join(20)
    assert told.order.index("verdict") == 3, "after the third step, before the fourth"
    assert (found.png, found.trajectory) == (alone.png, alone.trajectory), "bit-equal"


@pytest.mark.parametrize("settings", [{}, {"explainer": "kernel", "segments": 6}], ids=["gradient", "kernel"])
def test_a_verdict_comes_between_the_passes_of_anothers_map(settings: dict[str, object], crop: Array) -> None:
    detector = prepare("linear", LinearModel(), CARD)
    small = np.ascontiguousarray(crop[:24:2, :24:2])
    alone = explain.run("shap", detector, small, {"samples": 24, **settings}, quality=False)
    verdicts, passes = list[object](), list[int]()

    def ask() -> None:
        with detector.lock:
            verdicts.append(detector.verdict(small))

    asking = threading.Thread(target=ask, daemon=True)

    class Asks(Progress):
        def should_stop(self) -> bool:
            passes.append(len(verdicts))
            if len(passes) == 1:
                asking.start()
                until(lambda: waiting(detector.lock) > 0)
            return False

    found = explain.run("shap", detector, small, {"samples": 24, **settings}, quality=False, progress=Asks())
    asking.join(20)
    assert passes[:3] in ([0, 0, 1], [0, 1, 1]), "the verdict came after the first pass or the second"
    assert found.map.tobytes() == alone.map.tobytes()


def test_long_work_without_a_detector_leaves_the_processor_to_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference_queue, "MAX_PAUSE", 60.0)
    order, begun = list[str](), threading.Event()

    def study() -> None:
        begun.set()
        with long_work():
            give_way()
            order.append("step")

    working = threading.Thread(target=study, daemon=True)
    with InferenceQueue().reserved():
        working.start()
        begun.wait(20)
        working.join(0.2)
        order.append("verdict")
    working.join(20)
    assert order == ["verdict", "step"]
    with InferenceQueue().reserved():
        give_way()  # who judges does not wait for itself


def test_a_study_is_long_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, depths = STUDIES["arif"], list[int]()

    def measured(*_: object, **__: object) -> StudyTable:
        depths.append(inference_queue._thread.long)
        raise InputError("no further")

    monkeypatch.setitem(STUDIES._entries, "arif", replace(entry, function=measured))
    monkeypatch.setattr("core.studies.study_run.check_files", lambda *_: None)
    with pytest.raises(InputError, match="no further"):
        run_study("arif", data=tmp_path, cache=tmp_path)
    assert depths == [1]
    assert inference_queue._thread.long == 0


def test_verdicts_come_before_long_work_but_never_all_of_them() -> None:
    queue, order, taken = InferenceQueue(), list[str](), threading.Event()

    def one(name: str, *, long: bool) -> None:
        if long:
            with queue.long_turn():
                order.append(name)
        else:
            with queue:
                order.append(name)

    threads = []
    with queue:
        for name, long in [("long", True), *((str(i), False) for i in range(MAX_PASSED + 2))]:
            threads.append(threading.Thread(target=one, args=(name,), kwargs={"long": long}, daemon=True))
            threads[-1].start()
            until(lambda: waiting(queue) == len(threads))
        taken.set()
    for running in threads:
        running.join(20)
    verdicts = [str(i) for i in range(MAX_PASSED + 2)]
    assert order == [*verdicts[:MAX_PASSED], "long", *verdicts[MAX_PASSED:]]


def test_long_works_take_turns() -> None:
    queue, order = InferenceQueue(), list[str]()

    def other() -> None:
        with queue.long_turn():
            for _ in range(3):
                order.append("other")
                give_way()

    with queue.long_turn():
        running = threading.Thread(target=other, daemon=True)
        running.start()
        until(lambda: waiting(queue) == 1)
        for _ in range(3):
            order.append("first")
            give_way()
            if len(order) < 6:
                until(lambda: waiting(queue) == 1)
    running.join(20)
    assert order == ["first", "other"] * 3


def test_a_reserved_detector_is_left_to_its_verdicts() -> None:
    queue, order = InferenceQueue(), list[str]()

    def work() -> None:
        with queue.long_turn():
            order.append("long")

    with queue.reserved():
        running = threading.Thread(target=work, daemon=True)
        running.start()
        until(lambda: waiting(queue) == 1)
        for _ in range(2):
            with queue:
                order.append("verdict")
    running.join(20)
    assert order == ["verdict", "verdict", "long"]
    with long_work(), queue.reserved(), thread(work):
        pass
    assert order[-1] == "long", "long work keeps nobody away"


def test_nobody_comes_in_where_hooks_are_on_the_network() -> None:
    queue, order = InferenceQueue(), list[str]()

    def take() -> None:
        with queue:
            order.append("in")

    with queue.long_turn():
        running = threading.Thread(target=take, daemon=True)
        running.start()
        until(lambda: waiting(queue) == 1)
        with queue:
            give_way()
            order.append("hooks")
        give_way()
    running.join(20)
    assert order == ["hooks", "in"]
    assert queue.free
