"""Turn values into records: the JSON of the command line and of downloads."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..storage.calibration_values import calibration_values
from ..storage.cards import card_values
from ..types import AttackResult, AttackVerdict, Attribution, Face, InputError, Media, Placement, QualityMetric, Verdict
from ..types.attack_answer import AttackAnswer
from ..types.calibration import Calibration
from ..types.explanations import MapMetrics
from ..types.measurement import MAP_KINDS, Measurement
from ..types.model_card import ModelCard
from ..types.robustness_rows import RobustnessRow
from ..types.synthetic_answer import SyntheticAnswer
from ..types.tracks import FileVerdict, TrackVerdict
from .text import file_notes

Record = dict[str, Any]


def number(value: float, digits: int = 6) -> float | None:
    """Round a float for JSON; None for infinities and NaN."""
    return round(float(value), digits) if math.isfinite(value) else None


def _pair(interval: tuple[float, float]) -> list[float | None]:
    return [number(end) for end in interval]


def calibration_record(calibration: Calibration) -> Record:
    """Record a calibration without its faces and its model of their features."""
    found: Record = calibration_values(replace(calibration, rows=None, ood=None))
    known = calibration_values(calibration.ood) if calibration.ood else {}
    return found | {"familiarity": {key: known[key] for key in known if key not in ("mean", "directions")}}


def calibration_summary(calibration: Calibration) -> Record:
    """Select what a card says of a calibration."""
    keys = ("data", "n_real", "n_fake", "auc", "ece_uncalibrated", "ece", "ece_interval")
    return {key: calibration_values(getattr(calibration, key)) for key in keys}


def calibration_run_record(detector: str, file: str, calibration: Calibration) -> Record:
    """Record a run of `calibrate`: its file, metrics, map, bands and limits."""
    values = calibration_values(replace(calibration, rows=None, ood=None))
    found = {"detector": detector, "file": file, **calibration_summary(calibration)}
    kept = ("map", "bands", "limits", "blur", "no_verdict")
    return found | {key: values[key] for key in kept if key in values}


def media_record(media: Media) -> Record:
    """Record a medium: id, name, kind, width, height, frames, fps, metadata, notes."""
    return {
        "id": media.id,
        "name": media.name,
        "kind": media.kind,
        "width": media.size[0],
        "height": media.size[1],
        "frames": media.frames,
        "fps": number(media.fps, 3),
        "metadata": dict(media.metadata),
        "notes": list(media.notes),
    }


def face_record(face: Face) -> Record:
    """Record a face: frame, track, box, score, and the crop's id and size."""
    return {
        "frame": face.frame,
        "track": face.track,
        "box": [number(v, 2) for v in face.box],
        "score": number(face.score),
        "id": face.id,
        "crop": list(face.crop.shape[:2]),
        "whole": face.is_precropped,
    }


def verdict_record(verdict: Verdict | None) -> Record | None:
    """Record a verdict: detector, p_fake, label, band, calibrated, abstained, interval, logits."""
    if verdict is None:
        return None
    return {
        "detector": verdict.detector,
        "p_fake": number(verdict.p_fake),
        "label": verdict.label,
        "band": verdict.band,
        "calibrated": verdict.calibrated,
        "abstained": verdict.abstained,
        "interval": verdict.interval and _pair(verdict.interval),
        "logits": [number(v) for v in verdict.logits],
    }


def attack_verdict_record(verdict: AttackVerdict | None) -> Record | None:
    """Record an attack detector's verdict; its scope is under "warrant"."""
    if verdict is None:
        return None
    return {
        "p_attacked": number(verdict.p_attacked),
        "label": verdict.label,
        "detector": verdict.detector,
        "warrant": verdict.scope,
    }


def attack_answer_record(answer: AttackAnswer) -> Record:
    """Record the answer to "was it attacked?"."""
    return {
        "label": answer.label,
        "perturbed": number(answer.perturbed),
        "carries": None if answer.carries is None else number(answer.carries),
        "p_attacked": None if answer.p_attacked is None else number(answer.p_attacked),
        "scope": answer.scope,
    }


def recorded_attack_answer(record: Record, detector: str) -> AttackAnswer:
    """Return the answer that `attack_answer_record` made a record of; scores have six digits."""
    try:
        carries, attacked = (
            None if record[name] is None else float(record[name]) for name in ("carries", "p_attacked")
        )
        perturbed, scope = float(record["perturbed"]), str(record["scope"])
        return AttackAnswer(detector, record["label"], perturbed, carries, attacked, scope)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("the kept answer to “was it attacked?” is damaged; judge the file again") from error


def synthetic_record(answer: SyntheticAnswer) -> Record:
    """Record the answer to "is this face wholly synthetic?"."""
    return {
        "label": answer.label,
        "p_synthetic": None if answer.p_synthetic is None else number(answer.p_synthetic),
        "reason": answer.reason,
        "scope": answer.scope,
    }


def attack_record(result: AttackResult) -> Record:
    """Record an attack: settings, both verdicts, norms, passes, seconds, id of the file."""
    return {
        "name": result.attack,
        "settings": dict(result.settings),
        "seed": result.seed,
        "before": verdict_record(result.before),
        "after": verdict_record(result.after),
        "success": result.success,
        "linf": number(result.linf),
        "l2": number(result.l2),
        "psnr": number(result.psnr, 3),
        "l0": result.l0,
        "queries": result.queries,
        "backwards": result.backwards,
        "seconds": number(result.seconds, 3),
        "stopped": result.stopped,
        "notes": list(result.notes),
        "id": result.id,
    }


def robustness_record(rows: Iterable[RobustnessRow]) -> list[Record]:
    """Record verdicts after post-processing: way, value, words, both verdicts, survived, by_attack."""
    return [
        {
            "way": row.operation,
            "value": row.value,
            "words": row.words,
            "clean": verdict_record(row.clean),
            "attacked": verdict_record(row.attacked),
            "survived": row.survived,
            "by_attack": row.by_attack,
        }
        for row in rows
    ]


def detector_trajectory_record(result: AttackResult) -> list[Record]:
    """Record the attack detector's score by step, from 1 on.

    Null where the image was still predicted fake.
    """
    return [
        {"step": step, "p_attacked": None if value is None else number(value)}
        for step, value in result.detector_trajectory
    ]


def map_record(attribution: Attribution | MapMetrics) -> Record:
    """Record a map: seconds, quality metrics, target, settings."""
    return {
        "seconds": number(attribution.seconds, 4),
        **quality_record(attribution.quality),
        "target": attribution.target,
        "settings": dict(attribution.settings),
    }


def quality_record(metrics: Iterable[QualityMetric]) -> Record:
    """Record metrics by name; null where degenerate, with the reason under "degenerate"."""
    metrics = tuple(metrics)
    return {
        "quality": {one.name: None if one.degenerate else number(one.value) for one in metrics},
        "degenerate": {one.name: one.degenerate for one in metrics if one.degenerate},
    }


def signature_record(placement: Placement) -> Record:
    """Record a placement: xy in the embedding; neighbours and evidence in the original space."""
    said = placement.evidence
    shares = {
        one.kind: {"count": one.count, "share": number(one.share, 4), "interval": [number(v, 4) for v in one.interval]}
        for one in said.shares
    }
    return {
        "xy": [number(v, 4) for v in placement.xy],
        "neighbours": [
            {"index": n.index, "kind": n.kind, "attack": n.attack, "distance": number(n.distance)}
            for n in placement.neighbours
        ],
        "novelty": number(placement.novelty, 4),
        "evidence": {
            "shares": shares,
            "distance": number(said.distance),
            "percentile": None if said.percentile is None else number(said.percentile, 2),
            "p": None if said.p is None else number(said.p),
            "outside": said.outside,
            "compared": said.compared,
            "ring": number(said.ring, 4),
            **({"left_out": said.left_out} if said.left_out else {}),  # only then: records of before stay the same
        },
    }


def signatures_record(found: Mapping[str, Placement]) -> Record:
    """Record placements of the clean and the attacked face."""
    return {name: signature_record(placement) for name, placement in found.items()}


def video_record(found: FileVerdict) -> Record | None:
    """Record a video's verdict: its main track's numbers, and those of every track."""
    if found.main is None:
        return None
    tracks = [_track_record(track) for track in found.tracks]
    whole = {"rule": found.rule, "band": found.band, "notes": list(file_notes(found)), "tracks": tracks}
    return _track_record(found.main) | whole | {"label": found.label}


def _track_record(verdict: TrackVerdict) -> Record:
    return {
        "track": verdict.track.number,
        "p_fake": number(verdict.p_fake),
        "label": verdict.label,
        "frame_by_frame": number(verdict.share_fake),
        "frames_judged": verdict.frames_judged,
        "p_fake_interval": _pair(verdict.p_fake_interval),
        "frame_by_frame_interval": _pair(verdict.share_interval),
        "band": verdict.band,
        "decides": verdict.decides,
    }


def file_record(found: FileVerdict) -> Record:
    """Record a file's verdict: band, notes, deciding tracks, thresholds."""
    return {
        "band": found.band,
        "notes": list(file_notes(found)),
        "calibrated": found.calibrated,
        "p_fake": None if found.main is None else number(found.main.p_fake),
        "track": None if found.main is None else found.main.track.number,
        "deciding": [verdict.track.number for verdict in found.deciding],
        "thresholds": _pair(found.thresholds),
        "level": number(found.level),
    }


def card_record(card: ModelCard, *, without: Collection[str] = ()) -> Record:
    """Write what a card says; fields that say nothing are left out.

    `without`: further keys that are left out.
    """
    return {key: value for key, value in card_values(card).items() if key not in without}


def measured_record(found: Iterable[Measurement]) -> Record:
    """Write measurements by their label, those of maps below it by their kind."""
    out: Record = {}
    for one in found:
        if one.kind in MAP_KINDS:
            about = {"data": one.data, "command": one.command, "weights": one.weights}
            out.setdefault(one.label, {})[one.kind] = {**about, **one.record}
        else:
            out[one.label] = dict(one.record)
    return out
