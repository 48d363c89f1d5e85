"""Collect the maps that the page Explain shows, and whether they are current."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core import pipeline
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.output.text import MARKS, format_metric, format_settings, format_target, join_methods
from core.types import Array, Attribution, JudgedFace, QualityMetric, Verdict
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.crop_ids import crop_id
from pages.parts.session.kept_attacks import latest_attack
from pages.parts.session.map_results import StoredMap, stored_map
from pages.parts.session.map_work import MapsToMake, PlannedMaps, maps_in_job
from pages.parts.session.session import Session
from pages.parts.session.shown_weights import weights_shown
from pages.parts.widgets.drawn_maps import map_scale

BETTER = {"lower": "Lower is better.", "higher": "Higher is better.", "near one": "Near one is better.", "": ""}
ARROWS = "↓ lower is better, ↑ higher is better, →1 near one is better"


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Hold the clean or the attacked face: name, crop (H, W, 3) uint8, id, verdict.

    attack: the name of the one that made it; empty where none did.
    """

    name: str
    crop: Array
    of: str
    verdict: Verdict
    attack: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Hold one method's maps, one a side, with their keys; None where missing."""

    method: str
    found: tuple[StoredMap | None, ...]
    stale: bool  # made with other settings than those on the screen

    @property
    def title(self) -> str:
        """Return the method's name for people."""
        return EXPLAINERS[self.method].title

    @property
    def maps(self) -> list[Attribution]:
        """Return the existing maps, the clean one first."""
        return [stored.attribution for stored in self.found if stored]

    @property
    def whole(self) -> bool:
        """Tell whether every side has a map, all with the same settings."""
        first, *others = self.found
        return first is not None and all(other is not None and other.key.made_as(first.key) for other in others)

    @property
    def alike(self) -> bool:
        """Tell whether both of two sides have a map, with the same settings."""
        return len(self.found) == 2 and self.whole

    @property
    def difference(self) -> Array | None:
        """Attacked minus clean (H, W), where both were made alike."""
        return self.maps[1].map - self.maps[0].map if self.alike else None

    @property
    def settings(self) -> str:
        """Name the method with the settings that its maps were made with."""
        return format_settings(EXPLAINERS[self.method], self.maps[0].settings)

    @property
    def tail(self) -> str:
        """Name the output that the maps explain, and their seed."""
        stored = next(stored for stored in self.found if stored)
        return format_target(stored.attribution.target, stored.key.seed)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Hold what a tab draws: session, face in focus, sides, maps."""

    session: Session
    judged: JudgedFace
    both: list[Side]
    columns: list[Column]

    @property
    def weights(self) -> dict[str, str]:
        """Return the SHA-256 of the weights behind both faces and their maps."""
        return weights_shown(self.session, [side.attack for side in self.both if side.attack])


@dataclass(frozen=True, slots=True, eq=False)
class KeptQuality:
    """Hold a map's measured quality; `whole` False after a stop."""

    metrics: tuple[QualityMetric, ...]
    whole: bool


def sides(session: Session, judged: JudgedFace) -> list[Side]:
    """Return the clean face and, if there is one, the attacked face."""
    assert judged.verdict
    found = [Side("clean", judged.face.crop, crop_id(judged.face.crop), judged.verdict)]
    if result := latest_attack(session):
        crop = pipeline.attacked_crop(result)
        found.append(Side("attacked", crop, crop_id(crop), result.after, result.attack))
    return found


def wanted_key(session: Session, side: Side, method: str) -> ResultKey[Attribution]:
    """Return the key of the map that the current settings request."""
    choice = session.page_state(MapSettings)
    plan = PlannedMaps(choice.methods, choice.values, choice.target, choice.seed)
    return plan.key(side.of, session.detector.version, method)


def columns(session: Session, both: list[Side]) -> list[Column]:
    """Return the chosen methods that have a map of the clean face.

    With the current settings, else as made last.
    """
    return [
        found for method in session.page_state(MapSettings).methods if (found := column(session, both, method)).found[0]
    ]


def column(session: Session, sides: Sequence[Side], method: str) -> Column:
    """Return one method's maps of these sides.

    With the current settings, else as made last.
    """
    wanted = [wanted_key(session, side, method) for side in sides]
    found = tuple(stored_map(session, key) for key in wanted)
    stale = any(stored is not None and stored.key != key for stored, key in zip(found, wanted, strict=True))
    return Column(method, found, stale)


def todo(session: Session, sides: Sequence[Side], methods: Sequence[str]) -> list[tuple[Side, list[str]]]:
    """List the methods without a map of the current settings, by side."""
    return [
        (side, [name for name in methods if session.results.get(wanted_key(session, side, name)) is None])
        for side in sides
    ]


def start(session: Session, todo: list[tuple[Side, list[str]]], *, kind: str = "maps") -> None:
    """Compute maps with the settings on the screen, in the background."""
    choice, detector = session.page_state(MapSettings), session.detector
    plan = PlannedMaps(choice.methods, dict(choice.values), choice.target, choice.seed)
    sides = [MapsToMake(side.name, side.crop, side.of, names) for side, names in todo if names]

    def work(job: Job) -> None:
        maps_in_job(session, job, sides, plan, detector)

    session.start(kind, "Computing maps", work, total=sum(len(side.methods) for side in sides))


def quality_key(of_map: ResultKey[Attribution]) -> ResultKey[KeptQuality]:
    """Name the measured quality of a map."""
    key: ResultKey[KeptQuality] = ResultKey("worth", of_map.of, of_map.detector, of_map.method)
    return key.with_settings(dict(of_map.settings), of_map.seed)


def metrics_of(session: Session, stored: StoredMap) -> tuple[QualityMetric, ...]:
    """Return all metrics measured on a map, each name once."""
    measured = session.results.get(quality_key(stored.key))
    more = measured.metrics if measured else ()
    return tuple({metric.name: metric for metric in (*stored.attribution.quality, *more)}.values())


def said(metric: QualityMetric) -> str:
    """Format a metric with the direction that is better."""
    return format_metric(metric) if metric.degenerate else f"{format_metric(metric)} {MARKS[metric.better]}".strip()


def meaning(metric: QualityMetric) -> str:
    """Explain a metric and its direction, or why it is degenerate."""
    why = f" Degenerate here: {metric.degenerate}" if metric.degenerate else ""
    return f"{metric.name}: {metric.meaning} {BETTER[metric.better]}{why}".replace("  ", " ").strip()


def scales(column: Column, *, shared: bool) -> list[float]:
    """Return the end of each map's colours: one for all, or each its own."""
    maps = [one.map for one in column.maps]
    return [map_scale(maps)] * len(maps) if shared else [map_scale([one]) for one in maps]


def made_with(columns: list[Column]) -> str:
    """Say what the maps were made with; what all share is said once."""
    return join_methods([(column.settings, column.tail) for column in columns])
