"""What the tests of replayed pages share: an attacked desk, a bundle of what it showed, and lies."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import torch

from core import pipeline
from core.attacks import AttackCallbacks
from core.cases.bundle import export_case
from core.cases.case_folder import new_case
from core.cases.comparison import Replay
from core.engine.case_work import add_records, replay_bundle
from core.output.shown_record import ShownRecord
from pages.parts.session.kept_attacks import keep_attack
from pages.parts.session.session import Session
from pages.parts.session.shown_records import held_of_file


def attacked_desk(path: Path, *, frames: int = 16) -> Session:
    """A desk with this file open, and an attack on its face in focus."""
    desk = Session(frames=frames)
    desk.media = pipeline.open_media(path, frames=frames)
    desk.faces = pipeline.analyse(desk.media, desk.detector, frames=frames)
    assert desk.focused
    face = desk.focused.face
    result = pipeline.attack(
        desk.detector, face.crop, "pgd", {"steps": 5}, seed=3, callbacks=AttackCallbacks(stop_confidence=0.9)
    )
    keep_attack(desk, face.id, desk.detector.version, result, 0.9)
    return desk


def held(desk: Session, kind: str) -> ShownRecord:
    """The one record of a kind that pages handed in."""
    (found,) = (one for one in held_of_file(desk) if one.kind == kind)
    return found


def kept(root: Path, file: Path, records: list[ShownRecord]) -> Path:
    """Keep records in a new case, and export it."""
    torch.set_num_threads(1)  # as the jobs have that made the records: Numba gives its own number to this thread
    root.mkdir(exist_ok=True)
    case = new_case(root / "case", "Case", actor="Ada")
    exhibit, _ = case.add_file(file)
    assert add_records(case, records, exhibit) == len(records)
    export_case(case, root / "bundle.zip")
    return root / "bundle.zip"


def replayed(root: Path, file: Path, *records: ShownRecord) -> Replay:
    """Compute records again from a bundle."""
    return replay_bundle(kept(root, file, list(records)))


def changed(one: ShownRecord, at: str, value: Any) -> ShownRecord:
    """The record with another value at a place such as "results/attack/stopped"."""
    whole = json.loads(one.text())
    *path, last = (int(key) if key.isdigit() else key for key in at.split("/"))
    inside = functools.reduce(lambda found, key: found[key], path, whole)
    inside[last] = value
    return ShownRecord(whole["kind"], whole["words"], whole["settings"], whole["results"], one.files)


def check_repeated(record: ShownRecord, file: Path, root: Path, *, at: str, left: tuple[str, ...] = ()) -> None:
    """Check that a record is computed again bit by bit, and that another number in it is found.

    `at`: the place of that number; left: what is named as not computed again.
    """
    place = f"results/E1/{record.kind}-1"
    found = replayed(root / "same", file, record)
    assert found.differences == [], found.differences
    assert found.not_again == [f"{place}{name}" for name in left]
    assert list(found.tolerance.values()) == [0.0]
    number = functools.reduce(
        lambda inside, key: inside[int(key) if key.isdigit() else key], at.split("/"), json.loads(record.text())
    )
    assert isinstance(number, (int, float))
    lie = changed(record, at, number + 0.01)
    old = {key: value for key, value in record.settings.items() if key != "frames"}
    older = ShownRecord(record.kind, record.words, old, record.results, record.files)
    found = replayed(root / "other", file, lie, older)
    assert [(one.where, one.kept, one.found) for one in found.differences] == [
        (f"{place}.json: {at}", number + 0.01, number)
    ]
    older_named = f"results/E1/{record.kind}-2.json"
    assert found.not_again == [*(f"{place}{name}" for name in left), older_named]
