"""Measure an attack's robustness to post-processing: coding, resizing, blur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..detectors import Detector
from ..detectors.inference_queue import long_work
from ..faces.detection import CROP_SCALE
from ..media.images import crop_square
from ..media.post_processing import OPERATION_NAMES, OPERATIONS, post_process
from ..output import records
from ..output.records import Record
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Box, InputError, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class RobustnessRow:
    """Hold the verdicts on a clean and an attacked face after one operation.

    operation, value: of `OPERATIONS`; words: name both.
    """

    operation: str
    value: float
    words: str
    clean: Verdict
    attacked: Verdict

    @property
    def survived(self) -> bool:
        """Tell whether the attacked face is still predicted real."""
        return self.attacked.label == "real"

    @property
    def by_attack(self) -> bool:
        """Tell whether the attack makes the difference: the clean face is predicted fake."""
        return self.survived and self.clean.label == "fake"


@long_work()
def measure_robustness(
    detector: Detector,
    clean: Array,
    attacked: Array,
    *,
    box: Box | None = None,
    progress: Progress = NO_PROGRESS,
) -> list[RobustnessRow]:
    """Judge a face and its adversarial version after each of `OPERATIONS`.

    Args:
        detector: the one that judges.
        clean: (H, W, 3) uint8.
        attacked: (H, W, 3) uint8, of the same size.
        box: of the face, where `clean` and `attacked` are whole frames: the frame is processed, the face is cropped
            from it afterwards (at this box, not detected again: the same pixels are compared). None: both are crops.
        progress: told each operation; a stop keeps the rows so far.
    """
    fits = clean.ndim == 3 and clean.shape[2] == 3 and clean.dtype == attacked.dtype == np.uint8
    if not fits or clean.shape != attacked.shape:
        came = f"{clean.shape} {clean.dtype} and {attacked.shape} {attacked.dtype}"
        raise InputError(f"a face and its attacked version have to be (H, W, 3) uint8 of one size; what came is {came}")
    rows = []
    for operation, value in OPERATIONS:
        pair = [post_process(image, operation, value) for image in (clean, attacked)]
        crops = pair if box is None else [crop_square(image, box, scale=CROP_SCALE) for image in pair]
        verdicts = (detector.verdict(crop) for crop in crops)
        rows.append(RobustnessRow(operation, value, OPERATION_NAMES[operation].format(value), *verdicts))
        progress.tell(len(rows), len(OPERATIONS))
        if progress.should_stop():
            break
    return rows


def record(rows: list[RobustnessRow]) -> list[Record]:
    """Record the rows: way, value, words, both verdicts, survived, by_attack."""
    return [
        {
            "way": row.operation,
            "value": row.value,
            "words": row.words,
            "clean": records.verdict_record(row.clean),
            "attacked": records.verdict_record(row.attacked),
            "survived": row.survived,
            "by_attack": row.by_attack,
        }
        for row in rows
    ]
