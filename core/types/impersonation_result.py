"""Hold what is measured of impersonations: predictions, rates and defences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .calibration import Interval
from .errors import InputError
from .recognition import Gallery

BETA, GAMMA = 0.9, 0.8  # Tariq et al. 2022, section 5.2


@dataclass(frozen=True, slots=True)
class TargetPrediction:
    """Hold what the recogniser says of a target's real photo.

    person: the target.
    photo: name of the real photo; it is left out of the gallery while it is recognised.
    name, confidence: P_T, what the photo is recognised as; None where nobody is near enough.
    similarity: of the photo and the fake, in the recogniser's own scale.
    resemblance: what this similarity means, in [0, 1].
    """

    person: str
    photo: str
    name: str | None
    confidence: float | None
    similarity: float
    resemblance: float


@dataclass(frozen=True, slots=True)
class ImpersonationRow:
    """Hold a fake and what the recogniser says of it.

    fake: its name; kind: how it was made.
    predicted, confidence: P_D, what it is recognised as; None where nobody is near enough.
    targets: whom it shows: one person, or both of a blend.
    reference: whose head or movement it has, where known.
    similarity: of the fake and the nearest person, in the recogniser's own scale.
    """

    fake: str
    kind: str
    predicted: str | None
    confidence: float | None
    targets: tuple[TargetPrediction, ...]
    reference: str | None = None
    similarity: float | None = None

    def __post_init__(self) -> None:
        if not self.targets:
            raise InputError(f"{self.fake} shows no target: an impersonation is of somebody")

    @property
    def person(self) -> str:
        """Return the first target, by whom rows are grouped for intervals."""
        return self.targets[0].person

    @property
    def people(self) -> frozenset[str]:
        """Return everybody in the picture: its targets, and its reference where known."""
        return frozenset({target.person for target in self.targets} | ({self.reference} if self.reference else set()))

    def impersonates(self, target: TargetPrediction) -> bool:
        """Return whether fake and real photo are both recognised as the target.

        Source: Tariq et al. 2022, equation 3.
        """
        return self.predicted == target.person == target.name

    @property
    def targeted(self) -> bool:
        """Return the success of the targeted attack (equation 3)."""
        return any(map(self.impersonates, self.targets))

    @property
    def non_targeted(self) -> bool:
        """Return whether the fake is recognised as anybody (equation 4)."""
        return self.predicted is not None

    @property
    def high_fidelity(self) -> bool:
        """Return whether it is recognised with more confidence than the real photo (equation 5).

        A real photo that is not recognised has a confidence of 0; of two targets the more confident one counts.
        """
        real = max(one.confidence or 0.0 for one in self.targets)
        return self.predicted is not None and (self.confidence or 0.0) > real

    def high_confidence(self, beta: float = BETA) -> bool:
        """Return whether it is recognised with a confidence above `beta` (equation 6)."""
        return self.predicted is not None and (self.confidence or 0.0) > beta

    def high_similarity(self, gamma: float = GAMMA) -> bool:
        """Return whether it resembles the real photo by more than `gamma`, unrecognised (equation 7)."""
        return self.predicted is None and max(one.resemblance for one in self.targets) > gamma


@dataclass(frozen=True, slots=True)
class Rate:
    """Hold a share in [0, 1] with its 95 % interval by person.

    value: None where there is nothing to count.
    n: fakes or photos; people for SIC.
    """

    value: float | None
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class Defence:
    """Hold what one defence does.

    rule: DD1, DD2 or DD3; detectors: their names.
    accuracy: share of fakes called fake and real photos called real.
    before, after: TA and NA without it and with it.
    real_refused: share of the real photos that are called fake, and so refused.
    by_kind: after, by kind of fake.
    reason: why it cannot be measured; the numbers are then of nothing.
    fitted_on: what DD3's stack was fitted on, in words.
    """

    rule: str
    detectors: tuple[str, ...]
    accuracy: Rate
    before: Mapping[str, Rate]
    after: Mapping[str, Rate]
    real_refused: Rate
    by_kind: Mapping[str, Mapping[str, Rate]]
    reason: str | None = None
    fitted_on: str | None = None


@dataclass(frozen=True, slots=True)
class RealPhoto:
    """Hold what a recogniser says of a real photo.

    predicted: whom it is recognised as, itself left out of the gallery.
    """

    person: str
    photo: str
    predicted: str | None


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Hold the rates of one group of people.

    people: number of targets in it.
    rates: the metrics of their fakes, and "recognised" and "misnamed" of their real photos.
    """

    people: int
    rates: Mapping[str, Rate]


@dataclass(frozen=True, slots=True, eq=False)
class ImpersonationResult:
    """Hold what the bench measured.

    gallery: whose people are impersonated.
    rows: one a fake that was asked about.
    not_judged: name of each other fake, and why it was not asked about.
    metrics: over all rows; by_kind: by kind of fake.
    real: the real photos, each left out while it is recognised.
    recognised, misnamed: shares of the real photos recognised as their person, or as another one.
    defences: DD1 to DD3; empty where no detector was given.
    beta, gamma: thresholds of DHC and DHS.
    groups: person to group, where given; by_group: the rates of each.
    """

    gallery: Gallery
    rows: tuple[ImpersonationRow, ...]
    not_judged: Mapping[str, str]
    metrics: Mapping[str, Rate]
    by_kind: Mapping[str, Mapping[str, Rate]]
    real: tuple[RealPhoto, ...]
    recognised: Rate
    misnamed: Rate
    defences: tuple[Defence, ...]
    beta: float = BETA
    gamma: float = GAMMA
    groups: Mapping[str, str] = field(default_factory=dict)
    by_group: Mapping[str, GroupRates] = field(default_factory=dict)
