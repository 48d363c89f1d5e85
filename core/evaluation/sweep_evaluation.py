"""Sweep epsilon, and test for gradient masking, on a folder's forgeries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from ..attacks import ATTACKS
from ..attacks.analysis.epsilon_sweep import Point, limited, record, sweep
from ..attacks.analysis.gradient_masking import check_attack, gradient_check
from ..detectors import Detector
from ..media.datasets import kinds_in
from ..types import Array, InputError, Settings
from .labelled_faces import interleave, predicted_fake

Report = Callable[[str], None]


def forged_faces(detector: Detector, data: Path, *, limit: int) -> list[Array]:
    """Take up to `limit` forged faces (S, S, 3) uint8 predicted fake, kinds in turn."""
    kinds = [paths for kind, paths in kinds_in(data).items() if kind != "real"]
    found = list(islice(predicted_fake(detector, interleave(kinds)), limit))
    if not found:
        raise InputError(f"{data}: the detector {detector.name} calls none of the forgeries fake")
    return found


def evaluate_sweep(
    detector: Detector,
    data: Path,
    *,
    attacks: Sequence[str],
    epsilons: Sequence[float],
    settings: Mapping[str, Settings] | None = None,
    steps: int = 20,
    queries: int = 300,
    limit: int = 50,
    seed: int = 0,
    report: Report = lambda _: None,
) -> dict[str, Any]:
    """Measure success and robust accuracy against epsilon on faces predicted fake.

    Args:
        detector: the one that is attacked.
        data: a folder laid out as `open_dataset` says.
        attacks: names of L-inf attacks; a face leaves an attack once it is predicted real.
        epsilons: in [0, 64/255].
        settings: of single attacks by name, without eps; they take precedence over `steps` and `queries`.
        steps: upper limit of an attack's own number of steps.
        queries: upper limit of its own number of queries per face.
        limit: number of faces at most.
        seed: of the attacks.
        progress: told each point; a stop raises `StopRequested`.

    Source: Arif, figure 5.
    """
    crops = forged_faces(detector, data, limit=limit)
    report(f"{len(crops)} faces called fake")
    limits = limited(attacks, steps=steps, queries=queries)
    given = {name: {**own, **(settings or {}).get(name, {})} for name, own in limits.items()}

    def on_point(point: Point) -> None:
        report(f"{point.attack} at {point.eps * 255:.4g}/255: {point.flipped} of {point.predicted_fake} called real")

    found = sweep(detector, crops, attacks, epsilons, settings=given, seed=seed, on_point=on_point)
    return {
        "detector": detector.name,
        "version": detector.version,
        "faces": len(crops),
        "seed": seed,
        "settings": given,
        "points": record(found),
        "warnings": list(found.warnings),
    }


def evaluate_gradient(
    detector: Detector,
    data: Path,
    *,
    attack: str = "pgd",
    settings: Settings | None = None,
    queries: int = 300,
    limit: int = 20,
    seed: int = 0,
    report: Report = lambda _: None,
) -> dict[str, Any]:
    """Test on faces predicted fake whether the detector masks its gradient.

    Args:
        detector: the one that is tested.
        data: a folder laid out as `open_dataset` says.
        attack: a white-box L-inf attack.
        settings: of the attack.
        queries: of the black-box attack, per face.
        limit: number of faces at most.
        seed: of the attacks.
        progress: told each face of each sign; a stop raises `StopRequested`.
    """
    given = ATTACKS[attack].settings(settings)
    check_attack(attack, given)
    crops = forged_faces(detector, data, limit=limit)
    done: dict[str, int] = {}

    def progress(what: str, *_: int) -> None:
        done[what] = done.get(what, 0) + 1
        if done[what] == len(crops):
            report(f"{what}: {len(crops)} faces")

    found = gradient_check(detector, crops, attack, given, queries=queries, seed=seed, progress=progress)
    return {
        "detector": detector.name,
        "version": detector.version,
        "attack": attack,
        "settings": given,
        "faces": found.faces,
        "queries": queries,
        "seed": seed,
        "findings": [asdict(finding) for finding in found.findings],
    }
