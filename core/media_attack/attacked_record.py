"""Judge and count attacked media, and summarise them for people."""

from __future__ import annotations

from collections import Counter

from ..detectors.video_rules import file_verdict
from ..metrics.intervals import wilson
from ..types import JudgedFace
from ..types.attacked_values import AttackedMedia, AttackOutcome
from ..types.tracks import FileVerdict


def outcome_of(found: AttackedMedia) -> AttackOutcome:
    """Judge the whole file before and after, and count the faces."""
    interval = wilson(found.count_real(), len(found.predicted_fake))
    return AttackOutcome(found, verdict_at(found, "before"), verdict_at(found, "after_file"), interval)


def verdict_at(found: AttackedMedia, when: str) -> FileVerdict:
    """Judge the whole file over the attacked frames, at "before", "after_crop", "after_frame" or "after_file"."""
    judged = [JudgedFace(face.face, getattr(face, when)) for face in found.faces]
    return file_verdict(judged, found.thresholds, still=found.media.kind == "image")


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
