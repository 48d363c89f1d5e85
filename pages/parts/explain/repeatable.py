"""Record what a face and its maps can be made again with."""

from __future__ import annotations

from core.output.map_records import each_made_with_record
from core.output.records import Record
from core.types.compared_maps import MeasuredMap
from pages.parts.explain import map_columns
from pages.parts.session.attack_work import recorded_attack
from pages.parts.session.map_results import StoredMap
from pages.parts.session.session import Session


def face_settings(scene: map_columns.Scene) -> Record:
    """Record the detector, the frames searched, and the attack, if there is one."""
    session = scene.session
    attack = recorded_attack(session) if len(scene.both) > 1 else None
    return {"detector": session.detector.version, "frames": session.frames_searched, "attack": attack}


def map_settings(scene: map_columns.Scene) -> Record:
    """Record the same with the settings of each map."""
    columns = scene.columns
    made = each_made_with_record(measured(scene.session, columns))
    return face_settings(scene) | {"maps": map_columns.made_with(columns), "made_with": made}


def maps_by_face(column: map_columns.Column) -> list[tuple[str, StoredMap]]:
    """Pair a method's maps with the face that each is of."""
    return [(name, stored) for name, stored in zip(("clean", "attacked"), column.found, strict=False) if stored]


def measured(session: Session, columns: list[map_columns.Column]) -> list[MeasuredMap]:
    """Return all maps with the metrics that were measured on them."""
    return [
        MeasuredMap(face, stored.attribution, stored.key.seed, tuple(map_columns.metrics_of(session, stored)))
        for column in columns
        for face, stored in maps_by_face(column)
    ]
