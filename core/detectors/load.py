"""Load a detector by its name: card, checksum, weights; cached."""

from __future__ import annotations

import threading
from pathlib import Path

from ..storage.files import file_state
from .base import DEFAULT
from .checkpoints import status
from .detector import Detector, prepare
from .device import chosen_device, put_on

_loaded: dict[tuple[str, Path | None, str], tuple[tuple[object, ...], Detector]] = {}
_loading = threading.RLock()


def load(name: str = DEFAULT, *, folder: Path | None = None, device: str | None = None) -> Detector:
    """Load a registered or user detector; cached until its weights change.

    `folder` holds card and weights, for tests and trainers. `device`: auto, cpu or cuda; what the process chose if
    missing. Raises `InputError` when the name is unknown, or the
    weights are missing, altered or of another format.
    """
    place = chosen_device(device)
    with _loading:
        card, path = status.locate(name, folder=folder)
        stamp = path.absolute(), file_state(path), card
        kept = _loaded.get((name, folder, place))
        if kept is None or kept[0] != stamp:
            model = status.build_network(name, card, path, folder=folder)
            detector = prepare(name, model, card)
            put_on(detector.model, place)
            kept = _loaded[name, folder, place] = stamp, detector
        return kept[1]
