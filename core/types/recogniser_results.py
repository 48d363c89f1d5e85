"""Hold what recognition found: reference scores, a photo compared, attacks, answers of services."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import Array, check
from .attack_results import AttackResult


@dataclass(frozen=True, slots=True)
class ReferenceScores:
    """Hold a recogniser's measurements on pairs of reference faces.

    centre: (D,) mean of its vectors over the reference faces; empty for none.
    thresholds: (false-match rate, cosine) of pairs of different people.
    comparisons: number of these pairs.
    slope, intercept: of the logistic confidence.
    source: the faces, in words.
    """

    centre: tuple[float, ...]
    thresholds: tuple[tuple[float, float], ...]
    comparisons: int
    slope: float
    intercept: float
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class PhotoComparison:
    """Hold how alike a face and a reference photo are.

    photo: crop (H, W, 3) uint8 of its face; name, sha256: of the photo; recogniser: its name;
    similarity: in the recogniser's scale; scores: what it was measured by.
    """

    photo: Array
    name: str
    sha256: str
    recogniser: str
    similarity: float
    scores: ReferenceScores

    @property
    def answer(self) -> str:
        """Return "same" by the stricter threshold, "probable" by the laxer one, else "none"."""
        cosines = [cosine for _, cosine in self.scores.thresholds]
        if self.similarity >= max(cosines):
            return "same"
        return "probable" if self.similarity >= min(cosines) else "none"


@dataclass(frozen=True, slots=True, eq=False)
class RecogniserAttack:
    """Hold an attack on a recogniser.

    goal, person: what was wanted; result: with both crops; similarities: to the person, before and after, by the
    recogniser itself on the saved 8-bit picture; named: whom it is then taken for; None for nobody.
    """

    goal: str
    person: str
    result: AttackResult
    similarities: tuple[float, float]
    named: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ServiceAnswer:
    """Hold one answer of a service about one picture, or about two.

    name: the person named; "" for nobody, or where two pictures are compared.
    confidence: of that name, in [0, 1]; None without a name.
    similarity: of the two pictures' faces, in [0, 1]; None where one has no face, or only names are asked for.
    faces: found in the last picture.
    kept: whether it comes from an earlier call, for which nothing is paid now.
    """

    name: str
    confidence: float | None
    similarity: float | None
    faces: int
    kept: bool = False

    def __post_init__(self) -> None:
        for value in (self.confidence, self.similarity):
            check(value is None or 0 <= value <= 1, "a service's confidence lies in [0, 1]", value)
        check(bool(self.name) == (self.confidence is not None), "a name comes with its confidence", self.name)
        check(self.faces >= 0, "a number of faces is not negative", self.faces)
