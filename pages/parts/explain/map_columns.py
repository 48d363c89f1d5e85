"""The maps that the page Explain shows: of which faces, made with which settings, and whether those are still set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core import pipeline
from core.engine import jobs, results
from core.explain import EXPLAINERS
from core.output import screen
from core.output.text import MARKS, said_once, settings_words, tail_words
from core.output.text import honesty_value as value
from core.types import Array, Attribution, Honesty, Judged, Verdict, content_id
from pages.parts.session import session

BETTER = {"lower": "Lower is better.", "higher": "Higher is better.", "near one": "Near one is better.", "": ""}
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
    found: tuple[tuple[results.Key, Attribution] | None, ...]
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
    def whole(self) -> bool:
        """Whether there is a map of every side, all made with the same settings."""
        return None not in self.found and len({pair[0][3:] for pair in self.found if pair}) == 1

    @property
    def alike(self) -> bool:
        """Whether there is a map of each of two sides, both made with the same settings."""
        return len(self.found) == 2 and self.whole

    @property
    def difference(self) -> Array | None:
        """Attacked minus clean (H, W), where both were made alike."""
        return self.maps[1].map - self.maps[0].map if self.alike else None

    @property
    def settings(self) -> str:
        """The method with the settings that its maps were made with."""
        return settings_words(EXPLAINERS[self.method], self.maps[0].settings)

    @property
    def tail(self) -> str:
        """The output that the maps explain, and their seed."""
        key, one = next(pair for pair in self.found if pair)
        return tail_words(one.target, key[5])


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a tab draws: the desk, the face in focus, its sides and their maps; `slots`: where work shows itself."""

    desk: session.Desk
    item: Judged
    both: list[Side]
    columns: list[Column]
    slots: dict[str, Any] = field(default_factory=dict)  # kind of work -> a place on the page


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What the strip measured of a map; `whole` False when it was stopped on the way."""

    figures: tuple[Honesty, ...]
    whole: bool


def sides(desk: session.Desk, item: Judged) -> list[Side]:
    """The clean face and, if there is one, the attacked face."""
    assert item.verdict
    found = [Side("clean", item.face.crop, content_id(item.face.crop), item.verdict)]
    if result := desk.attack_result():
        crop = pipeline.attacked_crop(result)
        found.append(Side("attacked", crop, content_id(crop), result.after))
    return found


def key(desk: session.Desk, side: Side, method: str) -> results.Key:
    """The key of the map that the settings on the screen ask for."""
    choice = desk.maps
    settings = EXPLAINERS[method].settings(choice.values.get(method))
    return desk.map_key(side.of, method, settings, choice.target, choice.seed)


def columns(desk: session.Desk, both: list[Side]) -> list[Column]:
    """The chosen methods that have a map of the clean face: as set on the screen, else as it was made last."""
    return [found for method in desk.maps.methods if (found := column(desk, both, method)).found[0]]


def column(desk: session.Desk, sides: Sequence[Side], method: str) -> Column:
    """The maps by one method that there are of these sides: as set on the screen, else as they were made last."""
    wanted = [key(desk, side, method) for side in sides]
    pairs = tuple(
        (one, found) if (found := desk.results.get(one)) is not None else desk.latest_map(side.of, method)
        for side, one in zip(sides, wanted, strict=True)
    )
    stale = any(pair is not None and pair[0] != one for pair, one in zip(pairs, wanted, strict=True))
    return Column(method, pairs, stale)


def todo(desk: session.Desk, sides: Sequence[Side], methods: Sequence[str]) -> list[tuple[Side, list[str]]]:
    """The methods that have no map with the settings on the screen, a side at a time."""
    return [(side, [name for name in methods if desk.results.get(key(desk, side, name)) is None]) for side in sides]


def start(desk: session.Desk, todo: list[tuple[Side, list[str]]], *, kind: str = "maps") -> None:
    """Compute maps with the settings on the screen, in the background."""
    choice, detector = desk.maps, desk.detector
    values, target, seed = dict(choice.values), choice.target, choice.seed
    keys = {(side.of, name): key(desk, side, name) for side, names in todo for name in names}

    def work(job: jobs.Job) -> None:
        done = 0
        for side, names in todo:

            def told(count: int, _: int, done: int = done, side: Side = side, names: list[str] = names) -> None:
                now = EXPLAINERS[names[min(count, len(names) - 1)]].title
                job.tell(done + count, text=f"{now} of “{side.name}”, maps done")

            if names and not job.halt.is_set():
                told(0, 0)
                wanted = {name: values.get(name, {}) for name in names}
                found = pipeline.explain_all(
                    detector, side.crop, wanted, target=target, seed=seed, progress=told, should_stop=job.halt.is_set
                )
                for one in found:
                    desk.keep_map(keys[side.of, one.method], one)
                done += len(names)

    desk.start(kind, "Computing maps", work, total=len(keys))


def worth_key(of_map: results.Key) -> results.Key:
    """The key of what a map was measured to be worth."""
    return ("worth", *of_map[1:])


def figures_of(desk: session.Desk, pair: tuple[results.Key, Attribution]) -> tuple[Honesty, ...]:
    """All figures of a map that were measured: its own, and the strip's once that was asked for; each name once."""
    worth: Worth | None = desk.results.get(worth_key(pair[0]))
    more = worth.figures if worth else ()
    return tuple({figure.name: figure for figure in (*pair[1].honesty, *more)}.values())


def said(figure: Honesty) -> str:
    """A figure's number, with the direction that is better."""
    return value(figure) if figure.degenerate else f"{value(figure)} {MARKS[figure.better]}".strip()


def meaning(figure: Honesty) -> str:
    """A figure's sentence, and which direction is better; why it is degenerate, if so."""
    why = f" Degenerate here: {figure.degenerate}" if figure.degenerate else ""
    return f"{figure.name}: {figure.meaning} {BETTER[figure.better]}{why}".replace("  ", " ").strip()


def scales(column: Column, *, shared: bool) -> list[float]:
    """The end of the colours of each map that there is: one for all, or each its own."""
    maps = [one.map for one in column.maps]
    return [screen.scale_of(maps)] * len(maps) if shared else [screen.scale_of([one]) for one in maps]


def made_with(columns: list[Column]) -> str:
    """What the maps of several methods were made with; what they all share is said once."""
    return said_once([(column.settings, column.tail) for column in columns])
