"""Define the values that flow from a file to a signature."""

from .arrays import FAKE, LABELS, REAL, Array, Box, Settings, Target, content_id
from .attack_results import AttackResult, AttackStep, AttackView
from .errors import InputError, StopRequested, UnknownName
from .explanations import Attribution, QualityMetric
from .media import Face, Media
from .placements import Neighbour, Placement, Signature
from .tracks import JudgedFace
from .verdicts import AttackVerdict, Verdict

__all__ = [
    "FAKE",
    "LABELS",
    "REAL",
    "Array",
    "AttackResult",
    "AttackStep",
    "AttackVerdict",
    "AttackView",
    "Attribution",
    "Box",
    "Face",
    "InputError",
    "JudgedFace",
    "Media",
    "Neighbour",
    "Placement",
    "QualityMetric",
    "Settings",
    "Signature",
    "StopRequested",
    "Target",
    "UnknownName",
    "Verdict",
    "content_id",
]
