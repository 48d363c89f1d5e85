"""The steps a page or a script asks for, in order: the only place that joins faces, verdicts, attacks and maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from . import attack_detectors, attacks, detectors, explain, signatures
from .attack_detectors import AttackDetector
from .attack_detectors.base import scale_map
from .attacks import AttackCallbacks
from .detectors import Detector
from .detectors.calibration.store import calibrated
from .detectors.ensemble import Stack, train_stack
from .detectors.networks.outputs import LogitSelector
from .detectors.networks.preserve import preserve_state
from .explain.methods.lrp import relevances
from .faces.detection import find_faces
from .faces.rejection import rejection_reason
from .faces.tracking import track_faces
from .media.images import decode_png, to_tensor, to_uint8
from .media.open import evenly_spaced, open_media
from .signatures import ReferenceSet
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
    Target,
    Verdict,
    content_id,
)

__all__ = [
    "AttackCallbacks",
    "Compared",
    "JudgedFace",
    "attack",
    "attack_score",
    "attacked_crop",
    "compare",
    "explain_all",
    "explain_crop",
    "judge_by_all",
    "load_attack_detector",
    "load_detector",
    "load_reference_set",
    "look",
    "not_asked",
    "open_media",
    "place",
    "was_attacked",
]


def load_detector(name: str = detectors.DEFAULT) -> Detector:
    """A detector with its weights and, where there is one, its calibration."""
    return calibrated(detectors.load(name))


load_attack_detector = attack_detectors.load
load_reference_set = signatures.load_reference_set


def find(
    media: Media,
    *,
    frames: int = 16,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[Face]:
    """Every face of an image, or of `frames` frames spread evenly over a video, followed over time.

    A stop ends after the frame that was searched last.
    """
    chosen = evenly_spaced(media.frames, frames)

    def each() -> Iterator[list[Face]]:
        for done, (index, frame) in enumerate(media.source.read(chosen), 1):
            yield find_faces(frame, index=index)
            if progress:
                progress(done, len(chosen))
            if should_stop and should_stop():
                return

    found: Iterable[list[Face]] = track_faces(each()) if media.kind == "video" else each()
    for faces in found:
        yield from faces


def look(
    media: Media,
    detector: Detector,
    *,
    frames: int = 16,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[JudgedFace]:
    """Find and judge every face, as `find`; a stop keeps the frames judged so far."""
    faces = find(media, frames=frames, progress=progress, should_stop=should_stop)
    return [judge(detector, face) for face in faces]


def faces_of(media: Media) -> list[Face]:
    """The faces of a medium's first frame that can be judged, the largest first."""
    return [face for face in find_faces(media.frame(0)) if rejection_reason(face) is None]


def judge(detector: Detector, face: Face) -> JudgedFace:
    """The verdict on one face, or the reason for none."""
    reason = rejection_reason(face, (detector.calibration or {}).get("limits"))
    return JudgedFace(face, None, reason) if reason else JudgedFace(face, detector.verdict(face.crop))


def judge_by_all(
    faces: Sequence[Face],
    detectors: Sequence[Detector],
    *,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[list[JudgedFace]]:
    """The very same crops judged by several detectors: one row a face, in the detectors' order.

    A stop keeps the faces that all have judged so far.
    """
    rows: list[list[JudgedFace]] = []
    for face in faces:
        rows.append([judge(detector, face) for detector in detectors])
        if progress:
            progress(len(rows), len(faces))
        if should_stop and should_stop():
            break
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Faces judged by several detectors: `rows` one a face, in the order of `names` and `versions`.

    `stack` is DD3 for these detectors; where none can be trained it is None, and `no_stack` says why.
    """

    names: tuple[str, ...]
    versions: tuple[str, ...]
    rows: list[list[JudgedFace]]
    stack: Stack | None
    no_stack: str | None = None


def compare(
    faces: Sequence[Face],
    detectors: Sequence[Detector],
    *,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Compared:
    """Several detectors on the same faces, and the stacked ensemble of them where all were calibrated on one folder."""
    rows = judge_by_all(faces, detectors, progress=progress, should_stop=should_stop)
    names, versions = tuple(d.name for d in detectors), tuple(d.version for d in detectors)
    try:
        return Compared(names, versions, rows, train_stack({d.name: d.calibration for d in detectors}))
    except InputError as error:
        return Compared(names, versions, rows, None, str(error))


def attack(
    detector: Detector,
    crop: Array,
    name: str,
    settings: Settings | None = None,
    *,
    seed: int = 0,
    callbacks: AttackCallbacks | None = None,
    watcher: AttackDetector | None = None,
) -> AttackResult:
    """Put an attack on a crop (H, W, 3) uint8 so that the detector calls it real.

    An attack that also fools an attack detector is given `watcher`, or the default one.
    """
    evaded = None
    if attacks.ATTACKS[name].facts.get("needs"):
        evaded = _to_evade(watcher or load_attack_detector(), detector)
    return attacks.run(
        name, detector, crop, settings, target="real", seed=seed, callbacks=callbacks, detector_to_evade=evaded
    )


def _to_evade(watcher: AttackDetector, detector: Detector) -> attacks.EvadedDetector:
    """Hand an attack detector to an attack: its logits from crops and raw maps, and which map it reads."""
    if not watcher.fits(detector.name):
        raise InputError(
            f"{watcher.name} was trained on maps of {watcher.card['detector']} only: with {detector.name} there is no "
            "attack detector to fool"
        )
    return attacks.EvadedDetector(lambda crops, maps: watcher.model(crops, scale_map(maps)), str(watcher.card["map"]))


def attacked_crop(result: AttackResult) -> Array:
    """The attacked face (H, W, 3) uint8 as it is read back from the saved PNG."""
    return decode_png(result.png)


def explain_crop(
    detector: Detector,
    crop: Array,
    name: str,
    settings: Settings | None = None,
    *,
    target: Target = "margin",
    seed: int = 0,
) -> Attribution:
    """One map of a crop, of the very input that the verdict sees."""
    return explain.run(name, detector, crop, settings, target=target, seed=seed)


def explain_all(
    detector: Detector,
    crop: Array,
    settings: Mapping[str, Settings],
    *,
    target: Target = "margin",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Attribution]:
    """The maps that `settings` names, of one crop, with what they share done once; a stop keeps those that are done."""
    _, found = explain.run_all(
        list(settings), detector, crop, settings, target=target, seed=seed, progress=progress, should_stop=should_stop
    )
    return found


def not_asked(detector: Detector, watcher: AttackDetector, verdict: Verdict) -> str | None:
    """Why the attack detector has no say about a face with this verdict; None where it can be asked.

    It is asked about faces that the deepfake detector calls real (Pinhasov et al. 2024, figure 3).
    """
    if not watcher.fits(detector.name):
        return f"Not asked: {watcher.name} was trained on maps of {watcher.card['detector']} only."
    if verdict.label == "fake":
        return "Not asked: the detector's fake output is the larger one; an attack would have made it look real."
    return None


def was_attacked(
    detector: Detector, watcher: AttackDetector, crop: Array, verdict: Verdict
) -> tuple[AttackVerdict | None, str]:
    """The attack detector's verdict on a crop, and why, in words: None when it is not asked (see `not_asked`)."""
    if why := not_asked(detector, watcher, verdict):
        return None, why
    attribution = explain.run(str(watcher.card["map"]), detector, crop, target=watcher.card["target"], quality=False)
    return watcher.verdict(crop, attribution), watcher.scope


def attack_score(detector: Detector, watcher: AttackDetector) -> Callable[[Array], float | None]:
    """Make what `AttackCallbacks.p_attacked` wants: from crops (H, W, 3) uint8 to scores, None where not asked."""

    def score(crop: Array) -> float | None:
        found, _ = was_attacked(detector, watcher, crop, detector.verdict(crop))
        return found.p_attacked if found else None

    return score


def place(detector: Detector, bank: ReferenceSet, crop: Array) -> tuple[Signature, Placement]:
    """The signature of a crop (H, W, 3) uint8 and its place among the bank's."""
    with detector.lock, preserve_state(detector.model), torch.random.fork_rng(devices=[]):
        _, relevance, _ = relevances(LogitSelector(detector.model, "margin"), to_tensor(crop))
    found = signatures.signature(relevance, of=content_id(to_uint8(crop)))
    return found, bank.place(found)
