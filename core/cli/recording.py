"""Record measurements in a card: checked before the run, printed, then written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..types import InputError
from .common import show


@dataclass(frozen=True, slots=True)
class CardLabel:
    """Name a place for measurements: `label` in the card of `name`, in `folder`."""

    name: str
    folder: Path
    label: str


def check_record(name: str, label: str | None) -> CardLabel | None:
    """Refuse `--record` where the card cannot take measurements; None without it."""
    if label is None:
        return None
    if not label.strip():
        raise InputError("--record is the label that the measurements get in the model's card; what came is empty")
    return CardLabel(name, recordable(name), label)


def recordable(name: str) -> Path:
    """Return the folder of a model's card, or refuse where it cannot be written."""
    from ..attack_detectors import ATTACK_DETECTORS
    from ..detectors.checkpoints.status import card_folder
    from ..storage.cards import read_card
    from ..storage.paths import MODELS

    folder = MODELS if name in ATTACK_DETECTORS else card_folder(name)
    read_card(name, folder=folder)
    if not os.access(folder, os.W_OK):
        raise InputError(f"--record cannot write the card {name}.json: the folder {folder} is read-only")
    return folder


def report(found: dict[str, Any], card: CardLabel | None, *, as_json: bool) -> None:
    """Print what was measured, and then write it into the card that `check_record` gave."""
    from ..storage.cards import record_measured

    show(found, as_json=True, indent=None if as_json else 2)
    if card:
        with writing_cards():
            record_measured(card.name, card.label, found, folder=card.folder)


@contextlib.contextmanager
def writing_cards() -> Iterator[None]:
    """Turn what fails while a card is written into a sentence."""
    try:
        yield
    except OSError as error:
        name, why = Path(str(error.filename)).name, error.strerror or error
        raise InputError(f"what is printed above was not recorded: {name} could not be written ({why})") from error
