"""What the tests share: a face that may be shipped, a small random detector, and the shipped models.

What takes seconds to import is imported by the fixtures: the process that hands out the tests loads this file as well,
before any worker starts.
"""

from __future__ import annotations

import functools
import gc
import os
import socket
import sys
import tempfile
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

os.environ.setdefault("PROSOPON_CACHE", tempfile.mkdtemp(prefix="prosopon-tests-"))
# Files are read inside but where it is tested that they are not: each process of tests would start readers of its own.
os.environ.setdefault("PROSOPON_READER", "inside")
# What a page raises fails its test, instead of becoming a sentence.
os.environ.setdefault("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
# Two runs beside each other would otherwise wait for each other's threads; the servers of walks inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Functions that Numba compiles to run in parallel would hand their number of threads on to torch.
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np
import pytest

if TYPE_CHECKING:
    import torch

    from core.detectors import Detector
    from core.detectors.architectures.blend_resnet import BlendResNet
    from core.types import Array

RANDOM_SIZE = 64  # pixels: less than `crop`, so that the way to the network resizes
NARROW = 112  # pixels inside: a third of the time, and the forged portrait is called fake as before


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Import without collecting garbage; what was imported is never searched for it afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Walks first: one worker has them all, with one server and one Chromium, before others take tests from its end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin each test with one thread of torch, whatever the one before it left: sums over more round otherwise."""
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _uncompiled() -> Iterator[None]:
    """The partition explainer of shap as Python; one test asks for it as it is compiled."""
    if "shap" not in sys.modules:
        yield
        return
    from uncompiled import shap_modules, uncompiled

    with uncompiled(*shap_modules()):
        yield


@pytest.fixture(scope="module", autouse=True)
def _faces_found_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """An image is searched for faces once a worker; but for the tests of the search itself."""
    if "core.faces" not in sys.modules or request.path.parent.name == "faces":
        yield
        return
    from found_faces import remembered

    from core.faces import detection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detection, "detect_boxes", remembered)
        yield


@pytest.fixture(scope="module", autouse=True)
def _answers_given_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whether a face was attacked is answered once a worker; but for the tests of the answer itself."""
    if "core.pipeline" not in sys.modules or request.path.parent.name == "attack_detectors":
        yield
        return
    from kept_answers import answered

    from core import pipeline

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "answer_attack", answered)
        yield


@pytest.fixture(scope="session", autouse=True)
def _commands_built_once() -> Iterator[None]:
    """The command line is built once a worker; typer's runner builds it anew for each call."""
    if "typer.testing" not in sys.modules:
        yield
        return
    from typer import testing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(testing, "_get_command", functools.cache(testing._get_command))  # type: ignore[attr-defined]
        yield


@pytest.fixture(scope="session", autouse=True)
def _components_sought_once() -> Iterator[None]:
    """The packages are searched for components of Streamlit once a worker, not by each page that is run."""
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(scope="session", autouse=True)
def _pages_waited_for() -> Iterator[None]:
    """A page that is run is waited for; Streamlit looks every millisecond, and takes turns with the page for that."""
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from streamlit.testing.v1 import local_script_runner

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        assert runner._script_thread
        runner._script_thread.join(timeout)
        if not runner.script_stopped():
            runner.request_stop()
            runner.join()
            raise RuntimeError(f"AppTest script run timed out after {timeout}(s)")  # as Streamlit says it

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(scope="session", autouse=True)
def only_loopback() -> Iterator[list[object]]:
    """Refuse every socket beyond this machine; the addresses that were tried."""
    tried: list[object] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def refuse(host: object) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not (isinstance(name, str) and (not name or name.startswith(LOOPBACK))):
            tried.append(host)
            raise socket.gaierror(f"tests open no socket beyond loopback; asked for {host!r}")

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            refuse(address[0])
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
        refuse(host)
        return look_up(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield tried


@pytest.fixture(scope="session")
def portrait() -> Array:
    """The astronaut's portrait (512, 512, 3) uint8."""
    from core.media_attack import samples

    return samples.portrait()


@pytest.fixture(scope="session")
def crop() -> Array:
    """The astronaut's face (96, 96, 3) uint8: small, so that attacks and maps are quick."""
    import cv2

    from core.media_attack import samples

    return cv2.resize(samples.portrait_face().crop, (96, 96), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="session")
def forged() -> Array:
    """The forged portrait, cut to (300, 400, 3) about its face: quick to search."""
    from core.faces.detection import find_faces
    from core.media_attack import samples

    left, top, right, bottom = find_faces(samples.forged_portrait())[0].box
    x, y = round((left + right) / 2) - 200, round((top + bottom) / 2) - 150
    return np.ascontiguousarray(samples.forged_portrait()[max(y, 0) : max(y, 0) + 300, max(x, 0) : max(x, 0) + 400])


@pytest.fixture(scope="session")
def settled() -> tuple[BlendResNet, torch.Tensor]:
    """The network of `random_detector`, made once, and the state of torch's generator after it."""
    import torch

    from core.detectors.architectures.blend_resnet import BlendResNet

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(1)
        model = BlendResNet().train()
        model.resize.size = RANDOM_SIZE
        for _ in range(3):
            model(torch.rand(4, 3, RANDOM_SIZE, RANDOM_SIZE))
        return model, torch.get_rng_state()


@pytest.fixture
def random_detector(settled: tuple[BlendResNet, torch.Tensor]) -> Detector:
    """The default architecture with random weights and running statistics that fit them, on images of 112 x 112."""
    import torch
    from known_models import CARD

    from core.detectors.detector import prepare

    torch.set_rng_state(settled[1])
    return prepare("random", settled[0], CARD)  # a copy


@pytest.fixture(scope="session")
def shipped() -> Detector:
    """The shipped default detector."""
    from core.detectors import load

    return load()


@pytest.fixture
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load detectors that work on smaller images, for commands that ask them many times."""
    from checkpoints import narrowed

    from core import pipeline

    load = pipeline.load_detector

    def narrow(name: str) -> Detector:
        found = load(name)
        narrowed(found.model, NARROW)
        return found

    monkeypatch.setattr(pipeline, "load_detector", narrow)


@pytest.fixture
def linear_detector() -> Detector:
    """A linear detector for images of 12 x 12."""
    from known_models import CARD, LinearModel

    from core.detectors.detector import prepare

    return prepare("linear", LinearModel(), CARD)


@pytest.fixture
def small_picture() -> Array:
    """(12, 12, 3) uint8."""
    return np.random.default_rng(3).integers(0, 256, (12, 12, 3)).astype(np.uint8)
