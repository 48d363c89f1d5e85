"""Read and write model cards and the weights that they describe, checked by SHA-256."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from safetensors.torch import load_file, save
from torch import Tensor

from ..types import InputError
from ..types.foreign_json import parse_json
from ..types.model_card import ModelCard
from . import paths
from .files import atomic_write, atomic_write_all, file_state, sha256_of
from .measured_files import measured_file

C = TypeVar("C", bound=ModelCard)


def read_card(name: str, kind: type[C], *, folder: Path | None = None) -> C:
    """Read the card `<name>.json` as a card of that kind."""
    path = (folder or paths.MODELS) / f"{name}.json"
    if not path.is_file():
        raise InputError(f"the card {path.name} of the model {name} is missing from {path.parent.name}/")
    hashable: Any = kind  # as classes are, whatever their objects
    try:
        card = _read(path.absolute(), hashable, file_state(path))
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"the card {path.name} of the model {name} is damaged: {error}") from None
    assert isinstance(card, kind)
    return card


@functools.lru_cache(maxsize=256)
def _read(path: Path, kind: type[ModelCard], state: tuple[int, ...]) -> ModelCard:
    """Read a card; `state` differs once its file has changed."""
    return card_from(parse_json(path.read_text("utf-8")), kind)


def card_from(values: Mapping[str, Any], kind: type[C]) -> C:
    """Make a card of JSON's values; what has no field is kept under `extra`."""
    known = {one.name for one in fields(kind)} - {"extra"}
    given: dict[str, Any] = {key: value for key, value in values.items() if key in known}
    given |= {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
    return kind(**given, extra={key: value for key, value in values.items() if key not in known})


def card_values(card: ModelCard) -> dict[str, Any]:
    """Return a card's fields as JSON values; leave empty ones out."""
    said = {one.name: getattr(card, one.name) for one in fields(card) if one.name != "extra" and not _empty(one, card)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()} | dict(card.extra)


def verified_file(name: str, card: ModelCard, *, folder: Path | None = None) -> Path:
    """Return the path of the card's weights; refuse missing or altered ones."""
    path = (folder or paths.MODELS) / card.file
    if not path.is_file():
        raise InputError(
            f"the weights file {path.name} of {name} is missing (expected SHA-256 {card.sha256}); "
            f"put it back or make it again with: {card.command or 'python -m core train'}"
        )
    found = sha256_of(path)
    if found != card.sha256:
        raise InputError(
            f"the weights file {path.name} of {name} was altered: its SHA-256 is {found}, its card says {card.sha256}"
        )
    return path


def load_weights(name: str, card: ModelCard, *, folder: Path | None = None) -> dict[str, Tensor]:
    """Load the tensors of the card's safetensors file, after the checksum."""
    tensors: dict[str, Tensor] = load_file(verified_file(name, card, folder=folder))
    return tensors


def save_model(name: str, tensors: dict[str, Tensor], card: C, out: Path) -> C:
    """Write `<name>.safetensors` and its card, completed by file name and SHA-256.

    Measurements that lie there are removed: they are of other weights.

    Args:
        name: of the model.
        tensors: its state dict.
        card: everything else that the card says.
        out: the folder, made where it is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    path, content = out / f"{name}.safetensors", save({key: value.contiguous() for key, value in tensors.items()})
    whole = replace(card, file=path.name, sha256=hashlib.sha256(content).hexdigest())
    atomic_write_all({path: content, out / f"{name}.json": card_text(whole)})
    measured_file(name, folder=out).unlink(missing_ok=True)
    return whole


def write_card(name: str, card: ModelCard, out: Path) -> None:
    """Write the card `<name>.json` atomically."""
    atomic_write(out / f"{name}.json", card_text(card))


def card_text(card: ModelCard) -> str:
    """Give a card as the text of its file."""
    return json.dumps(card_values(card), indent=2, ensure_ascii=False) + "\n"


def _empty(one: Field[Any], card: ModelCard) -> bool:
    """Tell whether an optional field equals its default."""
    default = one.default_factory() if one.default_factory is not MISSING else one.default
    return default is not MISSING and getattr(card, one.name) == default
