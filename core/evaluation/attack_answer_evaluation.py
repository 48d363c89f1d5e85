"""Measure the answer to "was it attacked?": attacks found, and alarms on honest media."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from .. import pipeline
from ..attack_detectors import AttackSigns
from ..attack_detectors.answer import MIN_SIDE
from ..attacks import ATTACKS
from ..detectors import Detector
from ..media.datasets import kinds_in
from ..media.post_processing import SHORT_NAMES, post_process, read_operation
from ..media.treatments import TREATMENTS, placebo
from ..metrics.intervals import wilson
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError, Settings
from ..types.answer_scope import AnswerAlarms, AnswerEvaluation, AnswerFound
from ..types.attack_answer import SIGNS
from .attack_detector_evaluation import faces_in
from .labelled_faces import crops, interleave

Cell = tuple[str, str, str]  # attack, epsilon, post-processing
OWN_SIZE = "own"  # in place of an epsilon, for attacks without one
PLACEBO_KINDS = (("signs", 16), ("signs", 4), ("stripes", 16))


def parse_post(names: Iterable[str]) -> dict[str, tuple[str, float]]:
    """Read names of post-processing: "none", "jpeg75", "webp80", "crf23", "blur1", "resize0.5"."""
    found = {}
    for name in names:
        operation = read_operation(name)
        if operation is None:
            raise InputError(
                f"--post takes none, or {', '.join(SHORT_NAMES)} with a number such as jpeg75; came {name!r}"
            )
        found[name] = operation
    return found


def evaluate_attack_answer(
    signs: AttackSigns,
    detector: Detector,
    data: Path,
    *,
    attacks: Mapping[str, Mapping[str, Settings]],
    post: Mapping[str, tuple[str, float]],
    limit: int = 200,
    progress: Progress = NO_PROGRESS,
) -> AnswerEvaluation:
    """Count the attacks that are found, and the alarms on faces that nobody attacked.

    An attack that does not turn the verdict, or no longer does after post-processing, is not in the denominator.

    Args:
        signs: gives the answers.
        detector: the one that is attacked.
        data: a folder of faces (with faces.jsonl), each of which is attacked; or real/ beside forgeries, of which those
            predicted fake are.
        attacks: settings by name of the attack and by its epsilon.
        post: what is done to the attacked file, by name, see `parse_post`.
        limit: how many faces of each, evenly spaced.
        progress: told each face; a stop raises `StopRequested`.
    """
    clean, targets = _faces(detector, data, limit)
    steps = progress.counter(len(clean) + len(targets), "Asking whether faces were attacked, faces")
    alarms: dict[str, list[tuple[float, bool]]] = {}
    for number, crop in enumerate(clean):
        for kind, image in _untouched(crop, np.random.default_rng(number)):
            alarms.setdefault(kind, []).append(_asked(signs, detector, image))
        steps.step()
    rows: dict[Cell, list[tuple[int, bool, float]]] = {}
    for number, crop in enumerate(targets):
        for cell, works, image in _attacked(detector, crop, attacks, post, seed=number):
            score = _asked(signs, detector, image)[0] if works else 0.0
            rows.setdefault(cell, []).append((number, works, score))
        steps.step()
    plain = np.asarray([score for score, _ in alarms["as it is"]])
    found: dict[str, dict[str, dict[str, AnswerFound]]] = {}
    for (name, eps, label), them in rows.items():
        found.setdefault(name, {}).setdefault(eps, {})[label] = _found(them, plain)
    return AnswerEvaluation(
        found,
        {kind: _alarms([alarm for _, alarm in them]) for kind, them in alarms.items()},
        float(signs.network.thresholds[2]),
        detector.name,
    )


def _attacked(
    detector: Detector,
    crop: Array,
    attacks: Mapping[str, Mapping[str, Settings]],
    post: Mapping[str, tuple[str, float]],
    *,
    seed: int,
) -> Iterator[tuple[Cell, bool, Array]]:
    """Yield a face under each attack and post-processing, and whether that works."""
    for name, by_eps in attacks.items():
        for eps, settings in by_eps.items():
            result = pipeline.attack(detector, crop, name, settings, seed=seed)
            image = pipeline.attacked_crop(result)
            for label, how in post.items():
                changed = post_process(image, *how)
                works = result.after.label == "real" and detector.verdict(changed).label == "real"
                yield (name, eps, label), works, changed


def _faces(detector: Detector, data: Path, limit: int) -> tuple[list[Array], list[Array]]:
    """Crop the faces that stay untouched, and those that are attacked."""
    if (data / "real").is_dir():
        kinds = kinds_in(data)
        real, forged = kinds.pop("real"), list(kinds.values())
        clean = _first(crops(interleave([real, *forged])), limit)
        targets = (crop for crop in crops(interleave(forged)) if detector.verdict(crop).label == "fake")
        chosen = _first(targets, limit)
    else:
        clean = chosen = _first(crops(faces_in(data, limit=limit)), limit)
    if not clean:
        raise InputError(f"{data}: no face could be judged")
    return clean, chosen


def _first(items: Iterator[Array], many: int) -> list[Array]:
    return [item for _, item in zip(range(many), items, strict=False)]


def _untouched(crop: Array, rng: np.random.Generator) -> Iterator[tuple[str, Array]]:
    for kind, treat in TREATMENTS.items():
        image = treat(crop, rng)
        if min(image.shape[:2]) >= MIN_SIDE:
            yield kind, image
    for kind, size in PLACEBO_KINDS:
        yield f"placebo, {kind} {size}/255", placebo(crop, kind, size, rng)


def _asked(signs: AttackSigns, detector: Detector, crop: Array) -> tuple[float, bool]:
    """Return the answer's score, and whether there are signs of an attack."""
    answer = signs.answer(detector, crop, detector.verdict(crop))
    return answer.perturbed if answer.p_attacked is None else answer.p_attacked, answer.label == SIGNS


def _found(rows: Sequence[tuple[int, bool, float]], plain: Array) -> AnswerFound:
    """Measure one cell.

    Faces of even number are judged at a threshold of the odd clean ones, and the other way round.
    """
    worked = [(number, score) for number, works, score in rows if works]
    shares = {}
    for percent in (5, 1):
        ends = [np.quantile(part, 1 - percent / 100) if len(part) else np.inf for part in (plain[1::2], plain[::2])]
        shares[percent] = [score > ends[number % 2] for number, score in worked]
    return AnswerFound(
        n=len(worked),
        still_works=len(worked) / len(rows),
        auc=auc(plain, np.asarray([score for _, score in worked])) if worked else None,
        found_at_5=_share(shares[5]),
        found_at_1=_share(shares[1]),
        interval_at_5=wilson(sum(shares[5]), len(worked)),
    )


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _alarms(hits: Sequence[bool]) -> AnswerAlarms:
    return AnswerAlarms(len(hits), sum(hits) / len(hits), wilson(sum(hits), len(hits)))


def settings_by_size(name: str, settings: Settings, sizes: Sequence[float]) -> dict[str, Settings]:
    """Give an attack's settings for each epsilon in 1/255.

    One row where it has none.
    """
    if not any(param.name == "eps" and param.scale == 255 for param in ATTACKS[name].params):
        return {OWN_SIZE: settings}
    return {f"{size:g}": ATTACKS[name].settings({**settings, "eps": size / 255}) for size in sizes}
