"""Pack judged faces into bytes, to open a file without judging it again."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..media.images import decode_png, encode_png
from ..types import Face, InputError, JudgedFace, Verdict
from ..types.foreign_json import parse_json


def pack_faces(judged: Sequence[JudgedFace]) -> bytes:
    """Pack faces with their verdicts; nothing is rounded."""
    arrays: dict[str, Any] = {}
    rows = []
    for number, item in enumerate(judged):
        face, verdict = item.face, item.verdict
        arrays[f"crop{number}"] = np.frombuffer(encode_png(face.crop), np.uint8)
        arrays[f"landmarks{number}"] = face.landmarks
        facts = [face.id, [float(end) for end in face.box], face.frame, face.score, face.track, face.is_precropped]
        said = None
        if verdict:
            arrays[f"logits{number}"] = verdict.logits
            said = [verdict.detector, verdict.p_fake, verdict.band, verdict.calibrated, verdict.abstained]
            said.append(verdict.interval)
        rows.append([facts, said, item.reason])
    out = io.BytesIO()
    np.savez(out, rows=np.frombuffer(json.dumps(rows).encode(), np.uint8), **arrays)
    return out.getvalue()


def unpack_faces(data: bytes) -> list[JudgedFace]:
    """Return the faces that were packed."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            rows = parse_json(found["rows"].tobytes())
            return [_face(found, number, *row) for number, row in enumerate(rows)]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError("the kept faces of this file are damaged; judge the file again") from error


def _face(found: Any, number: int, facts: list[Any], said: list[Any] | None, reason: str | None) -> JudgedFace:
    id_, box, frame, score, track, whole = facts
    crop = decode_png(found[f"crop{number}"].tobytes())
    left, top, right, bottom = box
    face = Face(id_, crop, (left, top, right, bottom), found[f"landmarks{number}"], frame, score, track, whole)
    if said is None:
        return JudgedFace(face, None, reason)
    detector, p_fake, band, calibrated, abstained, interval = said
    pair = (interval[0], interval[1]) if interval else None
    logits = found[f"logits{number}"]
    return JudgedFace(face, Verdict(detector, logits, p_fake, band, calibrated, abstained, pair), reason)
