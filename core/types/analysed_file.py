"""Hold what the whole pipeline found in one file."""

from __future__ import annotations

from dataclasses import dataclass

from .attack_answer import AttackAnswer
from .attack_results import AttackResult
from .explanations import MapMetrics
from .media import Media
from .placements import Placement
from .provenance import Location, Provenance
from .synthetic_answer import SyntheticAnswer
from .tracks import FileVerdict, JudgedFace
from .verdicts import AttackVerdict


@dataclass(frozen=True, slots=True, eq=False)
class NoticedAttack:
    """Hold what was found when a face was asked about attacks.

    verdict: of the attack detector; None where it does not apply. why: it does not apply, or its scope where it does.
    answer: None for tiny crops.
    """

    verdict: AttackVerdict | None
    why: str
    answer: AttackAnswer | None


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedAttack:
    """Hold an attack on a face, and what was found of the attacked face.

    signature: None where there are no references for the detector.
    """

    result: AttackResult
    noticed: NoticedAttack
    signature: Placement | None


@dataclass(frozen=True, slots=True, eq=False)
class FaceFindings:
    """Hold what was found of a face that has a verdict.

    noticed: of the face as it came.
    signature: None where there are no references for the detector.
    """

    noticed: NoticedAttack
    synthetic: SyntheticAnswer
    attack: AnalysedAttack | None
    maps: tuple[MapMetrics, ...]
    signature: Placement | None


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedFace:
    """Hold a judged face, and what was found of it.

    findings: None where it has no verdict.
    """

    judged: JudgedFace
    findings: FaceFindings | None


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedFile:
    """Hold what was found in a file.

    location: where the file says that it was recorded; None unless it was asked for.
    """

    media: Media
    faces: tuple[AnalysedFace, ...]
    verdict: FileVerdict
    provenance: Provenance
    location: Location | None
