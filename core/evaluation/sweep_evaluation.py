"""Sweep epsilon, and test for gradient masking, on a folder's forgeries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from ..attacks import ATTACKS
from ..attacks.analysis.epsilon_sweep import Point, limited, record, sweep
from ..attacks.analysis.gradient_masking import check_attack, gradient_check
from ..detectors import Detector
from ..media.datasets import kinds_in
from ..progress import NO_PROGRESS, ForwardedProgress, Progress
from ..types import Array, InputError, Settings, StopRequested
from ..types.attack_metrics import GradientEvaluation, SweepEvaluation
from .labelled_faces import interleave, predicted_fake


def forged_faces(detector: Detector, data: Path, *, limit: int) -> list[Array]:
    """Take up to `limit` forged faces (S, S, 3) uint8 predicted fake, kinds in turn."""
    kinds = [paths for kind, paths in kinds_in(data).items() if kind != "real"]
    found = list(islice(predicted_fake(detector, interleave(kinds)), limit))
    if not found:
        raise InputError(f"{data}: the detector {detector.name} calls none of the forgeries fake")
    return found


class SaidPoints(ForwardedProgress):
    """Say each point of a sweep in words."""

    __slots__ = ()

    def emit(self, value: object) -> None:
        """Pass on a point as a sentence."""
        if isinstance(value, Point):
            of = f"{value.flipped} of {value.predicted_fake} called real"
            value = f"{value.attack} at {value.eps * 255:.4g}/255: {of}"
        super().emit(value)


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
    progress: Progress = NO_PROGRESS,
) -> SweepEvaluation:
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
    progress.emit(f"{len(crops)} faces called fake")
    limits = limited(attacks, steps=steps, queries=queries)
    given = {name: {**own, **(settings or {}).get(name, {})} for name, own in limits.items()}
    followed = SaidPoints(progress.named("Faces attacked"))
    found = sweep(detector, crops, attacks, epsilons, settings=given, seed=seed, progress=followed)
    if found.stopped:
        raise StopRequested
    return SweepEvaluation(
        detector=detector.name,
        version=detector.version,
        faces=len(crops),
        seed=seed,
        settings=given,
        points=record(found),
        warnings=found.warnings,
    )


def evaluate_gradient(
    detector: Detector,
    data: Path,
    *,
    attack: str = "pgd",
    settings: Settings | None = None,
    queries: int = 300,
    limit: int = 20,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> GradientEvaluation:
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
    found = gradient_check(detector, crops, attack, given, queries=queries, seed=seed, progress=progress)
    if found.stopped:
        raise StopRequested
    return GradientEvaluation(
        detector=detector.name,
        version=detector.version,
        attack=attack,
        settings=given,
        faces=found.faces,
        queries=queries,
        seed=seed,
        findings=found.findings,
    )
