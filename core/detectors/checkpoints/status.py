"""Find each detector's weights: shipped, in the weights folder, or the user's own."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from torch import nn

from ...progress import NO_PROGRESS, Progress
from ...storage import paths
from ...storage.cards import load_weights, read_card, verified_file
from ...storage.checkpoints import SUFFIXES, form_of, read_checkpoint
from ...storage.files import file_state, sha256_of
from ...storage.measured_files import read_measurements
from ...storage.paths import references_folder, weights_folder
from ...types import InputError, UnknownName
from ...types.measurement import Measurement
from ...types.model_card import DetectorCard
from ..architectures.layers import Resize
from ..base import DETECTORS
from . import user_checkpoints
from .formats import FORMATS, CheckpointFormat, fit

MIN_SIDE = 32  # pixels: networks halve it five times


@dataclass(frozen=True, slots=True)
class WeightsStatus:
    """Hold the status of one detector's weights; `message` is the sentence to show.

    published: True when the file equals the published one, False when it differs, None when no checksum of a published
        file is known (then `sha256_of_file` is all there is to tell).
    """

    name: str
    title: str
    where: Literal["shipped", "folder", "own", "missing"]
    path: Path | None
    sha256_of_file: str | None
    published: bool | None
    message: str


def detector_names() -> list[str]:
    """List all detectors: the registered ones, then the user's own."""
    return [*DETECTORS, *user_checkpoints.names()]


def card_of(name: str) -> DetectorCard:
    """Read the card of a registered or user detector."""
    if name in DETECTORS:
        return read_card(name, DetectorCard)
    if name in user_checkpoints.names():
        return user_checkpoints.card_of(name)
    raise UnknownName(f"there is no detector {name!r}; known are: {', '.join(detector_names())}")


def readable_card(name: str) -> DetectorCard | None:
    """Read a detector's card. None where it is missing or damaged, as its status then says."""
    try:
        return card_of(name)
    except InputError:
        return None


def card_folder(name: str) -> Path:
    """Return the folder that holds the card of a registered or user detector."""
    card_of(name)
    return paths.MODELS if name in DETECTORS else user_checkpoints.folder()


def measurements_of(name: str) -> tuple[Measurement, ...]:
    """Read the measurements of a registered or user detector; may be empty."""
    return read_measurements(name, folder=paths.MODELS if name in DETECTORS else user_checkpoints.folder())


def states() -> list[WeightsStatus]:
    """Return the status of every detector, in the order of `detector_names`."""
    return [state(name) for name in detector_names()]


def state(name: str) -> WeightsStatus:
    """Return the status of a detector's weights; reads the file only for its checksum."""
    try:
        card = card_of(name)
    except UnknownName:
        raise
    except InputError as error:
        return WeightsStatus(name, name, "missing", None, None, None, _sentence(str(error)))
    if name not in DETECTORS:
        return _user_status(name, card)
    return _published_status(name, card) if card.layout else _shipped_status(name, card)


def locate(name: str, *, folder: Path | None = None) -> tuple[DetectorCard, Path]:
    """Return a detector's card and the file of its weights.

    The card's `sha256` is that of the file that is there, and `note` says so when it is not known to be the published
    one. Raises `InputError` that tells how to get missing weights.
    """
    if folder is not None and name in DETECTORS:
        card = read_card(name, DetectorCard, folder=folder)
        return card, folder / card.file
    card = card_of(name)
    if card.layout is None:
        return card, paths.MODELS / card.file
    now = state(name)
    if now.path is None:
        raise InputError(
            f"the weights of {name} are missing: looked for {_looked_for(name, card)}; {_how_to_get(name, card)}"
            if name in DETECTORS
            else now.message.rstrip(".")
        )
    return replace(card, sha256=now.sha256_of_file, note="" if now.published else now.message), now.path


def build_network(name: str, card: DetectorCard, path: Path, *, folder: Path | None = None) -> nn.Module:
    """Build a network with the weights of `path`, which `locate` gave.

    Its input has the size that the card says.

    Args:
        name: of the detector.
        card: of the detector.
        path: of the weights.
        folder: of card and weights, for tests and trainers.
    """
    if card.layout is not None:
        known = not card.note  # `locate` notes what is not known to be the published file
        model = fit(layout_named(card.layout), read_checkpoint(path, known=known), name=path.name)
    else:
        model = DETECTORS[name].function()
        model.load_state_dict(load_weights(name, card, folder=folder))
    size, resize = re.match(r"(\d{2,3}) x \1\b", card.input), getattr(model, "resize", None)
    if size and isinstance(resize, Resize):
        if int(size[1]) < MIN_SIDE:
            raise InputError(f"the card of {name} says {card.input}; from {MIN_SIDE} x {MIN_SIDE} can be judged")
        resize.size = int(size[1])
    return model


def get(
    name: str,
    *,
    url: str | None = None,
    progress: Progress = NO_PROGRESS,
) -> Path:
    """Download a registered detector's published weights, unless they are there.

    What does not fit the format is removed.

    Args:
        name: of the detector.
        url: another address of the same file; the card's checksum holds for it too.
        progress: told the bytes; a stop raises `StopRequested` and keeps the part.
    """
    now, card = state(name), card_of(name)
    if now.where == "own":
        raise InputError(f"{name} is your own checkpoint: there is nothing to download")
    if card.layout is None:
        return verified_file(name, card)
    if now.path and now.published is not False:
        return now.path
    address, to = url or card.url, weights_folder() / card.file
    if not address:
        raise InputError(f"there is no address to download {name} from: {_how_to_get(name, card)}")
    layout = layout_named(card.layout)
    if to.is_file() and _fits(layout, to):
        raise InputError(f"{to} fits {name} but is not the published file; take it away to download that one")
    from ...storage.downloads import download  # here: the libraries of the network

    path = download(address, to, sha256=card.sha256, size=card.size, progress=progress)
    try:
        fit(layout, read_checkpoint(path), name=path.name)
    except InputError as error:
        path.unlink(missing_ok=True)
        raise InputError(f"{error}; what was downloaded was removed") from None
    return path


def add(
    file: Path,
    layout: str,
    name: str | None = None,
    *,
    scope: str = user_checkpoints.SCOPE,
    kin: DetectorCard | None = None,
) -> WeightsStatus:
    """Copy a user's checkpoint into the weights folder, after checking that it fits.

    A registered detector's name is accepted only for its own format and while it has no weights: the file becomes them.

    Args:
        file: the checkpoint.
        layout: a name of `FORMATS`, or of a detector that has one.
        name: of the detector; None: made from the file's.
        scope: what the card says of its training.
        kin: card of the detector that it was made from; None: of the first registered one of that layout.
    """
    chosen = layout_named(layout)
    fit(chosen, read_checkpoint(file), name=file.name)
    name = name or re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")[:60] or user_checkpoints.FOLDER
    suffix = SUFFIXES[form_of(file)]
    if name in DETECTORS:
        _check_free(name, chosen)
        user_checkpoints.copy(file, weights_folder() / f"{name}{suffix}")
    else:
        alike = (card for card in map(card_of, DETECTORS) if (card.layout or card.name) == chosen.name)
        user_checkpoints.keep(file, name, chosen, suffix, kin or next(alike, None), scope=scope)
    return state(name)


def remove(name: str) -> None:
    """Delete a user checkpoint and its card."""
    if name in DETECTORS:
        where = state(name)
        file = f"; its file is {where.path}" if where.where == "folder" else ""
        raise InputError(f"{name} is no own checkpoint, and only those are removed{file}")
    if name not in user_checkpoints.names():
        mine = ", ".join(user_checkpoints.names()) or "none"
        raise UnknownName(f"there is no own checkpoint {name!r}; there are: {mine}")
    user_checkpoints.delete(name)


def layout_named(name: str) -> CheckpointFormat:
    """Return a format by its own name, or by that of a registered detector."""
    if name not in FORMATS and name in DETECTORS:
        name = card_of(name).layout or name
    if name not in FORMATS:
        raise InputError(f"a layout is one of {', '.join(FORMATS)}, or a detector of such a one; what came is {name!r}")
    return FORMATS[name]


def _shipped_status(name: str, card: DetectorCard) -> WeightsStatus:
    path, title = paths.MODELS / card.file, card.title
    found = _sha256(path)
    if found is not None and found == card.sha256:
        return WeightsStatus(name, title, "shipped", path, found, True, "Ships with Prosopon.")
    try:
        verified_file(name, card)
        message = f"The file {path.name} cannot be read."
    except InputError as error:
        message = _sentence(str(error))
    return WeightsStatus(name, title, "missing", None, found, False if found else None, message)


def _published_status(name: str, card: DetectorCard) -> WeightsStatus:
    title, wanted = card.title, card.sha256
    there = [(path, found) for path in _candidates(name, card) if (found := _sha256(path))]
    if not there:
        message = f"Missing: looked for {_looked_for(name, card)}. {card.get}".strip()
        return WeightsStatus(name, title, "missing", None, None, None, message)
    path, found = next((pair for pair in there if pair[1] == wanted), there[0])
    if not wanted:
        message = f"No checksum was published for {path.name}; the SHA-256 of this one is {found}."
        return WeightsStatus(name, title, "folder", path, found, None, message)
    if found == wanted:
        return WeightsStatus(
            name, title, "folder", path, found, True, f"{path.name} is the published file, by its SHA-256."
        )
    message = (
        f"{path.name} is not the published file: its SHA-256 is {found}, that of the published one is {wanted}. "
        "It is used if it fits the layout."
    )
    return WeightsStatus(name, title, "folder", path, found, False, message)


def _user_status(name: str, card: DetectorCard) -> WeightsStatus:
    title, path = card.title, user_checkpoints.folder() / card.file
    found = _sha256(path)
    if not found:
        message = (
            f"The file {path.name} of your own checkpoint {name} is gone from {path.parent}; remove and add it again."
        )
        return WeightsStatus(name, title, "missing", None, None, None, message)
    message = f"Your own checkpoint of the layout {card.layout}, added on {card.added}."
    if found != card.sha256:
        message += f" It was changed since: its SHA-256 is {found}, {card.sha256} was noted."
    return WeightsStatus(name, title, "own", path, found, None, message)


def _candidates(name: str, card: DetectorCard) -> list[Path]:
    """List files, in the weights folder and its subfolders, named like a detector's weights."""
    folder = weights_folder()
    others = (user_checkpoints.FOLDER, references_folder().name)  # which hold files of any name
    try:
        below = sorted(place for place in folder.iterdir() if place.is_dir() and place.name not in others)
    except OSError:  # there need not be such a folder
        return []
    return [path for place in (folder, *below) for file in _file_names(name, card) if (path := place / file).is_file()]


def _file_names(name: str, card: DetectorCard) -> list[str]:
    """List the names of a detector's weights, the authors' first."""
    return [card.file, *card.also, *(f"{name}{suffix}" for suffix in user_checkpoints.SUFFIXES)]


def _looked_for(name: str, card: DetectorCard) -> str:
    """Say which names were looked for, and where."""
    files = ", ".join(dict.fromkeys([card.file, *card.also, f"{name}{user_checkpoints.SUFFIXES[0]}"]))
    return f"{files} ({', '.join(user_checkpoints.SUFFIXES[1:])}) in {weights_folder()} (PROSOPON_WEIGHTS)"


def _how_to_get(name: str, card: DetectorCard) -> str:
    """Say how to get missing weights, as the end of a sentence."""
    add = f"a file of yours is added with: python -m core weights add FILE --layout {name}"
    if card.url:
        return f"get them with: python -m core weights get {name}; {add}"
    hint = card.get.rstrip(".")
    return f"{hint[:1].lower()}{hint[1:]}; {add}" if hint else add


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _sha256(path: Path) -> str | None:
    """Compute a file's SHA-256, cached until it changes; None where it cannot be read."""
    try:
        return _sha256_at(path.absolute(), file_state(path))
    except OSError:
        return None


@functools.lru_cache(maxsize=256)
def _sha256_at(path: Path, state: tuple[int, ...]) -> str:
    return sha256_of(path)


def _fits(layout: CheckpointFormat, path: Path) -> bool:
    try:
        fit(layout, read_checkpoint(path), name=path.name)
    except InputError:
        return False
    return True


def _check_free(name: str, layout: CheckpointFormat) -> None:
    """Check that a registered detector has this format and no weights yet."""
    theirs = card_of(name).layout
    if theirs != layout.name:
        of = f", of the layout {theirs}" if theirs else ""
        raise InputError(f"{name} is the name of a detector that is listed already{of}; give another name")
    if path := state(name).path:
        raise InputError(f"{name} has its weights already ({path}); give another name")
