"""Join the steps of floor 3 for pages and commands: faces, verdicts, attacks, maps."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from . import attack_detectors, attacks, detectors, explain, signatures, synthetic_faces
from .attack_detectors import AttackDetector, AttackSigns
from .attack_detectors.base import scale_map
from .attacks import AttackCallbacks
from .detectors import Detector
from .detectors.calibration.store import calibrated
from .detectors.device import pass_sizes
from .detectors.ensemble import DetectorComparison, train_stack
from .explain.analysis.face_parts import face_parts
from .faces.detection import find_faces
from .faces.found_ahead import faces_by_frame, open_searched
from .faces.regions import regions_of_crop
from .faces.rejection import rejection_reason
from .faces.tracking import track_faces
from .media.frame_choice import FRAMES
from .media.images import kept_png, to_uint8
from .media.open import evenly_spaced, open_media
from .progress import NO_PROGRESS, Progress
from .signatures import ReferenceSet, place
from .types import (
    Array,
    AttackResult,
    AttackVerdict,
    Attribution,
    Face,
    InputError,
    JudgedFace,
    Media,
    Placement,
    Settings,
    Signature,
    StopRequested,
    Target,
    Verdict,
    content_id,
)
from .types.attack_answer import AttackAnswer
from .types.synthetic_answer import SyntheticAnswer

__all__ = [
    "AttackCallbacks",
    "JudgedFace",
    "analyse",
    "answer_attack",
    "answer_synthetic",
    "attack",
    "attack_detector_map",
    "attack_score",
    "attacked_crop",
    "compare",
    "embed_signature",
    "explain_all",
    "explain_crop",
    "judge_by_all",
    "load_attack_detector",
    "load_attack_signs",
    "load_detector",
    "load_reference_set",
    "load_synthetic_faces",
    "not_asked_reason",
    "open_media",
    "open_searched",
    "signatures_of",
    "was_attacked",
]


def load_detector(name: str = detectors.DEFAULT, *, device: str | None = None) -> Detector:
    """Load a detector with its weights and, if there is one, its calibration.

    `device`: auto, cpu or cuda; what the process chose if missing.
    """
    return calibrated(detectors.load(name, device=device))


load_attack_detector = attack_detectors.load
load_attack_signs = attack_detectors.load_signs
load_reference_set = signatures.load_reference_set
load_synthetic_faces = synthetic_faces.load_synthetic_faces


def detect_faces(
    media: Media,
    *,
    frames: int = FRAMES,
    progress: Progress = NO_PROGRESS,
) -> Iterator[Face]:
    """Detect every face of an image or of a video's frames.

    Args:
        media: an image or a video, whose faces are tracked.
        frames: of a video, evenly spaced.
        progress: told each frame; a stop ends after the frame searched last.
    """
    chosen = evenly_spaced(media.frames, frames)

    def each() -> Iterator[list[Face]]:
        with contextlib.suppress(StopRequested):  # asked for while the next frame is decoded
            for done, faces in enumerate(faces_by_frame(media, chosen), 1):
                yield faces
                progress.tell(done, len(chosen))
                if progress.should_stop():
                    return

    found: Iterable[list[Face]] = track_faces(each()) if media.kind == "video" else each()
    for faces in found:
        yield from faces


def analyse(
    media: Media,
    detector: Detector,
    *,
    frames: int = FRAMES,
    progress: Progress = NO_PROGRESS,
) -> list[JudgedFace]:
    """Detect and judge every face of a medium, before others' long work.

    Args:
        media: an image or a video.
        detector: the one that judges.
        frames: of a video, evenly spaced.
        progress: told each frame; a stop keeps the frames judged so far.
    """
    faces = detect_faces(media, frames=frames, progress=progress)
    with detector.lock.reserved():
        return list(judge_each(detector, faces))


def judge_each(detector: Detector, faces: Iterable[Face]) -> Iterator[JudgedFace]:
    """Judge faces as they come, a few in each pass.

    The same faces in the same order get the same verdicts.
    """
    left, limits = iter(faces), detector.calibration.limits if detector.calibration else None
    size = pass_sizes(detector.model).faces
    while some := list(itertools.islice(left, size)):
        reasons = [rejection_reason(face, limits) for face in some]
        judged = [face.crop for face, reason in zip(some, reasons, strict=True) if not reason]
        verdicts = iter(detector.verdicts(judged))
        for face, reason in zip(some, reasons, strict=True):
            yield JudgedFace(face, None, reason) if reason else JudgedFace(face, next(verdicts))


def faces_of(media: Media) -> list[Face]:
    """Detect the judgeable faces of a medium's first frame, the largest first."""
    return [face for face in find_faces(media.frame(0)) if rejection_reason(face) is None]


def judge(detector: Detector, face: Face) -> JudgedFace:
    """Return the verdict on one face, or the reason for none."""
    reason = rejection_reason(face, detector.calibration.limits if detector.calibration else None)
    return JudgedFace(face, None, reason) if reason else JudgedFace(face, detector.verdict(face.crop))


def judge_by_all(
    faces: Sequence[Face],
    detectors: Sequence[Detector],
    *,
    progress: Progress = NO_PROGRESS,
) -> list[list[JudgedFace]]:
    """Judge the same crops by several detectors: one row a face.

    Args:
        faces: to judge.
        detectors: in the order of a row.
        progress: told each face; a stop keeps the faces judged by all so far.
    """
    rows: list[list[JudgedFace]] = []
    for face in faces:
        rows.append([judge(detector, face) for detector in detectors])
        progress.tell(len(rows), len(faces))
        if progress.should_stop():
            break
    return rows


def compare(
    faces: Sequence[Face],
    detectors: Sequence[Detector],
    *,
    progress: Progress = NO_PROGRESS,
) -> DetectorComparison:
    """Compare detectors on the same faces, and train their ensemble where possible.

    Args:
        faces: to judge.
        detectors: to compare.
        progress: told each face; a stop keeps the faces judged by all so far.
    """
    rows = judge_by_all(faces, detectors, progress=progress)
    names, versions = tuple(d.name for d in detectors), tuple(d.version for d in detectors)
    try:
        return DetectorComparison(names, versions, rows, train_stack({d.name: d.calibration for d in detectors}))
    except InputError as error:
        return DetectorComparison(names, versions, rows, None, str(error))


def attack(
    detector: Detector,
    crop: Array,
    name: str,
    settings: Settings | None = None,
    *,
    seed: int = 0,
    callbacks: AttackCallbacks | None = None,
    attack_detector: AttackDetector | None = None,
) -> AttackResult:
    """Attack a crop so that the detector predicts real.

    Args:
        detector: the one that is attacked.
        crop: (H, W, 3) uint8.
        name: of the attack.
        settings: of the attack.
        seed: of its random numbers.
        callbacks: told each query.
        attack_detector: for attacks that evade one; the default one if missing.
    """
    evaded = None
    if attacks.ATTACKS[name].facts.needs:
        evaded = _to_evade(attack_detector or load_attack_detector(), detector)
    return attacks.run(
        name, detector, crop, settings, target="real", seed=seed, callbacks=callbacks, detector_to_evade=evaded
    )


def _to_evade(attack_detector: AttackDetector, detector: Detector) -> attacks.EvadedDetector:
    """Hand an attack detector to an attack: its logits from crops and raw maps."""
    if not attack_detector.fits(detector.name):
        raise InputError(
            f"{attack_detector.name} was trained on maps of {attack_detector.card.detector} only: "
            f"with {detector.name} there is no attack detector to evade"
        )
    return attacks.EvadedDetector(
        lambda crops, maps: attack_detector.model(crops, scale_map(maps)), attack_detector.card.map
    )


def attacked_crop(result: AttackResult) -> Array:
    """Decode the attacked face (H, W, 3) uint8 from the saved PNG."""
    return kept_png(result.png)


def explain_crop(
    detector: Detector,
    crop: Array,
    name: str,
    settings: Settings | None = None,
    *,
    target: Target = "margin",
    seed: int = 0,
) -> Attribution:
    """Compute one map of a crop, on the very input that the verdict sees.

    Args:
        detector: whose verdict is explained.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        name: of the map.
        settings: of the map.
        target: explained output.
        seed: of its random numbers.
    """
    return explain.run(name, detector, crop, settings, target=target, seed=seed)


def explain_all(
    detector: Detector,
    crop: Array,
    settings: Mapping[str, Settings],
    *,
    target: Target = "margin",
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> list[Attribution]:
    """Compute several maps of one crop, sharing passes.

    Args:
        detector: whose verdict is explained.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        settings: by the name of the map.
        target: explained output.
        seed: of the maps' random numbers.
        progress: told each map; a stop keeps the finished maps.
    """
    _, found = explain.run_all(list(settings), detector, crop, settings, target=target, seed=seed, progress=progress)
    return found


def not_asked_reason(detector: Detector, attack_detector: AttackDetector, verdict: Verdict) -> str | None:
    """Say why the attack detector does not apply, or return None.

    It applies to faces predicted real (Pinhasov et al. 2024, figure 3).
    """
    if not attack_detector.fits(detector.name):
        return f"Not asked: {attack_detector.name} was trained on maps of {attack_detector.card.detector} only."
    if verdict.label == "fake":
        return "Not asked: the larger output is “manipulated”, which an attack would have turned."
    return None


def was_attacked(
    detector: Detector, attack_detector: AttackDetector, crop: Array, verdict: Verdict
) -> tuple[AttackVerdict | None, str]:
    """Return the attack detector's verdict and its scope, or None and why not.

    Args:
        detector: whose map the attack detector reads.
        attack_detector: the one that judges.
        crop: (H, W, 3) uint8.
        verdict: of `detector` on the crop.
    """
    if why := not_asked_reason(detector, attack_detector, verdict):
        return None, why
    attribution = attack_detector_map(detector, attack_detector, crop, quality=False)
    return attack_detector.verdict(crop, attribution), attack_detector.scope


def attack_detector_map(
    detector: Detector, attack_detector: AttackDetector, crop: Array, *, quality: bool = True
) -> Attribution:
    """Compute the map that the attack detector reads, in a turn of a verdict.

    Args:
        detector: whose map it is.
        attack_detector: the one that reads it.
        crop: (H, W, 3) uint8.
        quality: whether to measure the map's metrics.
    """
    card = attack_detector.card
    with detector.lock:
        return explain.run(card.map, detector, crop, target=card.target, quality=quality)


def answer_attack(
    detector: Detector, crop: Array, verdict: Verdict, *, signs: AttackSigns | None = None
) -> AttackAnswer:
    """Answer whether a face was attacked; asked of every face with a verdict.

    Args:
        detector: whose verdict may have been attacked.
        crop: (H, W, 3) uint8.
        verdict: of `detector` on the crop.
        signs: the network that answers; the one that ships if missing.
    """
    return (signs or load_attack_signs()).answer(detector, crop, verdict)


def answer_synthetic(crop: Array) -> SyntheticAnswer:
    """Answer whether a generator made a face (H, W, 3) uint8 as a whole.

    Another question than a swap.
    """
    return load_synthetic_faces().answer(crop)


def attack_score(detector: Detector, attack_detector: AttackDetector) -> Callable[[Array], float | None]:
    """Make `AttackCallbacks.p_attacked`: crop (H, W, 3) uint8 to score, None where not applicable."""

    def score(crop: Array) -> float | None:
        found, _ = was_attacked(detector, attack_detector, crop, detector.verdict(crop))
        return found.p_attacked if found else None

    return score


def embed_signature(detector: Detector, references: ReferenceSet, crop: Array) -> tuple[Signature, Placement]:
    """Compute a crop's signature, of the references' kind, and its placement among them."""
    found = signatures_of(detector, crop, [references.card.signature])[references.card.signature]
    return found, place(references, found)


def signatures_of(
    detector: Detector, crop: Array, kinds: Sequence[str], *, regions: Array | None = None
) -> dict[str, Signature]:
    """Compute signatures of one crop, sharing passes.

    Args:
        detector: whose verdict they are of.
        crop: (H, W, 3), uint8 or float32 in [0, 1].
        kinds: names of registered signatures.
        regions: (H, W) uint8 of the face; sought in the crop if missing, where a kind needs them.
    """
    reads = {part for kind in kinds for part in signatures.SIGNATURES[kind].facts.reads}
    if "regions" in reads and regions is None:
        regions = regions_of_crop(to_uint8(crop))
        if regions is None:
            raise InputError("the regions of a face could not be found in this crop")
    parts, of = face_parts(detector, crop, reads, regions=regions), content_id(to_uint8(crop))
    return {kind: signatures.signature(parts, of=of, kind=kind) for kind in kinds}
