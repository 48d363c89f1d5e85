"""Hold what trainings found out.

Fields are named like the keys of the cards that keep them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..types.attack_metrics import SweepRow
from ..types.recorded_fields import INLINE, LEFT_OUT


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """Hold how long another run had lasted, and on how many images."""

    minutes: float
    images: int


@dataclass(frozen=True, slots=True)
class WarmStart:
    """Hold the weights that a run began with: SHA-256, and their own training."""

    sha256: str | None
    training: Mapping[str, object] = field(metadata=INLINE)


@dataclass(frozen=True, slots=True)
class DetectorTraining:
    """Hold the facts of a detector's training.

    images: that were seen, real and fake. learning_rate: the highest one.
    pairs, stills, video_pairs: numbers that were trained on. videos_left_out: of a fold, by name.
    val_auc: on the val split, by source and kind of forgery.
    warm_start, start: where the run began; None where it began at the network's own start.
    """

    network: str
    seed: int
    minutes: float
    steps: int
    images: int
    learning_rate: float
    device: str
    threads: int
    pairs: int
    stills: int
    video_pairs: int
    videos_left_out: tuple[str, ...]
    val_auc: Mapping[str, Mapping[str, float]]
    warm_start: WarmStart | None = field(default=None, metadata=LEFT_OUT)
    start: EarlierRun | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, slots=True)
class RobustnessFacts:
    """Hold how a detector does on clean faces and under attack.

    clean_accuracy: on real and forged faces, in [0, 1]; auc: None where one kind is missing.
    tried, turned: correctly classified faces that the retraining's attack was tried on, and those that it turned.
    sweep: success and robust accuracy on the forged faces, by attack and epsilon; epsilon 0 is unattacked.
    """

    clean_accuracy: float
    auc: float | None
    tried: int
    turned: int
    sweep: tuple[SweepRow, ...]


@dataclass(frozen=True, slots=True)
class ImmuneTraining:
    """Hold the facts of an adversarial retraining.

    network, attack, settings: what was attacked by what; faces: to learn from; attacked: of these, correctly
    classified; added: of these, which the attack turned; judged: held-out faces; before, after: the retraining, under
    attacks on the same of them.
    """

    network: str
    attack: str
    settings: str
    seed: int
    faces: int
    attacked: int
    added: int
    judged: int
    before: RobustnessFacts
    after: RobustnessFacts


@dataclass(frozen=True, slots=True)
class AttackDetectorFacts:
    """Hold the facts of an attack detector's training.

    val: accuracies, AUC and numbers of crops on the val split.
    """

    seed: int
    passes: int
    minutes: float
    training_crops: int
    val: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ReferenceFacts:
    """Hold the facts of a set of reference signatures, as its card names them.

    people, people_unknown, mixed: as the card has them, where the set says whose its faces are.
    """

    seed: int
    faces: int
    signatures: int
    kinds: tuple[str, ...]
    attacks: tuple[str, ...]
    detector: str
    nearest_neighbour_accuracy: Mapping[str, float]
    plane: str
    people: int | None = None
    people_unknown: int = 0
    mixed: int = 0
