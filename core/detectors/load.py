"""Load a detector by its name: card, checksum, weights, once for all."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from .base import DEFAULT
from .checkpoints import status
from .detector import Detector, prepare

_loaded: dict[tuple[str, Path | None], tuple[tuple[object, ...], Detector]] = {}
_loading = threading.RLock()


def load(name: str = DEFAULT, *, folder: Path | None = None) -> Detector:
    """The detector `name`, registered or the user's own, with its weights: loaded once, and again when they change.

    `folder` holds card and weights, for tests and trainers. Raises `InputError` when the name is unknown, or the
    weights are missing, altered or of another layout.
    """
    with _loading:
        card, path = status.located(name, folder=folder)
        stamp = (*_changed(path), json.dumps(card))
        kept = _loaded.get((name, folder))
        if kept is None or kept[0] != stamp:
            model = status.network(name, card, path, folder=folder)
            kept = _loaded[name, folder] = stamp, prepare(name, model, card)
        return kept[1]


def _changed(path: Path) -> tuple[object, ...]:
    """What differs after a file was replaced: path, size in bytes, time of its last change in ns."""
    try:
        facts = path.stat()
    except OSError:
        return (path,)
    return path.absolute(), facts.st_size, facts.st_mtime_ns
