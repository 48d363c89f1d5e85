"""The steps a page or a script asks for, in order: the only place that joins faces, verdicts, attacks and maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from . import attack_detectors, attacks, detectors, explain, signatures
from .attack_detectors import AttackDetector
from .attacks import AttackWatch
from .detectors import Detector
from .detectors.base import Scalar
from .explain.base import clean_afterwards
from .explain.relevance import relevances
from .faces import find_faces, follow, no_verdict
from .images import decode_png, to_tensor, to_uint8
from .media import open_media, spread
from .signatures import Bank, Placement
from .types import (
    Array,
    AttackResult,
    AttackVerdict,
    Attribution,
    Face,
    Media,
    Settings,
    Signature,
    Target,
    Verdict,
    VideoVerdict,
    content_id,
)

__all__ = [
    "AttackWatch", "Judged", "VideoVerdict", "attack", "attacked_crop", "explain_crop", "load_attack_detector",
    "load_bank", "load_detector", "look", "open_media", "place", "video_verdicts", "was_attacked",
]  # fmt: skip

load_detector = detectors.load
load_attack_detector = attack_detectors.load
load_bank = signatures.load_bank


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A face with its verdict, or with the reason why there is none."""

    face: Face
    verdict: Verdict | None
    reason: str | None = None


def look(
    media: Media,
    detector: Detector,
    *,
    frames: int = 16,
    progress: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> list[Judged]:
    """Find and judge every face of a picture, or of `frames` frames spread evenly over a video, followed over time.

    A stop keeps the frames judged so far.
    """
    chosen = spread(media.frames, frames)

    def each() -> Iterator[list[Face]]:
        for done, (index, frame) in enumerate(media.source.read(chosen), 1):
            yield find_faces(frame, index=index)
            if progress:
                progress(done, len(chosen))
            if should_stop and should_stop():
                return

    found: Iterable[list[Face]] = follow(each()) if media.kind == "video" else each()
    return [judge(detector, face) for faces in found for face in faces]


def faces_of(media: Media) -> list[Face]:
    """The faces of a medium's first frame that can be judged, the largest first."""
    return [face for face in find_faces(media.frame(0)) if no_verdict(face) is None]


def judge(detector: Detector, face: Face) -> Judged:
    """The verdict on one face, or the reason for none."""
    reason = no_verdict(face)
    return Judged(face, None, reason) if reason else Judged(face, detector.verdict(face.crop))


def video_verdicts(judged: Iterable[Judged]) -> list[VideoVerdict]:
    """One verdict a face track, the track judged in the most frames first; tracks without a verdict are left out."""
    tracks: dict[int, list[Verdict]] = {}
    for item in judged:
        if item.verdict:
            tracks.setdefault(item.face.track, []).append(item.verdict)
    out = []
    for track, verdicts in tracks.items():
        share = float(np.mean([verdict.label == "fake" for verdict in verdicts]))
        mean = float(np.mean([verdict.p_fake for verdict in verdicts]))
        out.append(VideoVerdict(track, mean, "fake" if share > 0.5 else "real", share, len(verdicts)))
    return sorted(out, key=lambda verdict: -verdict.frames_judged)


def of_the_video(tracks: list[VideoVerdict]) -> VideoVerdict | None:
    """The verdict on the whole video: that of the most suspicious track among those seen in a quarter of the frames
    that the longest track was seen in (a passer-by of one frame does not decide)."""
    lasting = [track for track in tracks if track.frames_judged * 4 >= tracks[0].frames_judged]
    return max(lasting, key=lambda track: (track.label == "fake", track.p_fake), default=None)


def attack(
    detector: Detector,
    crop: Array,
    name: str,
    settings: Settings | None = None,
    *,
    seed: int = 0,
    watch: AttackWatch | None = None,
) -> AttackResult:
    """Put an attack on a crop (H, W, 3) uint8 so that the detector calls it real."""
    return attacks.run(name, detector, crop, settings, target="real", seed=seed, watch=watch)


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


def was_attacked(
    detector: Detector, watcher: AttackDetector, crop: Array, verdict: Verdict
) -> tuple[AttackVerdict | None, str]:
    """The attack detector's verdict on a crop, and why, in words: None when it is not asked.

    It is asked about faces that the deepfake detector calls real (Pinhasov et al. 2024, figure 3).
    """
    if not watcher.fits(detector.name):
        return None, f"Not asked: {watcher.name} was trained on maps of {watcher.card['detector']} only."
    if verdict.label == "fake":
        return None, "Not asked: the detector's fake output is the larger one; an attack would have made it look real."
    attribution = explain.run(str(watcher.card["map"]), detector, crop, target=watcher.card["target"])
    return watcher.verdict(crop, attribution), watcher.warrant


def place(detector: Detector, bank: Bank, crop: Array) -> tuple[Signature, Placement]:
    """The signature of a crop (H, W, 3) uint8 and its place among the bank's."""
    with detector.lock, clean_afterwards(detector.model), torch.random.fork_rng(devices=[]):
        _, relevance, _ = relevances(Scalar(detector.model, "margin"), to_tensor(crop))
    found = signatures.signature(relevance, of=content_id(to_uint8(crop)))
    return found, bank.place(found)
