"""Read `--set NAME=VALUE` or METHOD.NAME=VALUE for attacks and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from ..registry import Entry, Param, Value
from ..types import InputError

Given = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the attack, such as alpha=2; as METHOD.NAME=VALUE of any attack or map asked for, such as "
        "lrp.rule=epsilon-gamma-box. Can be given again. Units are those of the pages: eps and alpha in 1/255, "
        "the eps of an L2 attack as a length.",
    ),
]
Settings = dict[str, dict[str, Value]]


def given_settings(
    given: Sequence[str] | None,
    *,
    attacks: Sequence[str] = (),
    maps: Sequence[str] = (),
    taken: Mapping[str, str] | None = None,
) -> Settings:
    """Sort what `--set` gives by method, each value read in shown units and checked.

    A plain NAME is set for every attack that has it; METHOD.NAME goes before it.

    Args:
        given: NAME=VALUE or METHOD.NAME=VALUE.
        attacks: names of the attacks asked for.
        maps: names of the maps asked for.
        taken: settings of attacks that another option gives, by name: that option.
    """
    from ..attacks import ATTACKS
    from ..explain import EXPLAINERS

    attacked = {name: ATTACKS[name] for name in attacks}
    asked: dict[str, Entry[Any, Any]] = {**attacked, **{name: EXPLAINERS[name] for name in maps}}
    plain: Settings = {}
    qualified: Settings = {}
    for text in given or ():
        method, name, value = _split(text)
        into = qualified if method else plain
        for entry, param in _meant(text, method, name, attacked, asked):
            if entry.name in attacked and name in (taken or {}):
                raise InputError(f"--set {text}: {name} is what {(taken or {})[name]} gives here")
            if name in into.setdefault(entry.name, {}):
                raise InputError(f"--set {text}: {name} was set before")
            into[entry.name][name] = _read(text, param, value)
    return {name: plain.get(name, {}) | qualified.get(name, {}) for name in asked}


def options_given(**values: object) -> dict[str, str]:
    """Map each setting that an option gives to the option's name."""
    return {name: f"--{name}" for name, value in values.items() if value is not None}


def names_in(text: str) -> list[str]:
    """Split names joined by commas, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def sizes_in(text: str) -> list[float]:
    """Split budgets in 1/255 joined by commas, each once and above 0."""
    try:
        found = [float(word) for word in names_in(text)]
    except ValueError:
        raise InputError(f"--eps is numbers in 1/255 joined by commas, such as 4,16; what came is {text!r}") from None
    if not all(0 < size <= 64 for size in found):
        raise InputError(f"--eps lies above 0 and at most at 64 (of 255); what came is {text!r}")
    return list(dict.fromkeys(found))


def _split(text: str) -> tuple[str, str, str]:
    """Split METHOD.NAME=VALUE; the method is empty where none is named."""
    left, sign, value = text.partition("=")
    method, _, name = left.strip().rpartition(".")
    if not sign or not name:
        raise InputError(
            f"--set is NAME=VALUE or METHOD.NAME=VALUE, such as eps=8 or lime.samples=100; what came is {text!r}"
        )
    return method, name, value


def _meant(
    text: str, method: str, name: str, attacked: Mapping[str, Entry[Any, Any]], asked: Mapping[str, Entry[Any, Any]]
) -> list[tuple[Entry[Any, Any], Param]]:
    """Find the methods whose setting is meant, or refuse with those available."""
    if method and method not in asked:
        methods = ", ".join(asked) or "none"
        raise InputError(f"--set {text}: {method} is not among the attacks and maps asked for: {methods}")
    entries = [asked[method]] if method else list(attacked.values())
    found = [(entry, param) for entry in entries for param in entry.params if param.name == name]
    if not found:
        among = entries if method else list(asked.values())
        known = ", ".join(f"{entry.name}.{param.name}" for entry in among for param in entry.params) or "none"
        what = f"{method} has no setting {name}" if method else f"no attack asked for has a setting {name}"
        raise InputError(f"--set {text}: {what}; what can be set is: {known}")
    return found


def _read(text: str, param: Param, value: str) -> Value:
    try:
        return param.parse(value)
    except InputError as error:
        raise InputError(f"--set {text}: {error}") from None
