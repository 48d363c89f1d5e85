"""Does an attack survive? The verdict after what happens to media on their way: coding, resizing, blur."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..detectors import Detector
from ..faces.detection import CROP_SCALE
from ..media.images import crop_square
from ..media.post_processing import OPERATION_NAMES, OPERATIONS, post_process
from ..output import records
from ..output.records import Record
from ..types import Array, Box, InputError, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """The clean face and its attacked twin after one `way` with its `value`; `words` name both.

    `survived`: the attacked twin is called real. Where the clean one is called real as well, the way did that, not the
    attack: `by_attack` is false then.
    """

    way: str
    value: float
    words: str
    clean: Verdict
    attacked: Verdict

    @property
    def survived(self) -> bool:
        """Whether the attacked twin is still called real."""
        return self.attacked.label == "real"

    @property
    def by_attack(self) -> bool:
        """Whether it is the attack that makes the difference: its clean twin is called fake after the same."""
        return self.survived and self.clean.label == "fake"


def measure_robustness(
    detector: Detector,
    clean: Array,
    attacked: Array,
    *,
    box: Box | None = None,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Survival]:
    """The verdict on a face and on its attacked twin, (H, W, 3) uint8 of one size, after each of `OPERATIONS`.

    Args:
        box: of the face, where `clean` and `attacked` are whole frames: the frame goes the way, the face is cropped
            from it afterwards (at this box, not searched again: the same pixels are compared). None: both are crops.
        progress: told (done, all) after each way.
        should_stop: asked after each way; a stop keeps the rows so far.
    """
    fits = clean.ndim == 3 and clean.shape[2] == 3 and clean.dtype == attacked.dtype == np.uint8
    if not fits or clean.shape != attacked.shape:
        came = f"{clean.shape} {clean.dtype} and {attacked.shape} {attacked.dtype}"
        raise InputError(f"a face and its attacked twin have to be (H, W, 3) uint8 of one size; what came is {came}")
    rows = []
    for way, value in OPERATIONS:
        pair = [post_process(image, way, value) for image in (clean, attacked)]
        crops = pair if box is None else [crop_square(image, box, scale=CROP_SCALE) for image in pair]
        verdicts = (detector.verdict(crop) for crop in crops)
        rows.append(Survival(way, value, OPERATION_NAMES[way].format(value), *verdicts))
        if progress:
            progress(len(rows), len(OPERATIONS))
        if should_stop and should_stop():
            break
    return rows


def record(rows: list[Survival]) -> list[Record]:
    """The rows as records: way, value, words, both verdicts, survived, by_attack."""
    return [
        {
            "way": row.way,
            "value": row.value,
            "words": row.words,
            "clean": records.verdict_record(row.clean),
            "attacked": records.verdict_record(row.attacked),
            "survived": row.survived,
            "by_attack": row.by_attack,
        }
        for row in rows
    ]
