"""The maps that the page Explain shows: of which faces, made with which settings, and whether those are still set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core import figures, pipeline
from core.explain import EXPLAINERS
from core.pipeline import Judged
from core.types import Array, Attribution, Honesty, Target, Verdict, content_id
from pages import _state, _widgets

TARGETS: dict[Target, str] = {"margin": "margin: fake minus real", "fake": "output “fake”", "real": "output “real”"}
MARKS = {"lower": "↓", "higher": "↑", "near one": "→1", "": ""}
BETTER = {"lower": "Lower is better.", "higher": "Higher is better.", "near one": "Near one is better.", "": ""}
DEGENERATE = "degenerate here"
ARROWS = "↓ lower is better, ↑ higher is better, →1 near one is better"


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The clean or the attacked face: its name, the crop (H, W, 3) uint8, the crop's id and the verdict on it."""

    name: str
    crop: Array
    of: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One method's maps, one a side, with their keys; None where there is none yet."""

    method: str
    found: tuple[tuple[_state.Key, Attribution] | None, ...]
    stale: bool  # made with other settings than those on the screen

    @property
    def title(self) -> str:
        """The method's name for people."""
        return EXPLAINERS[self.method].title

    @property
    def maps(self) -> list[Attribution]:
        """The maps there are, the clean one first."""
        return [pair[1] for pair in self.found if pair]

    @property
    def alike(self) -> bool:
        """Whether there is a map of each of two sides, both made with the same settings."""
        pairs = [pair for pair in self.found if pair]
        return len(pairs) == 2 and len({key[3:] for key, _ in pairs}) == 1

    @property
    def difference(self) -> Array | None:
        """Attacked minus clean (H, W), where both were made alike."""
        return self.maps[1].map - self.maps[0].map if self.alike else None

    @property
    def settings(self) -> str:
        """The method with the settings that its maps were made with."""
        return _widgets.settings_words(EXPLAINERS[self.method], self.maps[0].settings)

    @property
    def tail(self) -> str:
        """The output that the maps explain, and their seed."""
        key, one = next(pair for pair in self.found if pair)
        return f", of the {TARGETS[one.target]}, seed {key[5]}"

    @property
    def words(self) -> str:
        """All that the maps were made with."""
        return self.settings + self.tail


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a tab draws: the desk, the face in focus, its sides and their maps; `slots`: where work shows itself."""

    desk: _state.Desk
    item: Judged
    both: list[Side]
    columns: list[Column]
    slots: dict[str, Any] = field(default_factory=dict)  # kind of work -> a place on the page


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What the strip measured of a map; `whole` False when it was stopped on the way."""

    figures: tuple[Honesty, ...]
    whole: bool


def sides(desk: _state.Desk, item: Judged) -> list[Side]:
    """The clean face and, if there is one, the attacked face."""
    assert item.verdict
    found = [Side("clean", item.face.crop, content_id(item.face.crop), item.verdict)]
    if result := desk.attack_result():
        crop = pipeline.attacked_crop(result)
        found.append(Side("attacked", crop, content_id(crop), result.after))
    return found


def key(desk: _state.Desk, side: Side, method: str) -> _state.Key:
    """The key of the map that the settings on the screen ask for."""
    choice = desk.maps
    settings = EXPLAINERS[method].settings(choice.values.get(method))
    return desk.map_key(side.of, method, settings, choice.target, choice.seed)


def columns(desk: _state.Desk, both: list[Side]) -> list[Column]:
    """The chosen methods that have a map of the clean face: as set on the screen, else as it was made last."""
    out = []
    for method in desk.maps.methods:
        wanted = [key(desk, side, method) for side in both]
        pairs = tuple(
            (one, found) if (found := desk.results.get(one)) is not None else desk.latest_map(side.of, method)
            for side, one in zip(both, wanted, strict=True)
        )
        if pairs[0]:
            stale = any(pair is not None and pair[0] != one for pair, one in zip(pairs, wanted, strict=True))
            out.append(Column(method, pairs, stale))
    return out


def worth_key(of_map: _state.Key) -> _state.Key:
    """The key of what a map was measured to be worth."""
    return ("worth", *of_map[1:])


def figures_of(desk: _state.Desk, pair: tuple[_state.Key, Attribution]) -> tuple[Honesty, ...]:
    """All figures of a map that were measured: its own, and the strip's once that was asked for; each name once."""
    worth: Worth | None = desk.results.get(worth_key(pair[0]))
    more = worth.figures if worth else ()
    return tuple({figure.name: figure for figure in (*pair[1].honesty, *more)}.values())


def said(figure: Honesty) -> str:
    """A figure's number, with the direction that is better."""
    return value(figure) if figure.degenerate else f"{value(figure)} {MARKS[figure.better]}".strip()


def value(figure: Honesty) -> str:
    """A figure's number, or that it means nothing here."""
    if figure.degenerate:
        return DEGENERATE
    whole = float(figure.value).is_integer() and abs(figure.value) >= 2  # a count
    return (f"{figure.value:.0f}" if whole else f"{figure.value:#.3g}").replace("-", "\N{MINUS SIGN}")


def meaning(figure: Honesty) -> str:
    """A figure's sentence, and which direction is better; why it is degenerate, if so."""
    why = f" Degenerate here: {figure.degenerate}" if figure.degenerate else ""
    return f"{figure.name}: {figure.meaning} {BETTER[figure.better]}{why}".replace("  ", " ").strip()


def scales(column: Column, *, shared: bool) -> list[float]:
    """The end of the colours of each map that there is: one for all, or each its own."""
    maps = [one.map for one in column.maps]
    return [figures.scale_of(maps)] * len(maps) if shared else [figures.scale_of([one]) for one in maps]


def made_with(columns: list[Column]) -> str:
    """What the maps of several methods were made with; what they all share is said once."""
    if len(tails := {column.tail for column in columns}) == 1:
        return "; ".join(column.settings for column in columns) + ", all " + tails.pop().removeprefix(", ")
    return "; ".join(column.words for column in columns)
