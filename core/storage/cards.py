"""Read and write model cards and the weights that they describe, checked by SHA-256."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save
from torch import Tensor

from ..types import InputError
from .files import atomic_write, atomic_write_all, sha256_of
from .paths import MODELS

Card = dict[str, Any]


def read_card(name: str, *, folder: Path | None = None) -> Card:
    """Read the card `<name>.json`: source, licence, SHA-256, input size, measurements."""
    path = (folder or MODELS) / f"{name}.json"
    if not path.is_file():
        raise InputError(f"the card {path.name} of the model {name} is missing from {path.parent.name}/")
    card: Card = json.loads(path.read_text("utf-8"))
    return card


def verified_file(name: str, card: Card, *, folder: Path | None = None) -> Path:
    """Return the path of the card's weights, verified by SHA-256.

    Raises `InputError` when they are missing or altered, with both checksums.
    """
    path = (folder or MODELS) / str(card["file"])
    wanted = str(card["sha256"])
    if not path.is_file():
        raise InputError(
            f"the weights file {path.name} of {name} is missing (expected SHA-256 {wanted}); "
            f"put it back or make it again with: {card.get('command', 'python -m core train')}"
        )
    found = sha256_of(path)
    if found != wanted:
        raise InputError(
            f"the weights file {path.name} of {name} was altered: its SHA-256 is {found}, its card says {wanted}"
        )
    return path


def load_weights(name: str, card: Card, *, folder: Path | None = None) -> dict[str, Tensor]:
    """Load the tensors of the card's safetensors file, after verifying it."""
    tensors: dict[str, Tensor] = load_file(verified_file(name, card, folder=folder))
    return tensors


def save_model(name: str, tensors: dict[str, Tensor], card: Card, out: Path) -> Path:
    """Write `<name>.safetensors` and its card, completed by file name and SHA-256.

    Args:
        name: of the model.
        tensors: its state dict.
        card: everything else that the card says.
        out: the folder, made where it is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    path, content = out / f"{name}.safetensors", save({key: value.contiguous() for key, value in tensors.items()})
    whole = {**card, "file": path.name, "sha256": hashlib.sha256(content).hexdigest()}
    atomic_write_all({path: content, out / f"{name}.json": card_text(whole)})
    return path


def record_measured(name: str, label: str, found: Card, *, folder: Path | None = None) -> None:
    """Store measurements in a card under "measured" and `label`.

    The weights are not touched.

    Args:
        name: of the model.
        label: of the measurements.
        found: the measurements.
        folder: of the card.
    """
    card = read_card(name, folder=folder)
    card.setdefault("measured", {})[label] = found
    write_card(name, card, folder or MODELS)


def write_card(name: str, card: Card, out: Path) -> None:
    """Write the card `<name>.json` atomically."""
    atomic_write(out / f"{name}.json", card_text(card))


def card_text(card: Card) -> str:
    """Format a card as JSON, in the order given, with a final newline."""
    return json.dumps(card, indent=2, ensure_ascii=False) + "\n"
