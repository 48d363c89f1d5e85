"""Compute maps of faces inside of a job, and keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core import pipeline
from core.detectors import Detector
from core.engine.jobs import Job
from core.engine.results import ResultKey
from core.explain import EXPLAINERS
from core.progress import ForwardedProgress, Progress
from core.types import Array, Attribution, Settings, Target
from pages.parts.session.map_results import keep_map, map_key
from pages.parts.session.session import Session


@dataclass(frozen=True, slots=True, eq=False)
class PlannedMaps:
    """Hold maps with all settings that they depend on.

    methods: their names; values: settings by method, where not the default ones; target: the explained output; seed:
    of what they sample.
    """

    methods: tuple[str, ...]
    values: Mapping[str, Settings]
    target: Target
    seed: int

    def key(self, of: str, detector: str, method: str) -> ResultKey[Attribution]:
        """Name one of the maps, by the crop's SHA-256 and the detector's version."""
        settings = EXPLAINERS[method].settings(self.values.get(method))
        return map_key(of, detector, method, settings, self.target, self.seed)


@dataclass(frozen=True, slots=True, eq=False)
class MapsToMake:
    """Hold of which face which maps are made.

    name: "clean" or "attacked"; crop: (H, W, 3) uint8; of: its id; methods: names of the maps.
    """

    name: str
    crop: Array
    of: str
    methods: Sequence[str]


def maps_in_job(session: Session, job: Job, sides: Sequence[MapsToMake], plan: PlannedMaps, detector: Detector) -> None:
    """Compute maps of some faces; a stop keeps those that are there.

    Args:
        session: keeps them.
        job: counts them.
        sides: the faces, each with the methods that are asked for.
        plan: the settings.
        detector: the one that is explained.
    """
    done = 0
    for side in sides:
        if job.should_stop():
            return
        progress = _SideProgress(job, done, side)
        progress.tell(0)
        wanted = {name: dict(plan.values.get(name, {})) for name in side.methods}
        found = pipeline.explain_all(detector, side.crop, wanted, target=plan.target, seed=plan.seed, progress=progress)
        for one in found:
            keep_map(session, plan.key(side.of, detector.version, one.method), one)
        done += len(side.methods)


class _SideProgress(ForwardedProgress):
    """Name the map that is computed next, and count it."""

    __slots__ = ("before", "side")

    def __init__(self, to: Progress, before: int, side: MapsToMake) -> None:
        super().__init__(to)
        self.before, self.side = before, side

    def tell(self, done: int, total: int | None = None, text: str = "") -> None:
        names = self.side.methods
        now = EXPLAINERS[names[min(done, len(names) - 1)]].title
        self.to.tell(self.before + done, text=f"{now} of “{self.side.name}”, maps done")
