"""Register methods: plain functions with keyword-only settings, declared as data beside them."""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .types import InputError, Settings, UnknownName

F = TypeVar("F", bound=Callable[..., Any])
X = TypeVar("X")
Value = float | int | bool | str
SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Param:
    """Declare one setting: its default, allowed range or choices, and how it is shown.

    low, high: inclusive range; choices: allowed values. A text without choices is free.
    scale: factor from stored to shown values (eps is kept in [0, 1] and shown in 1/255).
    step: step of the input field, in shown units.
    """

    name: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    scale: float = 1.0
    step: float | None = None

    def check(self, value: Value) -> Value:
        """Return `value` as the default's type, or raise an `InputError` that names the range."""
        if self.choices:
            if value not in self.choices:
                raise InputError(f"{self.name} has to be one of {', '.join(self.choices)}; what came is {value!r}")
            return value
        kind = type(self.default)
        if kind is str:
            if not isinstance(value, str) or not value.strip():
                raise InputError(f"{self.name} has to be a text; what came is {value!r}")
            return value.strip()
        if isinstance(value, bool) != (kind is bool) or not isinstance(value, (int, float)):
            raise InputError(f"{self.name} has to be {kind.__name__}; what came is {value!r}")
        if kind is int and not float(value).is_integer():
            raise InputError(f"{self.name} has to be a whole number; what came is {value!r}")
        if kind is not bool and not self._inside(float(value)):
            low, high = (None if v is None else round(v * self.scale, 6) for v in (self.low, self.high))
            shown = f"{value * self.scale:g}"
            unit = f" {self.unit}" if self.unit else ""
            raise InputError(f"{self.name} has to lie between {low:g} and {high:g}{unit}; what came is {shown}")
        return kind(value if kind is bool else self._clamped(value))

    def parse(self, text: str) -> Value:
        """Read a value as people write it, in shown units, and check it.

        Examples: eps in 1/255, a switch as true or false.
        """
        text = text.strip()
        if self.choices or isinstance(self.default, str):
            return self.check(text)
        if isinstance(self.default, bool):
            if text.lower() not in SWITCH:
                raise InputError(f"{self.name} has to be true or false; what came is {text!r}")
            return SWITCH[text.lower()]
        try:
            value = float(text)
        except ValueError:
            unit = f" ({self.unit})" if self.unit else ""
            raise InputError(f"{self.name} has to be a number{unit}; what came is {text!r}") from None
        return self.check(value / self.scale)

    def write(self, value: Value) -> str:
        """Write a value in shown units so that `parse` reads the very same one."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return value
        shown = value * self.scale
        near = (shown, math.nextafter(shown, -math.inf), math.nextafter(shown, math.inf))
        short = [f"{shown:.{digits}f}" for digits in range(16)] if abs(shown) < 1e15 else []
        for text in (*short, *map(repr, near)):
            if float(text) / self.scale == value:
                return text
        return repr(shown)

    def _clamped(self, value: float) -> float:
        """Move what lies outside by rounding to the end of the range."""
        value = value if self.low is None else max(value, self.low)
        return value if self.high is None else min(value, self.high)

    def _inside(self, value: float) -> bool:
        slack = 1e-9
        low = -float("inf") if self.low is None else self.low - slack
        high = float("inf") if self.high is None else self.high + slack
        return low <= value <= high


def import_all(package: str, first: Sequence[str] = ()) -> None:
    """Import every module of a package, so that each registers what it defines.

    The modules `first` come first, in this order; the others by their names.
    """
    found = {module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)}
    for name in (*first, *sorted(found - {*first})):
        importlib.import_module(f"{package}.{name}")


@dataclass(frozen=True, slots=True)
class NoFacts:
    """Say that a registry's entries have no further facts."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[F, X]):
    """A registered method: its function, title, source (paper, equation), settings and typed facts."""

    name: str
    title: str
    source: str
    params: tuple[Param, ...]
    function: F
    facts: X

    def settings(self, given: Settings | None = None) -> dict[str, Value]:
        """Return all settings, `given` over the defaults, each checked."""
        given = dict(given or {})
        known = {param.name: param for param in self.params}
        unknown = sorted(given.keys() - known.keys())
        if unknown:
            allowed = ", ".join(known) or "none"
            raise InputError(f"{self.name} has no setting {', '.join(unknown)}; its settings are: {allowed}")
        return {name: param.check(given.get(name, param.default)) for name, param in known.items()}


class Registry(Mapping[str, Entry[F, X]]):
    """Hold methods of one kind by name, in order of registration, with typed facts.

    >>> ATTACKS = Registry("attack", NoFacts)
    >>> @ATTACKS.add("nothing", title="Nothing", source="none")
    ... def nothing(model, x, y): return x
    >>> list(ATTACKS)
    ['nothing']
    """

    def __init__(self, kind: str, facts: type[X]) -> None:
        self.kind, self.facts = kind, facts
        self._entries: dict[str, Entry[F, X]] = {}

    def add(
        self, name: str, *, title: str, source: str, params: tuple[Param, ...] = (), facts: X | None = None
    ) -> Callable[[F], F]:
        """Register the decorated function; refuse duplicates and facts that do not fit.

        Args:
            name: what the method is called in scripts.
            title: what people call it.
            source: paper and equation.
            params: its settings, each a keyword-only parameter of the function.
            facts: of this registry's type; that type's defaults if not given.
        """
        if name in self._entries:
            raise ValueError(f"the {self.kind} {name!r} is registered twice")
        known = self._checked(name, facts)

        def register(function: F) -> F:
            taken = inspect.signature(function).parameters.values()
            keywords = {p.name for p in taken if p.kind is inspect.Parameter.KEYWORD_ONLY}
            declared = {p.name for p in params}
            if missing := declared - keywords:
                raise ValueError(f"{function.__name__} does not take the settings {sorted(missing)} of {name!r}")
            self._entries[name] = Entry(name, title, source, params, function, known)
            return function

        return register

    def _checked(self, name: str, facts: X | None) -> X:
        """Give an entry's facts, or refuse those that are not of this registry's type."""
        if isinstance(facts, self.facts):
            return facts
        wanted = f"the facts of the {self.kind} {name!r} have to be {self.facts.__name__}"
        if facts is not None:
            raise ValueError(f"{wanted}; what came is {type(facts).__name__}")
        try:
            return self.facts()
        except TypeError as error:
            raise ValueError(f"{wanted}; none came, and {error}") from None

    def __getitem__(self, name: str) -> Entry[F, X]:
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self._entries)
            raise UnknownName(f"there is no {self.kind} {name!r}; known are: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
