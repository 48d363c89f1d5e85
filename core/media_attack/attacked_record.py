"""Record attacked media, and summarise them for people."""

from __future__ import annotations

from collections import Counter

from ..detectors.video_rules import file_verdict
from ..metrics.intervals import wilson
from ..output import records
from ..output.records import Record, number
from ..types import JudgedFace
from ..types.tracks import FileVerdict
from .attacked_frame import AttackedFace
from .attacked_media import AttackedMedia

SHOWN = {"before": "before", "after": "after_file"}
AFTER = ("after_crop", "after_frame", "after_file")


def record(found: AttackedMedia) -> Record:
    """Make the record that `python -m core attack` prints."""
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
            "interval": [number(end) for end in wilson(successful, len(fake))],
            "called_real_after_crop": found.count_real("after_crop"),
            "called_real_after_frame": found.count_real("after_frame"),
            "no_verdict_after": sum(face.after_file is None for face in fake),
        },
        "video": {name: records.video_record(verdict_at(found, when)) for name, when in SHOWN.items()}
        if found.media.kind == "video"
        else None,
        "faces": [_face_record(face) for face in found.faces],
    }


def verdict_at(found: AttackedMedia, when: str) -> FileVerdict:
    """Judge the whole file over the attacked frames, at "before", "after_crop", "after_frame" or "after_file"."""
    judged = [JudgedFace(face.face, getattr(face, when)) for face in found.faces]
    return file_verdict(judged, found.thresholds, still=found.media.kind == "image")


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


def summary(found: AttackedMedia) -> str:
    """Summarise attacked media in a few lines."""
    written, fake = found.written, found.predicted_fake
    lines = []
    for one in found.faces:
        after = one.after_file
        said = f"{after.band} (score {after.p_fake:.3f})" if after else one.unjudged
        line = f"frame {one.face.frame}, track {one.face.track}: {one.before.band} (score {one.before.p_fake:.3f})"
        change = "" if one.linf is None else f"; largest change {255 * one.linf:.0f}/255"
        lines.append(f"{line}; from the file: {said}{change}")
    lines.append(f"{written.path.name}: {written.coding}, {written.bytes / 2**20:.1f} MiB, SHA-256 {written.id}")
    lines += found.notes
    said_of = Counter(note for one in found.faces for note in one.notes)
    lines += [f"{note} ({count} of {len(found.faces)} faces)" for note, count in said_of.items()]
    if found.stopped:
        lines.append("Stopped: what was done by then is in the file.")
    said = f"{len(found.faces)} face(s) judged, {len(fake)} called fake before"
    if fake:
        successful = found.count_real()
        low, high = (100 * end for end in wilson(successful, len(fake)))
        said += f"; of these called real after, from the file: {successful} (95 % interval {low:.0f} "
        said += f"to {high:.0f} %)"
    lines.append(said)
    return "\n".join(lines)
