"""Crops of several sizes in one pass get the verdicts that they get alone."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
import torch
from attack_cases import Tiny
from checkpoints import ONE_OF_EACH, narrowed
from known_models import CARD
from other_device import other_device, put_there

from core.detectors import DETECTORS, Detector
from core.detectors.detector import prepare
from core.detectors.device import ON_CPU, ON_GPU
from core.detectors.face_batches import _rest_of, batch_features
from core.explain.quality.subject import Subject
from core.types import Array

SIZES = (40, 96, 33, 64, 51, 40)


@pytest.fixture
def crops(crop: Array) -> list[Array]:
    return [np.roll(cv2.resize(crop, (size, size + place % 2)), place, 0) for place, size in enumerate(SIZES)]


def agree(detector: Detector, crops: list[Array]) -> None:
    with torch.inference_mode():
        found = list(batch_features(detector.model, crops))
    assert len(found) == len(crops)
    for crop, (logits, features) in zip(crops, found, strict=True):
        alone, own = detector.features(crop)
        np.testing.assert_allclose(logits, alone, atol=1e-4 * max(1.0, float(np.abs(alone).max())))
        np.testing.assert_allclose(features, own, atol=1e-4 * max(1.0, float(np.abs(own).max())))


def test_faces_of_all_sizes_in_one_pass(random_detector: Detector, crops: list[Array]) -> None:
    agree(random_detector, crops)
    sizes: list[int] = []
    hook = random_detector.model.get_submodule("pool").register_forward_hook(lambda _, x, y: sizes.append(len(y)))
    verdicts = random_detector.verdicts(crops)
    hook.remove()
    assert sizes == [ON_CPU.faces, len(crops) - ON_CPU.faces]
    again = random_detector.verdicts(crops)
    assert [one.p_fake for one in verdicts] == [one.p_fake for one in again]
    alone = [random_detector.verdict(crop).p_fake for crop in crops]
    assert np.abs(np.subtract([one.p_fake for one in verdicts], alone)).max() < 1e-6
    assert len({round(value, 6) for value in alone}) > 1


def test_a_device_of_its_own_is_given_more_at_once(crop: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts and metrics come in larger passes there, and are the same."""
    model = Tiny()
    face = np.ascontiguousarray(crop[:24, 30:54])
    here = prepare("tiny", model, CARD)
    many = np.stack([np.roll(face, place, 0) for place in range(ON_CPU.outputs + 1)])
    with other_device(monkeypatch) as there:
        detector = prepare("tiny", model, CARD)
        sizes: list[int] = []
        detector.model.register_forward_hook(lambda _, x, y: sizes.append(len(y)))
        put_there(detector.model, there)
        found = detector.verdicts(list(many))
        Subject(detector, face, (), 0).logits(torch.from_numpy(many.transpose(0, 3, 1, 2) / np.float32(255)))
    assert sizes == [len(many)] * 2
    assert len(many) > ON_CPU.faces
    assert ON_GPU.maps > ON_CPU.maps
    expected = here.verdicts(list(many))
    assert np.allclose([one.logits for one in found], [one.logits for one in expected], atol=1e-6)


def test_verdicts_run_in_channels_last_memory(random_detector: Detector, crops: list[Array]) -> None:
    """One face and several: each convolution is given, and gives, what lies so."""
    seen: list[bool] = []
    convolutions = [module for module in random_detector.model.modules() if isinstance(module, torch.nn.Conv2d)]
    hooks = [
        module.register_forward_hook(
            lambda _, inputs, out: seen.extend(
                one.is_contiguous(memory_format=torch.channels_last) for one in (*inputs, out)
            )
        )
        for module in convolutions[1:]  # the first is given the image
    ]
    random_detector.verdict(crops[0])
    random_detector.verdicts(crops[:4])
    for hook in hooks:
        hook.remove()
    assert len(seen) >= 4 * len(hooks) > 4
    assert all(seen)


KINDS = {name[:8]: name for name in ONE_OF_EACH.values()}  # one of each family


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS.values())
def test_each_architecture(name: str, crops: list[Array]) -> None:
    model = narrowed(DETECTORS[name].function().eval(), 64)
    geometry, rest = _rest_of(model)
    assert geometry
    assert rest is not model
    agree(prepare(name, model, CARD), crops[:3])


def test_a_network_that_resizes_nothing_takes_equal_sizes_together(crop: Array) -> None:
    detector = prepare("tiny", Tiny(), CARD)
    agree(detector, [np.ascontiguousarray(crop[place : place + 24, 30:54]) for place in range(3)])


def test_another_threads_verdict_comes_between_two_passes(random_detector: Detector, crops: list[Array]) -> None:
    order: list[str] = []
    waiting = threading.Event()

    def another() -> None:
        waiting.set()
        random_detector.verdict(crops[0])

    def passed(_: object, x: object, y: torch.Tensor) -> None:
        order.append(str(len(y)))
        if len(order) == 1:
            thread.start()
            waiting.wait(10)
            while not random_detector.lock._verdicts:
                threading.Event().wait(0.001)

    thread = threading.Thread(target=another)
    hook = random_detector.model.get_submodule("pool").register_forward_hook(passed)
    random_detector.verdicts(crops)
    thread.join()
    hook.remove()
    assert order == [str(ON_CPU.faces), "1", str(len(crops) - ON_CPU.faces)]
