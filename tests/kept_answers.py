"""The answers to "was it attacked?", kept by detector, face and verdict: many tests open the same faces."""

from __future__ import annotations

from torch import nn

from core import pipeline
from core.attack_detectors.answer import AttackSigns
from core.detectors import Detector
from core.types import Array, Verdict, content_id
from core.types.attack_answer import AttackAnswer

_answer = pipeline.answer_attack
_GIVEN: dict[tuple[int, str, bytes], tuple[nn.Module, AttackAnswer]] = {}


def answered(detector: Detector, crop: Array, verdict: Verdict, *, signs: AttackSigns | None = None) -> AttackAnswer:
    """Answer as `answer_attack` does; what ships is asked once for each detector, face and verdict."""
    if signs is not None:
        return _answer(detector, crop, verdict, signs=signs)
    key = id(detector.model), content_id(crop), verdict.logits.tobytes()
    if key not in _GIVEN:
        _GIVEN[key] = detector.model, _answer(detector, crop, verdict)  # the network is kept, and with it its id
    return _GIVEN[key][1]
