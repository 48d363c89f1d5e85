"""Keep the faces of a user's own reference sets, each a file.

A face's file is named by its content, so that the same face is there once. It is written, changed and removed by one
writer at a time: whoever comes second is told what is there. What a set is of is written once and never replaced.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from ..storage import paths
from ..storage.file_locks import locked
from ..storage.files import atomic_write, file_state, write_once
from ..types import InputError, content_id
from ..types.foreign_json import parse_json
from ..types.own_set_values import FaceFacts, OwnFace, SetFacts
from ..types.read_values import read_value

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
KEY = re.compile(r"[0-9a-f]{32}")
ABOUT = "set.json"
LOCK = "faces.lock"


def check_set_name(name: str) -> None:
    """Refuse a name that is none, or that of a model that ships."""
    if not NAME.fullmatch(name):
        raise InputError(f"a set's name has up to 64 of a-z, 0-9, - and _, a letter or digit first; got {name!r}")
    if (paths.MODELS / f"{name}.json").is_file():
        raise InputError(f"{name} is the name of a model that ships; a set of your own takes another name")


def faces_of_set(name: str) -> Path:
    """Return the folder of a set's faces."""
    return paths.references_folder() / f"{name}.faces"


def set_names() -> list[str]:
    """List the sets of a user's own, unfinished ones among them."""
    root = paths.references_folder()
    found = {path.stem for pattern in ("*.json", "*.faces") for path in root.glob(pattern)}
    return sorted(name for name in found if NAME.fullmatch(name) and not (paths.MODELS / f"{name}.json").is_file())


def facts_of_set(name: str) -> SetFacts | None:
    """Read of what a set is; None where there is no such set yet."""
    path = faces_of_set(name) / ABOUT
    try:
        return read_value(SetFacts, parse_json(path.read_text("utf-8")))
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        raise InputError(f"{path} is damaged: it says of which detector and kind the set {name} is") from None
    if (paths.references_folder() / f"{name}.json").is_file():
        raise InputError(
            f"the set {name} was made as a whole, its faces are not kept one by one, so none can be added; "
            "give another name, and a set of its own is made"
        )
    return None


def check_fits_set(name: str, facts: SetFacts) -> None:
    """Refuse signatures of another detector, other weights or another kind than a set's."""
    check_set_name(name)
    there = facts_of_set(name)
    if there is None or there == facts:
        return
    if there.signature != facts.signature:
        why = f"holds signatures of the kind {there.signature}; what came is {facts.signature}"
    elif there.detector != facts.detector:
        why = f"holds signatures of {there.detector}; what came is of {facts.detector}"
    else:
        why = f"is of other weights of {facts.detector} than those in use"
    raise InputError(f"the set {name} {why}. Give another name, and a set of its own is made.")


def begin_set(name: str, facts: SetFacts) -> None:
    """Note of what a set is, or refuse what does not fit it."""
    check_fits_set(name, facts)
    folder = faces_of_set(name)
    if (folder / ABOUT).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_once(folder / ABOUT, json.dumps(asdict(facts)))
    check_fits_set(name, facts)  # another writer may have been quicker: what it noted counts


def keep_face(name: str, key: str, face: OwnFace, *, instead_of: FaceFacts | None = None) -> OwnFace | None:
    """Keep a face of a set, unless another writer was quicker.

    It is written whole or not at all. Returns what is there: this face, or the other writer's; None where that one has
    taken it out.

    Args:
        name: of the set.
        key: of the face.
        face: what is kept of it.
        instead_of: what is said of the one that it replaces; None where there is none, or one that is damaged.
    """
    about = np.frombuffer(json.dumps(asdict(face.facts)).encode(), np.uint8)
    rows = {"values": face.values, "thumbnail": face.thumbnail, "picture": face.picture, "about": about}
    content = save({part: np.ascontiguousarray(value) for part, value in rows.items()})
    with locked(faces_of_set(name) / LOCK):
        try:
            there = read_face(name, key)
        except InputError:  # it is written anew
            there = None
        if (there and there.facts) != instead_of:
            return there
        atomic_write(_file(name, key), content)
    return face


def read_face(name: str, key: str) -> OwnFace | None:
    """Read a face of a set; None where there is none.

    `InputError` where its file is damaged."""
    path = _file(name, key)
    try:
        parts = load(path.read_bytes())
        facts = read_value(FaceFacts, parse_json(parts["about"].tobytes()))
        return OwnFace(facts, parts["values"], parts["thumbnail"], parts["picture"])
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise InputError(f"the face {path.name} of the set {name} cannot be read: {error}") from None


def keys_of_set(name: str) -> list[str]:
    """List the names of a set's faces, sorted."""
    return sorted(path.stem for path in faces_of_set(name).glob("*.safetensors") if KEY.fullmatch(path.stem))


def content_of_set(name: str) -> str:
    """Hash which faces a set has, and all that is said of them.

    It is another one after each change.
    """
    said = [part for key in keys_of_set(name) for part in (key, _said_of(_file(name, key)))]
    return content_id(*said)


def _said_of(path: Path) -> str:
    """Return what a face's file says of it, "" where it cannot.

    It is read again the next time then.
    """
    with contextlib.suppress(OSError, SafetensorError, ValueError):
        return _read_said(path.absolute(), file_state(path))
    return ""


@functools.lru_cache(maxsize=65536)
def _read_said(path: Path, state: tuple[int, ...]) -> str:
    """Read what is said of a face; `state` differs once its file has changed."""
    with safe_open(path, "numpy") as parts:
        return str(parts.get_tensor("about").tobytes().decode())


def drop_faces(name: str, keys: Sequence[str]) -> None:
    """Take faces out of a set."""
    try:
        with locked(faces_of_set(name) / LOCK):
            for key in keys:
                _file(name, key).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"the face cannot be taken out of {name}: {error.strerror or error}") from None


def remove_set(name: str) -> None:
    """Remove a set of a user's own, the card first.

    No other writer is at its faces meanwhile.
    """
    if name not in set_names():
        raise InputError(f"there is no reference set {name} of your own; there are: {', '.join(set_names()) or 'none'}")
    root = paths.references_folder()
    try:
        for suffix in (".json", ".safetensors"):
            (root / f"{name}{suffix}").unlink(missing_ok=True)
        if faces_of_set(name).is_dir():
            with locked(faces_of_set(name) / LOCK):
                for path in faces_of_set(name).iterdir():
                    if path.is_file() and path.name != LOCK:
                        path.unlink()
            shutil.rmtree(faces_of_set(name))
    except OSError as error:
        raise InputError(f"{name} cannot be removed from {root}: {error.strerror or error}") from None


def _file(name: str, key: str) -> Path:
    return faces_of_set(name) / f"{key}.safetensors"
