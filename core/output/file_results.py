"""Record judged files, comparisons of detectors, and copies of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..detectors.ensemble import DetectorComparison, EnsembleVerdict
from ..media.copy_comparison import CopyComparison
from ..types import JudgedFace, Media
from ..types.ensemble_metrics import PairAgreement
from ..types.tracks import FileVerdict
from .records import Record, face_record, file_record, media_record, number, verdict_record, video_record
from .value_records import value_record


def judged_face_record(judged: JudgedFace) -> Record:
    """Record a face with its verdict, or why there is none."""
    return {**face_record(judged.face), "verdict": verdict_record(judged.verdict), "no_verdict": judged.reason}


def judged_file_record(media: Media, faces: Sequence[JudgedFace], found: FileVerdict | None) -> Record:
    """Record a judged file: medium, faces, and verdict."""
    record: Record = {"media": media_record(media), "faces": [judged_face_record(one) for one in faces]}
    if found:
        record["verdict"] = file_record(found)
        if media.kind == "video" and found.main:
            record["video"] = video_record(found)
    return record


def verdict_rows(faces: Sequence[JudgedFace], detector: str) -> list[Record]:
    """Make a row of each face's verdict.

    `detector`: the name of the one that gave none where there is none.
    """
    return [
        {
            "frame": judged.face.frame,
            "track": judged.face.track,
            "score": judged.verdict and judged.verdict.p_fake,
            "calibrated": judged.verdict and judged.verdict.calibrated,
            "band": judged.verdict.band if judged.verdict else judged.reason,
            "detector": judged.verdict.detector if judged.verdict else detector,
        }
        for judged in faces
    ]


def comparison_record(
    media: Media | None,
    found: DetectorComparison,
    *,
    rules: Mapping[str, EnsembleVerdict],
    pairs: Sequence[PairAgreement],
) -> Record:
    """Record the verdicts of several detectors on the same faces.

    Args:
        media: of the faces; None where it is closed.
        found: the verdicts.
        rules: what each rule makes of those on the face in focus.
        pairs: how often each pair agrees.
    """
    return {
        "media": media and media_record(media),
        "detectors": list(found.names),
        "rules": {name: {"label": one.label, "p_fake": one.p_fake, "why": one.reason} for name, one in rules.items()},
        "pairs": [value_record(pair) for pair in pairs],
        "faces": [
            {
                "face": face_record(row[0].face),
                "verdicts": [verdict_record(judged.verdict) or {"no_verdict": judged.reason} for judged in row],
            }
            for row in found.rows
        ],
    }


def comparison_rows(found: DetectorComparison) -> list[Record]:
    """Make a row of each detector's verdict on each face."""
    return [
        {
            "frame": judged.face.frame,
            "track": judged.face.track,
            "detector": name,
            "version": version,
            "score": judged.verdict and number(judged.verdict.p_fake),
            "calibrated": judged.verdict and judged.verdict.calibrated,
            "label": judged.verdict and judged.verdict.label,
            "band": judged.verdict.band if judged.verdict else judged.reason,
            "abstained": judged.verdict and judged.verdict.abstained,
        }
        for row in found.rows
        for judged, name, version in zip(row, found.names, found.versions, strict=True)
    ]


def copy_record(file: str, found: CopyComparison, *, name: str, sha256: str) -> Record:
    """Record how a file and another copy differ.

    Args:
        file: SHA-256 of the open file.
        found: the comparison.
        name: of the other copy.
        sha256: of the other copy.
    """
    return {"file": file, "other": {"name": name, "sha256": sha256}, **value_record(found)}
