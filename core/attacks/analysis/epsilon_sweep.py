"""Measure success and robust accuracy of attacks against epsilon (Arif, figure 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...detectors.detector import Detector
from ...detectors.inference_queue import long_work
from ...media.images import to_array, to_tensor, to_uint8
from ...metrics.intervals import Interval, wilson
from ...progress import NO_PROGRESS, Progress
from ...types import Array, InputError, Settings
from ...types.attack_metrics import SweepRow
from ..base import ATTACKS
from ..door import perturb
from ..engine.checks import check_crop
from .masking_signs import black_beats_white, larger_is_weaker

MAX_EPSILON = 64  # 1/255
ARIF = (0.03, 0.04, 0.05, 0.1, 0.2, 0.25)  # the epsilons of Arif, section III.B
MAX_BATCH = 4  # faces attacked together: a stop waits for them


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """Hold what one attack did at one epsilon; intervals are Wilson's (95 %).

    Attributes:
        attack: its name.
        eps: in [0, 1].
        faces: how many, all taken to be fake.
        predicted_fake: how many of them before the attack.
        flipped: how many of those were predicted real afterwards.
    """

    attack: str
    eps: float
    faces: int
    predicted_fake: int
    flipped: int

    @property
    def success(self) -> float | None:
        """Return flipped / predicted_fake; None where no face was predicted fake."""
        return self.flipped / self.predicted_fake if self.predicted_fake else None

    @property
    def success_interval(self) -> Interval:
        """Return the interval of `success`."""
        return wilson(self.flipped, self.predicted_fake)

    @property
    def robust(self) -> float:
        """Return the share of all faces that is still predicted fake."""
        return (self.predicted_fake - self.flipped) / self.faces

    @property
    def robust_interval(self) -> Interval:
        """Return the interval of `robust`."""
        return wilson(self.predicted_fake - self.flipped, self.faces)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Hold the points of a sweep, by attack, then epsilon. When `stopped` early, they are whole points only."""

    points: tuple[Point, ...]
    warnings: tuple[str, ...]
    stopped: bool = False


@long_work()
def sweep(
    detector: Detector,
    crops: Sequence[Array],
    attacks: Sequence[str],
    epsilons: Sequence[float] = ARIF,
    *,
    settings: Mapping[str, Settings] | None = None,
    seed: int = 0,
    stop_confidence: float | None = 0.5,
    progress: Progress = NO_PROGRESS,
) -> Sweep:
    """Run each attack at each epsilon on the faces predicted fake; judge 8-bit images.

    Args:
        detector: deepfake detector attacked.
        crops: faces (H, W, 3) uint8, all taken to be fake.
        attacks: names of L-inf attacks.
        epsilons: in [0, 64/255]; 0 is what the detector does unattacked.
        settings: of single attacks, without eps.
        seed: of all random numbers.
        stop_confidence: score of the target at which a face leaves the attack; None runs each attack to its end.
        progress: told the faces attacked, a face counting at each epsilon of each attack, and handed each `Point`; a
            stop, between batches, keeps the points known by then.
    """
    given = _checked(crops, attacks, epsilons, settings or {})
    labels = [verdict.label for verdict in detector.verdicts([to_uint8(crop) for crop in crops])]
    fake = [to_uint8(crop) for crop, label in zip(crops, labels, strict=True) if label == "fake"]
    points: list[Point] = []
    wanted = [(name, eps) for name in attacks for eps in sorted(set(epsilons))]
    done, total = 0, len(wanted) * len(fake)
    for name, eps in wanted:
        flipped = 0
        for batch in _batches(fake):
            if progress.should_stop():
                return Sweep(tuple(points), _warnings(points), stopped=True)
            flipped += _flipped(detector, batch, name, {**given[name], "eps": eps}, seed, stop_confidence)
            done += len(batch)
            progress.tell(done, total)
        points.append(Point(name, eps, len(crops), len(fake), flipped))
        progress.emit(points[-1])
    return Sweep(tuple(points), _warnings(points))


def parse_epsilons(text: str) -> tuple[float, ...]:
    """Read epsilons in [0, 1] from numbers of 1/255 between commas ("0, 1, 2"); ascending, each once."""
    try:
        values = {float(part) for part in text.split(",") if part.strip()}
    except ValueError:
        values = set()
    if not values or not all(0 <= value <= MAX_EPSILON for value in values):
        raise InputError(
            f"epsilons are numbers from 0 to {MAX_EPSILON:g}, in 1/255, with commas between; what came is {text!r}"
        )
    return tuple(value / 255 for value in sorted(values))


def limited(names: Sequence[str], *, steps: int, queries: int) -> dict[str, dict[str, int]]:
    """Limit each attack's number of steps and queries, for a sweep; none is raised."""
    limits = {"steps": steps, "queries": queries}
    out: dict[str, dict[str, int]] = {}
    for name in names:
        defaults = ATTACKS[name].settings()
        out[name] = {key: min(int(defaults[key]), limit) for key, limit in limits.items() if key in defaults}
    return out


def record(found: Sweep) -> tuple[SweepRow, ...]:
    """Make a row of each point: both shares, their intervals, eps."""
    rows: list[SweepRow] = []
    for point in found.points:
        success, (low, high), (low_robust, high_robust) = point.success, point.success_interval, point.robust_interval
        rows.append(
            SweepRow(
                attack=point.attack,
                eps_255=round(point.eps * 255, 4),
                faces=point.faces,
                called_fake=point.predicted_fake,
                turned=point.flipped,
                success=None if success is None else round(success, 6),
                success_low=round(low, 6),
                success_high=round(high, 6),
                robust=round(point.robust, 6),
                robust_low=round(low_robust, 6),
                robust_high=round(high_robust, 6),
            )
        )
    return tuple(rows)


def can_be_swept(name: str) -> bool:
    """Tell whether an attack is bounded by an L-inf epsilon and needs nothing else."""
    facts = ATTACKS[name].facts
    return bool(facts.norm == "Linf" and not facts.needs and facts.budget == "eps")


def _checked(
    crops: Sequence[Array], attacks: Sequence[str], epsilons: Sequence[float], settings: Mapping[str, Settings]
) -> dict[str, dict[str, object]]:
    """Return the settings of each attack, or refuse what cannot be swept."""
    if not crops or not attacks or not epsilons:
        raise InputError("a sweep needs at least one face, one attack and one epsilon")
    for crop in crops:
        check_crop(crop)
    for name in attacks:
        if not can_be_swept(name):
            raise InputError(f"a sweep takes attacks that an L-inf epsilon bounds and nothing else; {name} is none")
        for eps in epsilons:
            ATTACKS[name].settings({**settings.get(name, {}), "eps": eps})
    return {name: dict(settings.get(name, {})) for name in attacks}


def _batches(crops: Sequence[Array]) -> Iterable[list[Array]]:
    """Group crops of one size, at most `MAX_BATCH` together."""
    sizes: dict[tuple[int, ...], list[Array]] = {}
    for crop in crops:
        sizes.setdefault(crop.shape, []).append(crop)
    for same in sizes.values():
        for start in range(0, len(same), MAX_BATCH):
            yield same[start : start + MAX_BATCH]


def _flipped(
    detector: Detector, batch: list[Array], name: str, settings: Settings, seed: int, stop_confidence: float | None
) -> int:
    """Count the faces of a batch that are predicted real as attacked 8-bit images."""
    clean = torch.cat([to_tensor(crop) for crop in batch])
    attacked = clean
    if settings["eps"] > 0:
        with detector.lock.long_turn():
            attacked = perturb(detector.model, clean, name, settings, seed=seed, stop_confidence=stop_confidence)
    images = [to_uint8(to_array(image)) for image in attacked]
    return int(np.sum([verdict.label == "real" for verdict in detector.verdicts(images)]))


def _warnings(points: list[Point]) -> tuple[str, ...]:
    names, sizes = dict.fromkeys(p.attack for p in points), dict.fromkeys(p.eps for p in points)
    found = [
        larger_is_weaker(name, [(p.eps, p.flipped, p.predicted_fake) for p in points if p.attack == name])
        for name in names
    ]
    for eps in sizes:
        found.append(black_beats_white({p.attack: (p.flipped, p.predicted_fake) for p in points if p.eps == eps}))
    return tuple(dict.fromkeys(warning for warning in found if warning))
