"""Check, print and then record measurements for `--record`."""

from __future__ import annotations

import contextlib
import datetime
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from ..types import InputError
from ..types.measurement import Measurement
from ..types.model_card import AttackDetectorCard, ModelCard, SignNetworkCard, SyntheticFacesCard
from .common import show

NOT_RECORDED = ("record", "json_", "rows")  # options that do not change what is measured
_PATHS = ("path", "file", "directory")  # kinds of parameters, by click


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Hold where the metrics of one run go.

    name: of the model that was measured.
    folder: the one of its card.
    label: what people call the measurement.
    kind: of `core.types.measurement.KINDS`.
    data: the name of the folder that it is measured on; None where there is none.
    command: what measures it again.
    weights: the SHA-256 of the weights; None where it is not known.
    """

    name: str
    folder: Path
    label: str
    kind: str
    data: str | None
    command: str
    weights: str | None


def check_record(
    context: typer.Context, name: str, label: str | None, *, kind: str, data: Path | None
) -> RecordPlace | None:
    """Refuse `--record` where nothing can be written; None where it was not given.

    Args:
        context: of the running command.
        name: of the model that is measured.
        label: what came with `--record`.
        kind: of `core.types.measurement.KINDS`.
        data: the folder that it is measured on; None where there is none.
    """
    if label is None:
        return None
    if not label.strip():
        raise InputError("--record is the label that the metrics get; what came is empty")
    where = data.resolve().name if data else None
    return RecordPlace(name, recordable(name), label, kind, where, command_given(context), _weights(name))


def recordable(name: str) -> Path:
    """Return the folder of a model's card, or refuse where it cannot be written."""
    from ..detectors.checkpoints.status import card_folder
    from ..storage.cards import read_card
    from ..storage.measured_files import measured_file, read_measurements
    from ..storage.paths import MODELS

    ours = _card_kinds()
    folder = MODELS if name in ours else card_folder(name)
    if name in ours:
        read_card(name, ours[name])
    read_measurements(name, folder=folder)
    if not os.access(folder, os.W_OK):
        file = measured_file(name, folder=folder).name
        raise InputError(f"--record cannot write {file}: the folder {folder} is read-only")
    return folder


def command_given(context: typer.Context) -> str:
    """Write the running command as it was given, paths by their last name only."""
    words: list[str] = []
    for param in context.command.params:
        source = context.get_parameter_source(param.name or "")
        if source is None or source.name != "COMMANDLINE" or param.name in NOT_RECORDED:
            continue
        value = context.params[param.name or ""]
        option = [param.opts[0]] if param.param_type_name == "option" else []
        if isinstance(value, bool):
            words += option if value else []
            continue
        kind = getattr(getattr(param, "type", None), "name", "")  # typer before 0.29 gives paths as plain text
        for one in value if isinstance(value, (list, tuple)) else [value]:
            words += [*option, _word(Path(one) if kind in _PATHS else one)]
    return " ".join([context.command_path, *map(shlex.quote, words)])


def report(found: object, place: RecordPlace | None, *, as_json: bool) -> None:
    """Print what was measured, and then write it where `check_record` said."""
    from ..output.value_records import value_record

    show(value_record(found), as_json=True, indent=None if as_json else 2)
    keep(found, place)


def keep(found: object, place: RecordPlace | None) -> None:
    """Write what is printed already where `check_record` said, if anywhere."""
    from ..output.value_records import value_record
    from ..storage.measured_files import record_measurements

    if place:
        result = value_record(found)
        one = Measurement(place.kind, place.label, result, place.data, place.command, today(), place.weights)
        with writing_measurements():
            record_measurements(place.name, [one], folder=place.folder)


def today() -> str:
    """Give the day, as YYYY-MM-DD, in UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


@contextlib.contextmanager
def writing_measurements() -> Iterator[None]:
    """Turn what fails while measurements are written into a sentence."""
    try:
        yield
    except OSError as error:
        name, why = Path(str(error.filename)).name, error.strerror or error
        raise InputError(f"what is printed above was not recorded: {name} could not be written ({why})") from error


def _word(value: object) -> str:
    return value.resolve().name if isinstance(value, Path) else str(value)


def _weights(name: str) -> str | None:
    """Give the SHA-256 of the weights that a model is measured with."""
    from ..detectors.checkpoints.status import state
    from ..storage.cards import read_card

    ours = _card_kinds()
    return read_card(name, ours[name]).sha256 if name in ours else state(name).sha256_of_file


def _card_kinds() -> dict[str, type[ModelCard]]:
    """Name the kind of card of each model that is no deepfake detector."""
    from ..attack_detectors import ATTACK_DETECTORS
    from ..attack_detectors.answer import NAME
    from ..synthetic_faces import NAME as SYNTHETIC

    ours = dict.fromkeys(ATTACK_DETECTORS, AttackDetectorCard)
    return {**ours, NAME: SignNetworkCard, SYNTHETIC: SyntheticFacesCard}
