"""Record attacked media and their files, and list their faces."""

from __future__ import annotations

from ..types.attacked_values import AttackedFace, AttackedFiles, AttackOutcome, FilesOutcome
from . import records
from .records import Record, number

AFTER = ("after_crop", "after_frame", "after_file")


def attack_outcome_record(outcome: AttackOutcome) -> Record:
    """Make the record that `python -m core attack` prints."""
    found = outcome.media
    written, fake = found.written, found.predicted_fake
    successful = found.count_real()
    return {
        "media": records.media_record(found.media),
        "file": {
            "name": written.path.name,
            "id": written.id,
            "bytes": written.bytes,
            "coding": written.coding,
            "lossless": written.lossless,
            "width": written.size[0],
            "height": written.size[1],
            "frames": written.frames,
            "notes": list(found.notes),
        },
        "attack": {
            "name": found.attack,
            "settings": dict(found.settings),
            "seed": found.seed,
            "stop_at": found.stop_at,
        },
        "detector": found.detector,
        "frames": list(found.frames),
        "stopped": found.stopped,
        "linf": number(found.linf),
        "counts": {
            "judged": len(found.faces),
            "called_fake_before": len(fake),
            "called_real_after": successful,
            "share": number(successful / len(fake)) if fake else None,
            "interval": [number(end) for end in outcome.interval],
            "called_real_after_crop": found.count_real("after_crop"),
            "called_real_after_frame": found.count_real("after_frame"),
            "no_verdict_after": sum(face.after_file is None for face in fake),
        },
        "video": {"before": records.video_record(outcome.before), "after": records.video_record(outcome.after)}
        if found.media.kind == "video"
        else None,
        "faces": [_face_record(face) for face in found.faces],
    }


def _face_record(found: AttackedFace) -> Record:
    face = found.face
    verdicts = {name: records.verdict_record(getattr(found, name)) for name in ("before", *AFTER)}
    return {
        "frame": face.frame,
        "track": face.track,
        "box": [number(v, 2) for v in face.box],
        "whole": face.is_precropped,
        "attacked_box": [number(v, 2) for v in found.box],
        **verdicts,
        "linf": None if found.linf is None else number(found.linf),
        "rounds": found.rounds,
        "queries": found.queries,
        "seconds": number(found.seconds, 3),
        "stopped": found.stopped,
        "notes": list(found.notes),
        "no_verdict_after": found.unjudged,
    }


def files_outcome_record(outcome: FilesOutcome) -> Record:
    """Record both files, and the shares at each stage."""
    return {
        "lossless": attack_outcome_record(outcome.lossless),
        "lossy": attack_outcome_record(outcome.lossy) if outcome.lossy else None,
        "shares": [
            {
                "stage": row.stage,
                "called_fake": row.fake,
                "judged": row.judged,
                "no_verdict": row.unjudged,
                "share": None if row.share is None else number(row.share),
                "interval": [number(v) for v in row.interval],
            }
            for row in outcome.shares
        ],
    }


def attacked_faces_table(found: AttackedFiles) -> list[Record]:
    """Make one row a face: position, score and band at each stage, largest change.

    Changes are in 1/255.
    """
    out = []
    by_stage = {stage: found.verdicts(stage) for stage in found.stages}
    for number_, (face, coded) in enumerate(found.rows):
        row: Record = {"frame": face.face.frame, "track": face.face.track}
        for stage, verdicts in by_stage.items():
            verdict = verdicts[number_]
            row |= {
                f"{stage}_score": verdict and number(verdict.p_fake),
                f"{stage}_band": verdict and verdict.band,
                f"{stage}_label": verdict and verdict.label,
            }
        row["lossless_change"] = _steps(face.linf)
        if coded:
            row["lossy_change"] = _steps(coded.linf)
        said = (*face.notes, *filter(None, [face.unjudged]), *filter(None, [coded.unjudged if coded else None]))
        out.append(
            row
            | {
                "rounds": face.rounds,
                "queries": face.queries,
                "seconds": number(face.seconds, 3),
                "stopped": face.stopped,
                "notes": " ".join(dict.fromkeys(said)),
            }
        )
    return out


def _steps(change: float | None) -> int | None:
    return None if change is None else round(255 * change)
