"""Keep what was computed of each face while a reference set is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load, save

from ..detectors.detector import Detector
from ..storage.code_fingerprint import code_fingerprint
from ..storage.files import atomic_write
from ..types import Array, content_id
from .training_faces import FaceSet

Rows = dict[str, Array]  # by name, one row a signature


def faces_folder(root: Path, detector: Detector, faces: FaceSet, *, kind: str, seed: int, attacked: str) -> Path:
    """Return the folder below `root` of what is made from these very things.

    Args:
        root: of all that is kept.
        detector: whose verdicts the signatures are of.
        faces: all of them, as each may lend a part to another's forgery.
        kind: a registered signature.
        seed: of forgeries and attacks.
        attacked: by which attacks, and what became of the attacked faces then.
    """
    how = (detector.version, kind, str(seed), attacked, code_fingerprint(), *faces.names, *faces.people)
    return root / content_id(faces.images, faces.landmarks, *how)[:16]


def kept_rows(folder: Path | None, face: int, make: Callable[[], Rows]) -> Rows:
    """Return the rows of a face: those kept, or made now.

    They are kept whole or not at all.

    Args:
        folder: of one file a face; None: nothing is kept.
        face: its number.
        make: computes them.
    """
    if folder is None:
        return make()
    path = folder / f"{face:05}.safetensors"
    try:
        return load(path.read_bytes())
    except (FileNotFoundError, SafetensorError):  # none yet, or a damaged one: it is made anew
        rows = make()
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(path, save(rows))
    return rows


def count_kept(folder: Path) -> int:
    """Count the faces that are kept."""
    return sum(1 for _ in folder.glob("*.safetensors"))
