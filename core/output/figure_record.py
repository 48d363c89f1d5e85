"""Record how a paper figure of faces and maps can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..types import Array, AttackResult, Attribution, Face, Media, QualityMetric, Verdict, content_id
from . import records
from .paper.page_layout import PaperLayout
from .records import Record


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Hold a face of the figure.

    crop: (H, W, 3) uint8; face: of a medium, before any attack.
    attack: that was applied; clean: index of the row without it, if there is one.
    """

    name: str
    crop: Array
    verdict: Verdict
    face: Face
    media: Media
    attack: AttackResult | None = None
    clean: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """Hold one method's maps, one a row, with equal settings, target and seed.

    quality: the metrics of each map.
    """

    maps: tuple[Attribution, ...]
    seed: int
    quality: tuple[tuple[QualityMetric, ...], ...]

    @property
    def name(self) -> str:
        """Return the registered name."""
        return self.maps[0].method


@dataclass(frozen=True, slots=True, eq=False)
class FigureFacts:
    """Hold what a figure is made of, and by what.

    versions: of the libraries; threads: of torch; detector: its version; reducer: from channels to a map.
    """

    versions: Mapping[str, str]
    threads: int
    detector: str
    reducer: str
    layout: PaperLayout
    rows: tuple[Row, ...]
    methods: tuple[Method, ...]


def figure_record(facts: FigureFacts) -> Record:
    """Record a figure, without times: the same figure gives the same file."""
    return {
        "software": "Prosopon",
        "versions": dict(facts.versions),
        "threads": facts.threads,
        "detector": facts.detector,
        "reducer": facts.reducer,
        "layout": asdict(facts.layout),
        "faces": [_row_record(row) for row in facts.rows],
        "maps": {
            method.name: {
                "settings": dict(method.maps[0].settings),
                "target": method.maps[0].target,
                "seed": method.seed,
                "quality": [records.quality_record(found)["quality"] for found in method.quality],
            }
            for method in facts.methods
        },
    }


def _row_record(row: Row) -> Record:
    attack: Mapping[str, Any] = records.attack_record(row.attack) if row.attack else {}
    return {
        "name": row.name,
        "media": row.media.id,
        "face": records.face_record(row.face),
        "crop": content_id(row.crop),
        "verdict": records.verdict_record(row.verdict),
        "attack": {key: value for key, value in attack.items() if key != "seconds"} or None,
        "clean": row.clean,
    }
