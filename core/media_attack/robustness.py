"""Measure an attack's robustness to post-processing: coding, resizing, blur."""

from __future__ import annotations

import numpy as np

from ..detectors import Detector
from ..detectors.inference_queue import long_work
from ..faces.detection import CROP_SCALE
from ..media.images import crop_square
from ..media.post_processing import OPERATIONS, operation_title, post_process
from ..progress import NO_PROGRESS, Progress
from ..types import Array, Box, InputError
from ..types.robustness_rows import RobustnessRow


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
        rows.append(RobustnessRow(operation, value, operation_title(operation, value), *verdicts))
        progress.tell(len(rows), len(OPERATIONS))
        if progress.should_stop():
            break
    return rows
