"""Control whether a detector tells labels from something else than the forgery."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..detectors import Detector
from ..faces.detection import find_faces
from ..faces.regions import region_masks
from ..faces.rejection import rejection_reason
from ..media.codecs import jpeg_roundtrip
from ..media.open import open_media
from ..media.post_processing import AS_IS, OPERATIONS, post_process
from ..metrics.intervals import bootstrap
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..types import Array, InputError
from ..types.shortcut_metrics import ShortcutControl, ShortcutEvaluation
from .corruptions import pairs_in

FINE, COARSE = 95, 75  # JPEG qualities whose tables could give a label away
GREY = 127
CHANGES = tuple(one for one in OPERATIONS if one[0] != AS_IS)


@dataclass(frozen=True, slots=True, eq=False)
class _Margins:
    """Hold the margins of a pair in all ways.

    As it is; the real face post-processed and at two JPEG qualities; both with the face masked.
    """

    real: float
    forged: float
    processed: float
    fine: float
    coarse: float
    background: float
    forged_background: float


def evaluate_shortcuts(
    detector: Detector, data: Path, *, limit: int | None = None, seed: int = 0, progress: Progress = NO_PROGRESS
) -> ShortcutEvaluation:
    """Measure how well margins separate what a detector must not tell apart.

    Shuffled labels: the faces as they are, labels of the test drawn anew, which controls the measure alone.
    Post-processing only: real faces after a random one of `OPERATIONS`, beside the same as they are. JPEG table only:
    real faces at quality 75 beside the same at 95. Face masked: forged beside real, with everything inside the face's
    outline grey.

    Args:
        detector: the one that is controlled.
        data: pairs, as in `corruptions.evaluate_corruptions`.
        limit: number of pairs, evenly spaced; all by default.
        seed: of the drawn labels and post-processing.
        progress: told each pair; a stop raises `StopRequested`.
    """
    pairs, _ = pairs_in(data, limit=limit)
    rng = np.random.default_rng(seed)
    found = [_judge(detector, pair.real, pair.forged, rng) for pair in progress.each(pairs, "Pairs")]
    judged = [one for one in found if one]
    if len(judged) < 2:
        raise InputError(f"{data}: controls need two pairs whose faces can both be judged; there are {len(judged)}")

    def column(name: str) -> Array:
        return np.asarray([getattr(one, name) for one in judged])

    real, forged = column("real"), column("forged")
    shuffled = rng.permutation(np.r_[real, forged])
    return ShortcutEvaluation(
        detector.name,
        seed,
        len(judged),
        len(found) - len(judged),
        (
            _control("none: the faces as they are", "real", "forged", real, forged),
            _control("shuffled labels", "called real", "called forged", *np.split(shuffled, 2)),
            _control("post-processing only", "real", "real, post-processed", real, column("processed")),
            _control("JPEG table only", f"real, JPEG {FINE}", f"real, JPEG {COARSE}", column("fine"), column("coarse")),
            _control("face masked", "real", "forged", column("background"), column("forged_background")),
        ),
    )


def _judge(detector: Detector, real: Path, forged: Path, rng: np.random.Generator) -> _Margins | None:
    """Judge a pair in all ways; None where a face was not found."""
    faces = [_crop_and_background(path) for path in (real, forged)]
    operation = CHANGES[rng.integers(len(CHANGES))]
    if faces[0] is None or faces[1] is None:
        return None
    (crop, background), (forged_crop, forged_background) = faces[0], faces[1]
    changed = [post_process(crop, *operation), *(jpeg_roundtrip(crop, quality) for quality in (FINE, COARSE))]
    verdicts = detector.verdicts([crop, forged_crop, *changed, background, forged_background])
    return _Margins(*(verdict.margin for verdict in verdicts))


def _crop_and_background(path: Path) -> tuple[Array, Array] | None:
    """Crop the largest judgeable face; also the crop with the face grey."""
    try:
        frame = open_media(path).frame(0)
    except InputError:
        return None
    face = next((face for face in find_faces(frame) if rejection_reason(face) is None), None)
    if face is None:
        return None
    outside = region_masks(face, size=(frame.shape[1], frame.shape[0]))["background"]
    return face.crop, np.where(outside[..., None], face.crop, np.uint8(GREY))


def _control(control: str, first: str, rest: str, low: Array, high: Array) -> ShortcutControl:
    """Compare two halves whose rows belong together; the bootstrap draws them so.

    It is centred, because a pair that is drawn twice is compared with itself more often than it should be.
    """
    value, pairs = auc(low, high), np.stack([low, high], axis=1)
    interval = bootstrap(lambda drawn: auc(drawn[:, 0], drawn[:, 1]), pairs, share=True, centred=True)
    least, most = interval or (value or 0.0, value or 0.0)  # none where all margins are equal
    return ShortcutControl(control, first, rest, (len(low), len(high)), value, interval, least <= 0.5 <= most)
