"""Controls against shortcuts: what a trainer's pair tells about its label beside the forgery itself.

A forgery's file is degraded as its real twin's is. So simple figures of an image (sharpness, noise, blockiness,
colour), taken where nothing was forged, must not separate the two; nor may a detector call a real face fake because it
was compressed. Each control is shown to catch a leak that is put there on purpose.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.detectors import Detector
from core.media.codecs import h264_roundtrip, jpeg_roundtrip, webp_roundtrip
from core.media_attack import samples
from core.metrics.roc import auc
from core.training.training_faces import KINDS, FaceSet, degrade, load_faces, make_forgery
from core.types import Array

pytestmark = pytest.mark.slow

FACES = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces"
PAIRS, COUNT = 160, 80  # of real faces: trainer's pairs, and faces that a detector judges
BOUND = 0.65  # how well a detector's score may separate real faces from the same faces compressed
Leak = Callable[[Array], Array]
Table = tuple[Array, Array, Array]  # figures (2N, F), labels (2N,), pairs (2N,)

real_faces = pytest.mark.skipif(not FACES.is_dir(), reason="the faces are not part of this project")


@pytest.fixture(scope="module")
def portraits() -> FaceSet:
    """The portrait's face, cut and lit in twelve ways: (12, 200, 200, 3)."""
    found, images, landmarks = samples.portrait_face(), [], []
    left, top = (int(v) - 20 for v in found.box[:2])
    for i in range(12):
        x, y = left + 2 * (i % 4), top + 2 * (i // 4)
        images.append(cv2.convertScaleAbs(samples.portrait()[y : y + 200, x : x + 200], alpha=0.8 + i / 30))
        landmarks.append(found.landmarks - np.asarray([x, y], np.float32))
    return FaceSet(np.stack(images), np.stack(landmarks), tuple(map(str, range(12))))


@pytest.fixture(scope="module")
def people() -> FaceSet:
    return load_faces(FACES, "test")


def describe(image: Array, where: Array) -> Array:
    """Simple figures of an image (H, W, 3) uint8 at the places `where` (H, W): detail, noise, blockiness, colour."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    detail = np.abs(cv2.Laplacian(grey.astype(np.float32), cv2.CV_32F))[where]
    noise = np.abs(grey.astype(np.float32) - cv2.medianBlur(grey, 3))[where]
    steps, inside = np.abs(np.diff(grey.astype(np.float32), axis=1)), where[:, 1:]
    border = np.arange(1, grey.shape[1]) % 8 == 0  # between two blocks of JPEG or H.264
    blocks = steps[:, border][inside[:, border]].mean() - steps[:, ~border][inside[:, ~border]].mean()
    colours = image[where].astype(np.float32)
    return np.r_[np.log1p(detail.mean()), np.log1p(detail.std()), noise.mean(), blocks, colours.mean(0), colours.std(0)]


@functools.lru_cache(maxsize=1)
def pairs_of(faces: FaceSet, pairs: int, kinds: tuple[str, ...]) -> list[tuple[list[Array], Array]]:
    """A trainer's pairs (twin, forged) with their masks; the last are kept for several leaks, never changed."""
    found = []
    for i in range(pairs):
        rng = np.random.default_rng([5, i])
        place = int(rng.integers(len(faces.images)))
        forged, mask, twin = make_forgery(faces, place, rng, kind=str(rng.choice(kinds)))
        found.append(degrade([twin, forged], mask, rng, hardness=float(rng.random() ** 0.7)))
        for image in (*found[-1][0], found[-1][1]):
            image.setflags(write=False)
    return found


def table(faces: FaceSet, pairs: int, *, kinds: tuple[str, ...] = KINDS, leak: Leak | None = None) -> Table:
    """The figures of a trainer's pairs, outside of what was forged; a `leak` is put on the forged ones alone."""
    figures, groups = [], []
    for i, ((twin, forged), mask) in enumerate(pairs_of(faces, pairs, kinds)):
        both = [twin, leak(forged) if leak else forged]
        outside = cv2.dilate((mask > 0.01).astype(np.uint8), np.ones((17, 17), np.uint8)) == 0  # codecs spread a little
        if outside.mean() > 0.1:
            figures += [describe(image, outside) for image in both]
            groups += [i, i]
    return np.asarray(figures), np.tile((0, 1), len(figures) // 2), np.asarray(groups)


def separates(found: Table) -> float:
    """Cross-validated AUC of a logistic regression on the figures; the two images of a pair stay in one fold."""
    figures, labels, groups = found
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    p = cross_val_predict(model, figures, labels, groups=groups, cv=GroupKFold(5), method="predict_proba")[:, 1]
    area = auc(p[labels == 0], p[labels == 1])
    assert area is not None
    return area


def chance(found: Table) -> float:
    """How far from 0.5 an AUC of so many images strays by chance: four standard errors of Mann and Whitney's U."""
    half = len(found[1]) / 2
    return 4 * float(np.sqrt((2 * half + 1) / (12 * half * half)))


LEAKS: dict[str, Leak] = {
    "JPEG 30": lambda image: jpeg_roundtrip(image, 30),
    "blur": lambda image: cv2.GaussianBlur(image, (0, 0), 1.5),
    "brighter": lambda image: cv2.convertScaleAbs(image, alpha=1.0, beta=60),
}


def test_shuffled_labels_teach_nothing(portraits: FaceSet) -> None:
    figures, labels, groups = made = table(portraits, 80, leak=LEAKS["blur"])
    shuffled = np.random.default_rng(0).permutation(labels)
    assert abs(separates((figures, shuffled, groups)) - 0.5) < chance(made)
    assert separates(made) > 0.5 + chance(made), "the same figures with their own labels do separate"


def test_degradations_alone_do_not_separate(portraits: FaceSet) -> None:
    made = table(portraits, 80)
    assert abs(separates(made) - 0.5) < chance(made)


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_caught(name: str, portraits: FaceSet) -> None:
    made = table(portraits, 80, leak=LEAKS[name])
    assert separates(made) > 0.5 + chance(made)


@pytest.mark.slow
@real_faces
@pytest.mark.parametrize("kind", KINDS)
def test_degradations_alone_do_not_separate_real_faces(kind: str, people: FaceSet) -> None:
    made = table(people, PAIRS, kinds=(kind,))
    assert abs(separates(made) - 0.5) < chance(made)


@pytest.mark.slow
@real_faces
def test_a_leak_is_caught_on_real_faces(people: FaceSet) -> None:
    made = table(people, PAIRS, leak=lambda image: jpeg_roundtrip(image, 70))
    assert separates(made) > 0.5 + chance(made)


def trainers_own(image: Array) -> Array:
    rng = np.random.default_rng([6, int(image[::9].sum())])
    return degrade([image], np.zeros(image.shape[:2], np.float32), rng, hardness=float(rng.random() ** 0.7))[0][0]


def margins(detector: Detector, images: list[Array]) -> Array:
    return np.asarray([float(v.logits[1]) - float(v.logits[0]) for v in detector.verdicts(images)])


@pytest.fixture(scope="module")
def clean(people: FaceSet, shipped: Detector) -> tuple[list[Array], Array]:
    """Faces as they are, and the detector's margins of them."""
    images = [people.images[i] for i in np.linspace(0, len(people.images) - 1, COUNT).astype(int)]
    return images, margins(shipped, images)


def fake_by(detector: Detector, clean: tuple[list[Array], Array], change: Leak) -> float:
    """How well the detector's margin separates real faces changed from the same ones as they are."""
    images, before = clean
    area = auc(before, margins(detector, [change(image) for image in images]))
    assert area is not None
    return area


@pytest.mark.slow
@real_faces
@pytest.mark.parametrize(
    ("change", "bound"),
    [
        pytest.param(trainers_own, BOUND, id="as the trainer degrades"),
        pytest.param(lambda image: jpeg_roundtrip(image, 50), BOUND, id="JPEG 50"),
        pytest.param(lambda image: jpeg_roundtrip(image, 30), BOUND, id="JPEG 30"),
        pytest.param(lambda image: webp_roundtrip(image, 40), BOUND, id="WebP 40"),
        pytest.param(lambda image: h264_roundtrip([image], 23)[0], BOUND, id="H.264 CRF 23"),
        # Known: blocks at this rate look like blends to it. The card has how many real faces it then calls fake.
        pytest.param(lambda image: h264_roundtrip([image], 40)[0], 0.8, id="H.264 CRF 40"),
    ],
)
def test_compression_does_not_make_a_real_face_fake(
    change: Leak, bound: float, clean: tuple[list[Array], Array], shipped: Detector
) -> None:
    assert fake_by(shipped, clean, change) <= bound


@pytest.mark.slow
@real_faces
def test_the_bound_would_be_passed_by_a_forgery(
    people: FaceSet, clean: tuple[list[Array], Array], shipped: Detector
) -> None:
    """The same measure on swaps put over the same faces: it can be passed, so the control above can fail."""
    place = {image.tobytes(): i for i, image in enumerate(people.images)}

    def swapped(image: Array) -> Array:
        rng = np.random.default_rng([7, place[image.tobytes()]])
        return make_forgery(people, place[image.tobytes()], rng, kind="swap")[0]

    assert fake_by(shipped, clean, swapped) > BOUND + 0.1
