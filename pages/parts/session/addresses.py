"""Write what a page shows into its address, and read it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from core.attacks import ATTACKS
from core.explain import EXPLAINERS
from core.output.text import TARGETS
from core.registry import Entry, Param, Value
from core.types import InputError
from pages.parts.session.address_groups import GROUPS, LONGEST, SEED, read_group
from pages.parts.session.attack_work import PlannedAttack
from pages.parts.session.map_work import PlannedMaps

T = TypeVar("T")
FILE, FACE, BY, FRAMES = "file", "face", "by", "frames"
ATTACK, MAPS, ONE, TAB = "attack", "maps", "map", "tab"
STOP_AT = Param("stop_at", 0.9, 0.5, 1.0)
PLACE = Param(FACE, 0, 0, 99_999)
COUNT = Param(FRAMES, 16, 1, 500)
TARGET = Param("target", "margin", choices=tuple(TARGETS))
HASH, VERSION = r"[0-9a-f]{64}", r"[\w.-]{1,80}:\w{1,64}:\w{1,64}"


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """Hold what an address asks for; None where it does not say.

    file: SHA-256; face: index of the face in focus; by: version of the detector; frames: judged of a video; attack: the
    one on that face; maps: of the clean and the attacked face; one: the map that is large; tab: the open one;
    problems: what in it could not be read; groups: settings of longer work, by the name of its group.
    """

    file: str
    face: int | None = None
    by: str | None = None
    frames: int | None = None
    attack: PlannedAttack | None = None
    maps: PlannedMaps | None = None
    one: str | None = None
    tab: str | None = None
    problems: tuple[str, ...] = ()
    groups: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def read_address(query: Mapping[str, str]) -> Address | None:
    """Read the query of an address; None where it names no file.

    A part that cannot be read is left out, and said in `problems`.
    """
    if not query.get(FILE):
        return None
    problems: list[str] = []

    def part(read: Callable[[], T]) -> T | None:
        try:
            return read()
        except InputError as error:
            problems.append(str(error))
            return None

    file = part(lambda: _matched(query, FILE, HASH, "the SHA-256 of a file, 64 hex digits"))
    by = part(lambda: _matched(query, BY, VERSION, "the version of a detector, as NAME:WEIGHTS:CALIBRATION"))
    attack = part(lambda: _attack(query))
    maps = part(lambda: _maps(query))
    groups = {name: part(partial(read_group, query, group)) or {} for name, group in GROUPS.items()}
    return Address(
        file or "",
        part(lambda: _whole(query, PLACE)),
        by,
        part(lambda: _whole(query, COUNT)),
        attack,
        maps,
        part(lambda: _one_of(query, maps.methods)) if maps else None,
        part(lambda: _text(query, TAB)),
        tuple(problems),
        {name: values for name, values in groups.items() if values},
    )


def attack_values(plan: PlannedAttack | None) -> dict[str, str]:
    """Write an attack as values of a query."""
    if plan is None:
        return {}
    stop = {} if plan.stop_at is None else {f"{ATTACK}.{STOP_AT.name}": STOP_AT.write(plan.stop_at)}
    written = _settings_values(ATTACKS[plan.method], plan.settings)
    return {ATTACK: plan.method, **written, f"{ATTACK}.{SEED.name}": SEED.write(plan.seed), **stop}


def map_values(plan: PlannedMaps | None, one: str | None = None) -> dict[str, str]:
    """Write maps as values of a query, and which of them is large."""
    if plan is None or not plan.methods:
        return {}
    found = {MAPS: " ".join(plan.methods)}
    for name in plan.methods:
        found |= _settings_values(EXPLAINERS[name], EXPLAINERS[name].settings(plan.values.get(name)))
    found |= {f"{MAPS}.{TARGET.name}": plan.target, f"{MAPS}.{SEED.name}": SEED.write(plan.seed)}
    return found | ({ONE: one} if one in plan.methods else {})


def is_ours(key: str) -> bool:
    """Tell whether a key of a query is one of an address."""
    return key in (FILE, FACE, BY, FRAMES) or is_of_attack(key) or is_of_maps(key)


def is_of_attack(key: str) -> bool:
    """Tell whether a key of a query is about the attack."""
    return key.split(".")[0] in (ATTACK, *ATTACKS)


def is_of_maps(key: str) -> bool:
    """Tell whether a key of a query is about maps, longer work, or tabs."""
    return key.split(".")[0] in (MAPS, ONE, TAB, *GROUPS, *EXPLAINERS)


def _settings_values(entry: Entry[Any, Any], settings: Mapping[str, Value]) -> dict[str, str]:
    return {f"{entry.name}.{param.name}": param.write(settings[param.name]) for param in entry.params}


def _attack(query: Mapping[str, str]) -> PlannedAttack | None:
    name = _text(query, ATTACK)
    if name is None:
        return None
    settings = _settings(query, ATTACKS[name])
    seed = _named(query, ATTACK, SEED)
    several = ATTACKS[name].facts.passes(settings)[0] > 1
    stop_at = _named(query, ATTACK, STOP_AT) if several else None
    return PlannedAttack(name, settings, int(seed or 0), None if stop_at is None else float(stop_at))


def _maps(query: Mapping[str, str]) -> PlannedMaps | None:
    names = tuple(dict.fromkeys((_text(query, MAPS) or "").split()))
    if not names:
        return None
    values = {name: _settings(query, EXPLAINERS[name]) for name in names}
    target = next(one for one in TARGETS if one == (_named(query, MAPS, TARGET) or TARGET.default))
    return PlannedMaps(names, values, target, int(_named(query, MAPS, SEED) or 0))


def _one_of(query: Mapping[str, str], methods: tuple[str, ...]) -> str | None:
    one = _text(query, ONE)
    if one is not None and one not in methods:
        raise InputError(f"{ONE} has to be one of {', '.join(methods)}; what came is {one!r}")
    return one


def _settings(query: Mapping[str, str], entry: Entry[Any, Any]) -> dict[str, Value]:
    """Read a method's settings; those that are not named have their defaults."""
    known = {param.name: param for param in entry.params}
    given = {}
    for key in query:
        method, dot, name = key.partition(".")
        if dot and method == entry.name:
            given[name] = _read(query, key, known[name]) if name in known else _text(query, key) or ""
    return entry.settings(given)


def _named(query: Mapping[str, str], group: str, param: Param) -> Value | None:
    key = f"{group}.{param.name}"
    return _read(query, key, param) if query.get(key) else None


def _whole(query: Mapping[str, str], param: Param) -> int | None:
    return int(_read(query, param.name, param)) if query.get(param.name) else None


def _read(query: Mapping[str, str], key: str, param: Param) -> Value:
    try:
        return param.parse(_text(query, key) or "")
    except InputError as error:
        raise InputError(f"{key}: {error}") from None


def _matched(query: Mapping[str, str], key: str, pattern: str, what: str) -> str | None:
    text = _text(query, key)
    if text is not None and not re.fullmatch(pattern, text):
        raise InputError(f"{key} has to be {what}; what came is {text!r}")
    return text


def _text(query: Mapping[str, str], key: str) -> str | None:
    """Return a value of a query; None where it is empty or not there."""
    text = query.get(key, "").strip()
    if len(text) > LONGEST:
        raise InputError(f"{key} has at most {LONGEST} letters; what came has {len(text)}")
    return text or None
