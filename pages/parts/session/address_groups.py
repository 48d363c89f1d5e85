"""Write the settings of long work into an address, and read them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.attacks import ATTACKS
from core.attacks.analysis.epsilon_sweep import can_be_swept, parse_epsilons
from core.media.write import CRF, QUALITY
from core.registry import Param, Value
from core.types import InputError

SEED = Param("seed", 0, 0, 2**31 - 1)
LONGEST = 300  # letters of a value; the names of all maps take 110


class Group(NamedTuple):
    """Hold the settings of one kind of work.

    name: stands before each of them in an address.
    """

    name: str
    params: tuple[Param, ...]


SWEEP = Group(
    "sweep",
    (
        Param("attacks", "fgsm"),
        Param("epsilons", "4"),
        Param("which", "fake", choices=("fake", "all")),
        Param("faces", 8, 1, 200),
        Param("steps", 20, 1, 500),
        Param("queries", 300, 10, 20_000),
        SEED,
    ),
)
WHOLE = Group(
    "whole",
    (
        Param("attack", "pgd", choices=tuple(ATTACKS)),
        Param("settings", "eps=4"),
        SEED,
        Param("stop_at", 0.9, 0.5, 1.0),
        Param("frames", 16, 0, 10_000),  # 0: all of them
        Param("lossy", True),
        Param("crf", CRF, 0, 51),
        Param("quality", QUALITY, 1, 100),
    ),
)
CRITICAL = Group("critical", (Param("share", 0.05, 0.001, 0.5, scale=100, unit="%"), Param("samples", 40, 4, 500)))
GROUPS = {group.name: group for group in (SWEEP, WHOLE, CRITICAL)}


def group_values(group: Group, values: Mapping[str, Value | None]) -> dict[str, str]:
    """Write settings as values of a query; those that are None or too long are left out."""
    known = {param.name: param for param in group.params}
    written = {f"{group.name}.{name}": known[name].write(one) for name, one in values.items() if one is not None}
    return {key: text for key, text in written.items() if len(text) <= LONGEST}


def read_group(query: Mapping[str, str], group: Group) -> dict[str, Value]:
    """Read the settings of a group that a query names.

    `InputError` says which cannot be read.
    """
    known, found = {param.name: param for param in group.params}, {}
    for key, text in query.items():
        before, dot, name = key.partition(".")
        if before != group.name or not dot or not text.strip():
            continue
        if len(text) > LONGEST:
            raise InputError(f"{key} has at most {LONGEST} letters; what came has {len(text)}")
        if name not in known:
            raise InputError(f"{group.name} has no setting {name!r}; it has: {', '.join(known)}")
        try:
            found[name] = known[name].parse(text)
            _check(name, str(found[name]), group)
        except InputError as error:
            raise InputError(f"{key}: {error}") from None
    if group is WHOLE and found:
        if "attack" not in found:
            raise InputError("whole.attack has to name an attack; what came is none")
        written_settings(str(found["attack"]), str(found.get("settings", "")))
    return found


def _check(name: str, text: str, group: Group) -> None:
    if group is SWEEP and name == "epsilons":
        parse_epsilons(text)
    if group is SWEEP and name == "attacks":
        for one in text.split():
            if one not in ATTACKS or not can_be_swept(one):
                allowed = ", ".join(each for each in ATTACKS if can_be_swept(each))
                raise InputError(f"these attacks can be swept over: {allowed}; what came is {one!r}")


def settings_text(method: str, settings: Mapping[str, Value]) -> str:
    """Write an attack's settings as one text: `eps=4;steps=10`, in shown units."""
    return ";".join(f"{param.name}={param.write(settings[param.name])}" for param in ATTACKS[method].params)


def written_settings(method: str, text: str) -> dict[str, Any]:
    """Read what `settings_text` wrote; settings that are not named have their defaults."""
    known, given = {param.name: param for param in ATTACKS[method].params}, {}
    for part in filter(None, text.split(";")):
        name, _, value = part.partition("=")
        if name not in known:
            raise InputError(f"{ATTACKS[method].title} has no setting {name!r}; it has: {', '.join(known)}")
        given[name] = known[name].parse(value)
    return dict(ATTACKS[method].settings(given))
