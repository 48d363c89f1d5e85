"""Does an attack survive? The verdict after what happens to media on their way: coding, resizing, blur."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from . import report
from .codecs import h264_roundtrip, jpeg_roundtrip, webp_roundtrip
from .detectors import Detector
from .faces import ENLARGE
from .images import crop_square
from .report import Record
from .types import Array, Box, InputError, Verdict

AS_IS = "as it is"
WAYS: tuple[tuple[str, float], ...] = (
    (AS_IS, 0),
    *(("JPEG", quality) for quality in (95, 85, 70, 50, 30)),
    ("resize", 0.5),
    ("blur", 1),
    *(("H.264", rate) for rate in (18, 23, 28, 35, 40)),
    *(("WebP", quality) for quality in (90, 50)),
)
WORDS = {
    AS_IS: AS_IS,
    "JPEG": "JPEG {:g}",
    "resize": "resized to {:g} and back",
    "blur": "blur, sigma {:g}",
    "H.264": "H.264 CRF {:g}",
    "WebP": "WebP {:g}",
}


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


def after(picture: Array, way: str, value: float) -> Array:
    """A picture (H, W, 3) uint8 after one of `WAYS`, of the same size.

    JPEG, WebP: quality. H.264: constant rate factor; the middle one of five frames, the picture moving by a pixel a
    frame, so that it is coded as a difference. Resize: shrunk by area to that part of each side, enlarged linearly.
    Blur: Gaussian, sigma in pixels.
    """
    if way == AS_IS:
        return picture
    if way == "JPEG":
        return jpeg_roundtrip(picture, int(value))
    if way == "WebP":
        return webp_roundtrip(picture, int(value))
    if way == "H.264":
        return _in_a_clip(picture, int(value))
    if way == "blur":
        return cv2.GaussianBlur(picture, (0, 0), value)
    if way == "resize":
        height, width = picture.shape[:2]
        small = max(1, round(width * value)), max(1, round(height * value))
        shrunk = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        return cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    raise InputError(f"a way is one of {', '.join(WORDS)}; what came is {way!r}")


def _in_a_clip(picture: Array, rate: int) -> Array:
    height, width = picture.shape[:2]
    around = cv2.copyMakeBorder(picture, 0, 0, 2, 2, cv2.BORDER_REFLECT_101 if width > 2 else cv2.BORDER_REPLICATE)
    clip = [np.ascontiguousarray(around[:height, x : x + width]) for x in range(5)]
    return h264_roundtrip(clip, rate)[2]


def survival(
    detector: Detector,
    clean: Array,
    attacked: Array,
    *,
    box: Box | None = None,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Survival]:
    """The verdict on a face and on its attacked twin, (H, W, 3) uint8 of one size, after each of `WAYS`.

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
    for way, value in WAYS:
        pair = [after(picture, way, value) for picture in (clean, attacked)]
        crops = pair if box is None else [crop_square(picture, box, enlarge=ENLARGE) for picture in pair]
        rows.append(Survival(way, value, WORDS[way].format(value), *(detector.verdict(crop) for crop in crops)))
        if progress:
            progress(len(rows), len(WAYS))
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
            "clean": report.verdict_record(row.clean),
            "attacked": report.verdict_record(row.attacked),
            "survived": row.survived,
            "by_attack": row.by_attack,
        }
        for row in rows
    ]
