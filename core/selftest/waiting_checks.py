"""Measure what a person waits for a verdict while somebody else's attack runs."""

from __future__ import annotations

import statistics
import threading
import time

from .. import attacks, pipeline
from ..attacks import AttackCallbacks
from ..detectors import Detector
from ..engine.jobs import Job
from ..media.images import encode_png
from ..media_attack import samples
from ..progress import Progress
from ..types import AttackStep
from .tally import Tally

STEPS = 1000  # of the attack
MAX_RATIO = 2.0
DETECTOR = "efficientnet-lite0"


def wait_for_a_verdict(tally: Tally, seed: int) -> None:
    """Open and judge a picture in one session, alone and beside another's attack.

    Both are jobs of a server: one detector, its queue, readers in processes of their own.
    """
    detector, picture = pipeline.load_detector(DETECTOR), encode_png(samples.portrait())
    _opened(detector, picture)  # loads what later ones find loaded
    alone, beside = list[float](), list[float]()
    for _ in tally.trials():
        with tally.counted("verdict"):
            alone.append(_opened(detector, picture))
            attack, begun = _attack(detector, seed)
            begun.wait(60)
            beside.append(_opened(detector, picture))
            if attack.finished:
                tally.fail("wrong", f"the attack ended before the verdict came: {attack.problem}")
            attack.stop()
            assert attack.thread
            attack.thread.join(60)
    if alone and beside:
        tally.measure(statistics.median(beside) / statistics.median(alone), MAX_RATIO)


def _opened(detector: Detector, picture: bytes) -> float:
    """Return the seconds from an upload to its verdict."""
    began, judged = time.monotonic(), list[object]()
    job = Job("open", "Opening")

    def work(job: Job) -> None:
        judged.extend(pipeline.analyse(pipeline.open_media(picture, "portrait.png"), detector, progress=job))

    job.start(work)
    assert job.thread
    job.thread.join()
    if not judged:
        raise RuntimeError(f"no face was judged: {job.problem}")
    return time.monotonic() - began


class _Begun(Progress):
    """Say when an attack has made its first steps."""

    def __init__(self, job: Job, begun: threading.Event) -> None:
        self.job, self.begun = job, begun

    def emit(self, value: object) -> None:
        """Take a step."""
        if isinstance(value, AttackStep) and value.step == 2:
            self.begun.set()

    def should_stop(self) -> bool:
        """Return whether the job was asked to stop."""
        return self.job.should_stop()


def _attack(detector: Detector, seed: int) -> tuple[Job, threading.Event]:
    crop = samples.portrait_face().crop
    target = "real" if detector.verdict(crop).label == "fake" else "fake"
    job, begun = Job("attack", "Attacking"), threading.Event()

    def work(job: Job) -> None:
        callbacks = AttackCallbacks(_Begun(job, begun))
        attacks.run("pgd", detector, crop, {"steps": STEPS}, target=target, seed=seed, callbacks=callbacks)

    job.start(work)
    return job, begun
