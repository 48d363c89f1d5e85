"""Keep a gallery's embeddings and findings in the user's cache, without its pictures."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..storage.files import atomic_write, sha256_of
from ..storage.paths import user_cache
from ..types import Array, InputError, content_id
from ..types.foreign_json import parse_json
from ..types.recognition import Gallery, GalleryFinding, GalleryPhoto, MatchCalibration, MatchThreshold
from .reference_scores import FOLDER

VERSION = "1"  # of what is computed: raise it when checks, crops or calibration change


def gallery_key(root: Path, listed: Mapping[str, list[Path]], recogniser: str) -> str:
    """Hash a gallery's files, their names and the recogniser."""
    parts = [VERSION, recogniser]
    for path in sorted(FOLDER.glob("*.json")) if FOLDER.is_dir() else []:
        parts.append(sha256_of(path))
    for person, paths in listed.items():
        parts.append(f"folder {person}")
        for path in paths:
            with contextlib.suppress(OSError):
                parts.append(f"{path.relative_to(root).as_posix()} {sha256_of(path)}")
    return content_id(*parts)


def _file(key: str) -> Path:
    return user_cache() / "galleries" / f"{key}.npz"


def save_gallery(gallery: Gallery) -> None:
    """Write a gallery; a cache that cannot be written is no error."""
    calibration = gallery.calibration
    facts = {
        "people": gallery.people,
        "recogniser": gallery.recogniser,
        "photos": [_photo_facts(gallery.root, photo) for photo in gallery.photos],
        "findings": [dataclasses.asdict(one) for one in gallery.findings],
        "calibration": calibration
        and {
            "thresholds": [dataclasses.asdict(one) for one in calibration.thresholds],
            "slope": calibration.slope,
            "intercept": calibration.intercept,
            "source": calibration.source,
        },
    }
    none = np.zeros(0, np.float32)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
        owner=gallery.owner,
        embeddings=gallery.embeddings,
        genuine=calibration.genuine if calibration else none,
        impostor=calibration.impostor if calibration else none,
    )
    with contextlib.suppress(OSError):
        to = _file(gallery.id)
        to.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(to, buffer.getvalue())


def _photo_facts(root: Path, photo: GalleryPhoto) -> dict[str, Any]:
    marks = None if photo.landmarks is None else photo.landmarks.tolist()
    facts = {
        key: getattr(photo, key) for key in ("person", "name", "id", "box", "precropped", "reason", "duplicate_of")
    }
    return {**facts, "path": photo.path.relative_to(root).as_posix(), "landmarks": marks}


def load_gallery(key: str, root: Path) -> Gallery | None:
    """Read a gallery; None where it is not in the cache, or damaged there."""
    try:
        with np.load(io.BytesIO(_file(key).read_bytes()), allow_pickle=False) as arrays:
            facts = parse_json(arrays["facts"].tobytes())
            owner, vectors, genuine, impostor = (arrays[k] for k in ("owner", "embeddings", "genuine", "impostor"))
        return Gallery(
            key,
            root,
            facts["recogniser"],
            tuple(facts["people"]),
            tuple(_photo(root, one) for one in facts["photos"]),
            owner,
            vectors,
            tuple(GalleryFinding(**one) for one in facts["findings"]),
            _calibration(facts["calibration"], genuine, impostor),
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError, InputError, zipfile.BadZipFile):
        return None


def _photo(root: Path, facts: dict[str, Any]) -> GalleryPhoto:
    marks, box = facts.pop("landmarks"), facts.pop("box")
    return GalleryPhoto(
        **{**facts, "path": root / facts["path"]},
        box=box and (box[0], box[1], box[2], box[3]),
        landmarks=None if marks is None else np.asarray(marks, np.float32),
    )


def _calibration(facts: dict[str, Any] | None, genuine: Array, impostor: Array) -> MatchCalibration | None:
    if facts is None:
        return None
    thresholds = tuple(MatchThreshold(**one) for one in facts["thresholds"])
    return MatchCalibration(thresholds, facts["slope"], facts["intercept"], genuine, impostor, facts["source"])
