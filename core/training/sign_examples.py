"""Make examples of attacked, perturbed and untouched faces, each as its signs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from .. import attacks
from ..attack_detectors.attack_signs import alignment_signs, noise_signs
from ..detectors.detector import Detector
from ..media.codecs import jpeg_roundtrip
from ..media.images import decode_png
from ..media.treatments import PLACEBOS, TREATMENTS, coded_in_clip, placebo
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Settings
from .training_faces import KINDS, degrade, load_faces, make_forgery
from .training_recipe import load_pairs

EPSILONS = (1, 2, 3, 4, 6, 8, 12, 16)  # of 255
STEPS = (1, 3, 10, 20)
ATTACKS_A_FACE = 2


@dataclass(frozen=True, slots=True, eq=False)
class SignExamples:
    """Hold the signs of examples.

    noise: (N, 27). alignment: (N, 13). attacked, perturbed: (N,) bool. people: (N,) int, one number a person.
    kinds: what was done to each.
    """

    noise: Array
    alignment: Array
    attacked: Array
    perturbed: Array
    people: Array
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Example:
    image: Array
    kind: str
    attacked: bool
    perturbed: bool


def sign_examples(
    detector: Detector, data: Path, split: str, *, faces: int, seed: int = 0, progress: Progress = NO_PROGRESS
) -> SignExamples:
    """Make examples of real and forged faces of one split, and measure their signs.

    Each forgery that is predicted fake is attacked by PGD of random strength and length (one step to twenty); what no
    longer turns the verdict, before or after compression, is left out. Beside it stand the faces as they are, treated
    as honest media are, and with placebos of an attack's size.

    Args:
        detector: the one that is attacked.
        data: a folder with `dfdc/`, `faces/`, or both.
        split: "train", "val" or "test".
        faces: how many pairs of a real face and its forgery.
        seed: of every random choice.
        progress: told each pair; a stop raises `StopRequested`.
    """
    found: list[tuple[Array, Array, _Example, int]] = []
    steps = progress.counter(faces, "Measuring signs of attacks, faces")
    for person, (real, fake) in enumerate(_pairs(data, split, faces, seed)):
        rng = np.random.default_rng([seed, person])
        for example in _examples(detector, real, fake, rng, person):
            margin = detector.verdict(example.image).margin
            with detector.lock:
                alignment = alignment_signs(detector.model, example.image, margin)
            found.append((noise_signs(example.image), alignment, example, person))
        steps.step()
        progress.check_stop()
    return SignExamples(
        np.stack([noise for noise, *_ in found]),
        np.stack([alignment for _, alignment, *_ in found]),
        np.asarray([one.attacked for *_, one, _person in found]),
        np.asarray([one.perturbed for *_, one, _person in found]),
        np.asarray([person for *_, person in found]),
        tuple(one.kind for *_, one, _person in found),
    )


@dataclass(frozen=True, slots=True, eq=False)
class NoiseExamples:
    """Hold signs of noise of faces.

    noise: (N, 27). perturbed: (N,) bool.
    """

    noise: Array
    perturbed: Array


def noise_examples(data: Path, *, faces: int, seed: int = 0, progress: Progress = NO_PROGRESS) -> NoiseExamples:
    """Measure the noise of training faces at their own size.

    Each as it is, treated, and with a placebo.

    Args:
        data: a folder with `dfdc/`, `faces/`, or both.
        faces: how many of each.
        seed: of every random choice.
        progress: told each face; a stop raises `StopRequested`.
    """
    rng, sources = np.random.default_rng(seed), []
    if (data / "dfdc" / "dfdc.jsonl").is_file():
        sources.append(load_pairs(data / "dfdc", "train", limit=faces).originals.images)
    if (data / "faces" / "faces.jsonl").is_file():
        sources.append(load_faces(data / "faces", "train", limit=faces).images)
    noise, perturbed = [], []
    for image in progress.each([image for images in sources for image in images], "Measuring noise, faces"):
        treated = TREATMENTS[str(rng.choice(list(TREATMENTS)))](image, rng)
        size = float(np.exp(rng.uniform(0, np.log(17))))
        changed = placebo(image, str(rng.choice(PLACEBOS)), size, rng)
        changed = changed if rng.random() < 0.6 else _compressed(changed, rng)
        for one, label in ((image, False), (treated, False), (changed, True)):
            noise.append(noise_signs(one))
            perturbed.append(label)
    return NoiseExamples(np.stack(noise), np.asarray(perturbed))


def _pairs(data: Path, split: str, many: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Yield real faces with a forgery, of pairs and of stills in turn."""
    rng = np.random.default_rng(seed)
    pairs = load_pairs(data / "dfdc", split) if (data / "dfdc" / "dfdc.jsonl").is_file() else None
    stills = load_faces(data / "faces", split) if (data / "faces" / "faces.jsonl").is_file() else None
    order = rng.permutation(len(pairs.fakes)) if pairs else np.arange(0)
    others = rng.permutation(len(stills.images)) if stills else np.arange(0)
    for number in range(many):
        if pairs is not None and (stills is None or number % 3 < 2):
            chosen = int(order[number % len(order)])
            yield pairs.originals.images[pairs.original_of[chosen]], pairs.fakes[chosen]
        elif stills is not None:
            chosen = int(others[number % len(others)])
            forged, mask, real = make_forgery(stills, chosen, rng, kind=str(rng.choice(KINDS)))
            (real, forged), _ = degrade([real, forged], mask, rng, hardness=float(rng.random()) * 0.5)
            yield real, forged


def _examples(detector: Detector, real: Array, fake: Array, rng: np.random.Generator, seed: int) -> Iterator[_Example]:
    side = int(rng.integers(130, 300))
    real, fake = (cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in (real, fake))
    if detector.verdict(fake).label == "fake":
        yield from _attacked(detector, fake, rng, seed)
    names = list(TREATMENTS)
    for image in (real, fake):
        yield _Example(image, "as it is", False, False)
        name = str(rng.choice(names))
        yield _Example(TREATMENTS[name](image, rng), name, False, False)
        kind, size = str(rng.choice(PLACEBOS)), float(np.exp(rng.uniform(0, np.log(17))))
        changed = placebo(image, kind, size, rng)
        yield _Example(changed, f"placebo, {kind}", False, True)
    yield _Example(_compressed(changed, rng), "placebo, compressed", False, True)


def _attacked(detector: Detector, fake: Array, rng: np.random.Generator, seed: int) -> Iterator[_Example]:
    for _ in range(ATTACKS_A_FACE):
        eps, steps = int(rng.choice(EPSILONS)), int(rng.choice(STEPS))
        alpha = eps / 255 if steps == 1 else max(0.5, 2.5 * eps / steps) / 255
        settings: Settings = {"eps": eps / 255, "alpha": alpha, "steps": steps}
        result = attacks.run("pgd", detector, fake, settings, target="real", seed=seed)
        if result.after.label == "fake":
            continue
        image = decode_png(result.png)
        yield _Example(image, f"PGD {eps}/255", True, True)
        image = _compressed(image, rng)
        if detector.verdict(image).label == "real":
            yield _Example(image, f"PGD {eps}/255, compressed", True, True)


def _compressed(image: Array, rng: np.random.Generator) -> Array:
    if rng.random() < 0.7:
        return jpeg_roundtrip(image, int(rng.integers(50, 98)))
    return coded_in_clip(image, int(rng.integers(16, 32)))
