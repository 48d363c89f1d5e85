"""A verdict that is asked for in the middle of any long work is given before that work goes on to its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from queue_turns import until, waiting

from core import media_attack, pipeline
from core.attacks.analysis.epsilon_sweep import sweep
from core.detectors import Detector, inference_queue
from core.detectors.inference_queue import InferenceQueue, long_work
from core.explain.analysis.critical_pixels import critical_pixels
from core.media_attack import samples
from core.progress import Progress
from core.studies.digit_network import digit_network
from core.studies.mnist_file import Digits
from core.types import Array


class Asked:
    """Ask for a verdict at one forward pass of another's work, and note the order of both.

    That pass ends once somebody waits; what comes after it shows whether he is let in.
    """

    def __init__(self, detector: Detector, crop: Array, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.detector, self.crop, self.at, self.order = detector, crop, at, list[str]()
        self.asking = threading.Thread(target=self._ask, daemon=True)
        self.worker = threading.get_ident()
        kind, forward = type(detector.model), type(detector.model).forward

        def watched(model: object, x: torch.Tensor) -> torch.Tensor:
            if threading.get_ident() == self.worker:
                self._pass()
            found: torch.Tensor = forward(model, x)
            return found

        monkeypatch.setattr(kind, "forward", watched)

    def _pass(self) -> None:
        self.order.append("pass")
        if len(self.order) == self.at:
            self.asking.start()
            until(lambda: waiting(self.detector.lock) > 0)

    def _ask(self) -> None:
        with self.detector.lock:
            self.detector.verdict(self.crop)
            self.order.append("verdict")

    def passes_before(self, work: Callable[[], object]) -> tuple[int, int]:
        """Do the work; return its passes before the verdict and after it."""
        work()
        self.order.append("end")
        self.asking.join(20)
        given = self.order.index("verdict")
        assert given < self.order.index("end"), "before the work's end"
        return given, len(self.order) - 2 - given


def test_in_a_sweep(linear_detector: Detector, small_picture: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8) for seed in range(20)]
    faces = [one for one in pictures if linear_detector.verdict(one).label == "fake"][:2]
    asked = Asked(linear_detector, small_picture, 6, monkeypatch)
    settings = {"pgd": {"steps": 20}}
    before, after = asked.passes_before(
        lambda: sweep(linear_detector, faces, ["pgd"], (1 / 255, 2 / 255), settings=settings, stop_confidence=None)
    )
    assert 6 <= before <= 8
    assert after > 20


def test_in_critical_pixels(linear_detector: Detector, small_picture: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    attacked = small_picture.copy()
    attacked[:2, :2] ^= 15
    asked = Asked(linear_detector, small_picture, 3, monkeypatch)
    before, after = asked.passes_before(lambda: critical_pixels(linear_detector, small_picture, attacked, samples=48))
    assert before <= 4
    assert after > 3


def test_in_a_whole_file_attack(random_detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(samples.portrait()).save(tmp_path / "in.png")
    media = pipeline.open_media(tmp_path / "in.png")
    crop = pipeline.faces_of(media)[0].crop
    asked = Asked(random_detector, crop, 5, monkeypatch)
    before, after = asked.passes_before(
        lambda: media_attack.attack_media(random_detector, media, tmp_path / "out.png", "pgd", {"steps": 10}, rounds=1)
    )
    assert 5 <= before <= 7
    assert after > 3


def test_in_a_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A study has networks of its own: what it leaves to others is the processor, while verdicts follow one another."""
    monkeypatch.setattr(inference_queue, "MAX_PAUSE", 60.0)
    order, reserved = list[str](), threading.Event()

    def judge() -> None:
        with InferenceQueue().reserved():
            reserved.set()
            until(lambda: bool(inference_queue._judging._waiters))  # type: ignore[attr-defined]
            order.append("verdict")

    judging = threading.Thread(target=judge, daemon=True)

    class Asks(Progress):
        def tell(self, done: int, total: int | None = None, text: str = "") -> None:
            order.append("step")
            if len(order) == 2:
                judging.start()
                reserved.wait(20)

    digits = Digits(torch.rand(2000, 1, 28, 28), torch.arange(2000) % 10)
    with long_work():
        digit_network(tmp_path, digits, seed=0, progress=Asks())
    order.append("end")
    judging.join(20)
    assert order[:4] == ["step", "step", "verdict", "step"]
    assert order[-1] == "end"
