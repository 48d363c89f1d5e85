"""Hold what was read of a file.

Another detector judges its faces, and opens it no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..media.open import base_name
from ..media.trust_lists import trust_lists
from ..output.provenance_words import recorded_provenance
from ..output.records import Record
from ..storage.code_fingerprint import code_fingerprint
from ..types import Face, InputError
from ..types.file_rows import FileTask
from ..types.foreign_json import parse_json
from ..types.provenance import Provenance
from .faces_pack import unpack_faces
from .job_table import JobTable


@dataclass(frozen=True, slots=True, eq=False)
class ReadFile:
    """Hold what no detector has a part in.

    kind: image or video; media: its record; provenance: what it says of itself; thumbnail: makes the picture (JPEG)
        that stands for a file without a judged face.
    """

    kind: str
    media: Record
    provenance: Provenance
    thumbnail: Callable[[], bytes]


def reading(frames: int) -> str:
    """Name a way to read files.

    By the frames of a video, the code, and the trusted signers. What was read in one way is the same.
    """
    return f"{frames} frames, code {code_fingerprint()[:12]}, trusted signers {trust_lists().named() or 'none'}"


def frames_read(how: str) -> int:
    """Return the frames of a way to read files.

    0 where it does not say.
    """
    words = how.split(" ", 1)[0]
    return int(words) if words.isdecimal() else 0


def read_before(task: FileTask, *, frames: int) -> tuple[ReadFile, list[Face]] | None:
    """Return what an earlier job read of a file, with its faces.

    None where no job has kept them, or the file was read otherwise: then it is opened.

    Args:
        task: with the table of the jobs, or without one.
        frames: of a video.
    """
    if task.table is None:
        return None
    try:
        with JobTable(task.table) as jobs:
            for key in jobs.with_faces(task.sha256):
                record = parse_json(jobs.record(key) or "{}")
                faces, picture = jobs.artefact(key, "faces"), jobs.artefact(key, "thumbnail")
                if record.get("read") != reading(frames) or faces is None or picture is None:
                    continue
                media = {**record["media"], "name": base_name(task.path.name)}
                said = recorded_provenance(task.sha256, record["provenance"])
                read = ReadFile(media["kind"], media, said, picture.__bytes__)
                return read, [item.face for item in unpack_faces(faces)]
    except (InputError, KeyError, TypeError, ValueError):  # locked or damaged: the file itself is there
        return None
    return None
