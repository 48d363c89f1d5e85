"""Store the user's own checkpoints, each a file and its card, in own/."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from pathlib import Path

from ...storage.cards import card_from, card_text
from ...storage.files import Content, atomic_write_all, sha256_of
from ...storage.paths import weights_folder
from ...types import InputError
from ...types.foreign_json import parse_json
from ...types.model_card import DetectorCard
from ..base import DETECTORS
from .formats import CheckpointFormat

FOLDER = "own"
SUFFIXES = (".pth", ".pt", ".safetensors", ".h5")
SCOPE = "Your own checkpoint: what it was trained and measured on is not known here."
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def folder() -> Path:
    """Return the folder of user checkpoints."""
    return weights_folder() / FOLDER


def names() -> list[str]:
    """List user checkpoints; a registered detector's name is that detector's."""
    found = (path.stem for path in folder().glob("*.json"))
    return sorted(name for name in found if name not in DETECTORS and NAME.fullmatch(name))


def card_of(name: str) -> DetectorCard:
    """Read the card of an own checkpoint; raises `InputError` when it is damaged."""
    try:
        values = parse_json((folder() / f"{name}.json").read_text("utf-8"))
        card = card_from({"name": name, **values}, DetectorCard)
        if not (card.layout and card.file and card.sha256 and card.added):
            raise ValueError("a field is empty")
    except (OSError, ValueError, AttributeError, TypeError):
        raise InputError(
            f"the card {FOLDER}/{name}.json is damaged; take it away with: python -m core weights remove {name}"
        ) from None
    return card


def check_name(name: str) -> None:
    """Refuse a name that is none, or taken by another own checkpoint."""
    if not NAME.fullmatch(name):
        raise InputError(f"a name has up to 64 of a-z, 0-9, - and _, a letter or digit first; what came is {name!r}")
    if name in names():
        raise InputError(f"there is an own checkpoint {name} already; remove it first, or give another name")


def keep(
    file: Path, name: str, layout: CheckpointFormat, suffix: str, kin: DetectorCard | None, *, scope: str = SCOPE
) -> None:
    """Copy a checkpoint that fits `layout` to own/`name``suffix`, with its card.

    Args:
        file: the checkpoint.
        name: what it is called from now on.
        layout: the format that it has.
        suffix: of the copy.
        kin: the card of a published detector of the same layout; None where there is none.
        scope: what is known of its training.
    """
    check_name(name)
    card = DetectorCard(
        name=name,
        title=f"{name} (own, {layout.title})",
        source="your own checkpoint",
        licence="not known",
        papers=kin.papers if kin else (),
        input=kin.input if kin else "",
        crop=kin.crop if kin else "",
        output=kin.output if kin else "",
        scope=scope,
        layout=layout.name,
        file=f"{name}{suffix}",
        came_as=file.name,
        added=datetime.datetime.now(datetime.UTC).date().isoformat(),
    )
    copy(file, folder() / f"{name}{suffix}", card)


def delete(name: str) -> None:
    """Remove an own checkpoint, its measurements and its card, the card last."""
    try:
        for suffix in (*SUFFIXES, ".measured.json", ".json"):
            (folder() / f"{name}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{name} cannot be removed from {folder()}: {error.strerror or error}") from None


def copy(file: Path, to: Path, card: DetectorCard | None = None) -> None:
    """Copy a file and write its card, completed by the SHA-256; both or neither."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        files: dict[Path, Content] = {to: file}
        if card:  # put in place last: it makes the checkpoint known
            files[to.with_suffix(".json")] = card_text(replace(card, sha256=sha256_of(file)))
        atomic_write_all(files)
    except OSError as error:
        why = error.strerror or error
        raise InputError(
            f"{to.name} cannot be written into {to.parent} ({why}); PROSOPON_WEIGHTS names another folder"
        ) from None
