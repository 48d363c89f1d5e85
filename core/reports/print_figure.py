"""Make a paper figure of faces and maps, with metadata and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch

from ..attacks import ATTACKS
from ..detectors import Detector
from ..explain import EXPLAINERS, REDUCER
from ..output import paper
from ..output.figure_record import FigureFacts, Method, Row, figure_record
from ..output.paper import map_figure
from ..output.text import MARKS, format_metric, format_settings, format_target, join_methods, percent
from ..storage.files import check_place
from ..types import AttackResult, InputError, QualityMetric, Verdict

LIBRARIES = ("matplotlib", "numpy", "torch")
Parts = tuple[list[paper.PaperFace], list[paper.PaperMaps], paper.PaperLayout]


@dataclass(frozen=True, slots=True, eq=False)
class Print:
    """Hold all parts of a figure.

    verdicts: whether the verdict stands under each face.
    metric: the quality metric under each map: its name, "own" (the method's first one with a direction), or "none".
    """

    detector: Detector
    rows: Sequence[Row]
    methods: Sequence[Method]
    layout: paper.PaperLayout
    verdicts: bool = True
    metric: str = "own"

    @property
    def title(self) -> str:
        """Return the file's title."""
        return f"Maps of {self._detector}"

    @property
    def _detector(self) -> str:
        return self.detector.card.title

    @property
    def measure(self) -> str:
        """Name what stands under the faces."""
        if not self.verdicts:
            return ""
        return "verdict, P(manipulated)" if all(row.verdict.calibrated for row in self.rows) else "verdict, score"

    def parts(self) -> Parts:
        """Return what is drawn: faces, maps with their lines, and the layout."""
        if not self.methods:
            raise InputError("Choose at least one map for the figure.")
        if self.metric not in ("own", "none", *(known := self.known())):
            came = f"what came is {self.metric!r}"
            raise InputError(f"the figure under each map is own, none, or one of {', '.join(known)}; {came}")
        faces = [
            paper.PaperFace(row.name, row.crop, (_verdict(row.verdict),) if self.verdicts else ()) for row in self.rows
        ]
        return faces, [self._maps(method) for method in self.methods], self.layout

    def known(self) -> list[str]:
        """List the names of all metrics measured on any of the maps."""
        return list(dict.fromkeys(f.name for method in self.methods for found in method.quality for f in found))

    def _maps(self, method: Method) -> paper.PaperMaps:
        chosen = _chosen(method, self.metric)
        first = next((figure for figure in chosen if figure), None)
        return paper.PaperMaps(
            EXPLAINERS[method.name].title,
            method.maps[0].signed,
            tuple(one.map for one in method.maps),
            tuple((format_metric(figure),) if figure else () for figure in chosen),
            f"{first.name}\N{NO-BREAK SPACE}{MARKS[first.better]}".rstrip() if first else "",
        )

    def file(self, kind: str, *, dpi: int | None = None) -> bytes:
        """Write the figure as a file, with its record in the metadata."""
        return paper.grid_file(
            *self.parts(),
            kind=kind,
            title=self.title,
            measure=self.measure,
            record=figure_record(self.facts()),
            dpi=dpi,
        )

    def facts(self) -> FigureFacts:
        """Collect how this very figure can be made again."""
        return FigureFacts(
            versions={name: version(name) for name in LIBRARIES},
            threads=torch.get_num_threads(),
            detector=self.detector.version,
            reducer=REDUCER,
            layout=self.layout,
            rows=tuple(self.rows),
            methods=tuple(self.methods),
        )

    def caption(self) -> str:
        """Write a draft caption: contents, methods, reading, sources."""
        *most, last = [f"“{row.name}”" for row in self.rows]
        names = f"the faces {', '.join(most)} and {last}" if most else f"the face {last}"
        attacks = "; ".join(dict.fromkeys(_attack(row.attack) for row in self.rows if row.attack))
        kinds = join_methods(
            [
                (format_settings(EXPLAINERS[m.name], m.maps[0].settings), format_target(m.maps[0].target, m.seed))
                for m in self.methods
            ]
        )
        scale = "one colour scale a method" if self.layout.shared else "each map has a colour scale of its own"
        change = (
            f" Difference: attacked minus clean, of the faces {self.layout.factor} times amplified about grey."
            if self.layout.differences
            else ""
        )
        under = (
            " Under each map stands the metric that is named above it (↓ lower is better, ↑ higher, →1 near one)."
            if any(part.measure for part in self.parts()[1])
            else ""
        )
        sources = "; ".join(
            f"{EXPLAINERS[method.name].title}: {EXPLAINERS[method.name].source}" for method in self.methods
        )
        return (
            f"Maps of {self._detector} ({self.detector.version}) for {names}."
            f"{f' Attack: {attacks}.' if attacks else ''}{change} Maps: {kinds}. From channels to a map: {REDUCER}; "
            f"{scale}, ending at the 99.5% quantile of the absolute values, beyond which the colour stays. Red raises "
            f"the explained output, blue lowers it.{under} The maps show what moved the detector's score, not where "
            f"the image was edited. Sources: {sources}."
        )


def pairs(rows: Sequence[Row]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of rows of one face without and with an attack."""
    return tuple((row.clean, number) for number, row in enumerate(rows) if row.clean is not None)


def kind_of(out: Path) -> str:
    """Return the file type that a name requests; `InputError` where none can be written."""
    kind = out.suffix.lower().removeprefix(".")
    if kind not in map_figure.KINDS:
        *most, last = (f".{one}" for one in map_figure.KINDS)
        raise InputError(f"a figure is written as {', '.join(most)} or {last}; what came is {out.name!r}")
    check_place(out)
    return kind


def _verdict(verdict: Verdict) -> str:
    return f"{verdict.band}, {percent(verdict.p_fake) if verdict.calibrated else f'{verdict.p_fake:.2f}'}"


def _chosen(method: Method, which: str) -> list[QualityMetric | None]:
    """Choose the metric under each of a method's maps.

    Of its own ones, one with a direction before a plain fact.
    """
    if which == "own":
        first = sorted(method.quality[0], key=lambda figure: figure.better not in ("lower", "near one"))
        which = first[0].name if first else "none"
    return [next((figure for figure in found if figure.name == which), None) for found in method.quality]


def _attack(result: AttackResult) -> str:
    return f"{format_settings(ATTACKS[result.attack], result.settings)}, seed {result.seed}"
