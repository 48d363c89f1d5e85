"""Compute again what pages showed of several faces of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import pipeline
from ..attacks import ATTACKS
from ..attacks.analysis.epsilon_sweep import limited, record, sweep
from ..attacks.analysis.gradient_masking import gradient_check
from ..cases.chain import Json
from ..cases.replay import PageRecord, Repeated
from ..detectors import Detector
from ..detectors.ensemble import agreement_of_pairs, combine_by_rules
from ..faces.rejection import sharpness
from ..output.attack_results_record import file_sweep_record, finding_rows, masking_record
from ..output.attack_sentences import WHICH, masking_sentence, sweep_sentence
from ..output.csv_text import flat_row
from ..output.file_results import comparison_record, comparison_rows
from ..output.records import face_record
from ..output.shown_record import csv_file
from ..output.value_records import value_record
from ..output.verdict_sentences import detectors_sentence
from ..types import Face, Media
from ..types.attack_metrics import FileSweep


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedFaces:
    """Hold the faces that a record is about, found again.

    frames: how many of the file were searched.
    """

    detectors: list[Detector]
    media: Media
    faces: list[Face]
    frames: int

    @property
    def detector(self) -> Detector:
        """Return the detector, where the record is of one."""
        return self.detectors[0]


def repeat_gradient_check(all_of: RepeatedFaces, kept: PageRecord) -> Repeated | None:
    """Look again whether the gradient is masked; None where somebody stopped that."""
    how, seed = kept.settings, int(kept.settings["seed"])
    if kept.results["stopped"]:
        return None
    crops = [face.crop for face in all_of.faces]
    check = gradient_check(all_of.detector, crops, str(how["attack"]), how["settings"], seed=seed)
    results = masking_record(check.findings, faces=check.faces, stopped=check.stopped)
    settings = _settings(all_of) | {"attack": check.attack, "settings": how["settings"], "seed": seed}
    words, table = masking_sentence(check.findings, check.faces), csv_file(finding_rows(check.findings))
    left = () if check.findings else ("settings/settings",)  # other settings find no sign, too
    return Repeated(settings, results, words, files={"check.csv": table()}, left=left)


def repeat_sweep(all_of: RepeatedFaces, kept: PageRecord) -> Repeated | None:
    """Attack the faces at each epsilon again; None where somebody stopped that."""
    asked, results = kept.settings["asked"], kept.results
    if results["stopped"]:
        return None
    names, seed = [str(name) for name in asked["attacks"]], int(asked["seed"])
    given = limited(names, steps=int(asked["steps"]), queries=int(asked["queries"]))
    crops = [face.crop for face in all_of.faces]
    swept = sweep(all_of.detector, crops, names, asked["epsilons"], settings=given, seed=seed)
    found = FileSweep(
        detector=all_of.detector.version,
        seed=seed,
        settings=given,
        faces=tuple((face.frame, face.track) for face in all_of.faces),
        chosen=WHICH[asked["which"]],
        stopped=False,
        points=record(swept),
        warnings=swept.warnings,
    )
    whole = file_sweep_record(all_of.media, found)
    whole["media"]["name"] = results["media"]["name"]
    said = _settings(all_of) | {name: whole[name] for name in ("seed", "settings", "chosen")} | {"asked": asked}
    words = sweep_sentence(found.points, {name: ATTACKS[name].title for name in names})
    table = csv_file(value_record(row) for row in found.points)
    left = tuple(f"settings/asked/{name}" for name in _without_effect(asked, given, len(crops)))
    return Repeated(said, whole, words, files={"sweep.csv": table()}, left=left)


def _without_effect(asked: Json, given: Mapping[str, Mapping[str, int]], faces: int) -> list[str]:
    """Name a sweep's limits that limited nothing, so that no result shows them."""
    reached = {name: asked[name] in [one.get(name) for one in given.values()] for name in ("steps", "queries")}
    reached["max_faces"] = asked["max_faces"] == faces
    return [name for name, limits in reached.items() if not limits]


def repeat_detectors(all_of: RepeatedFaces, kept: PageRecord) -> Repeated:
    """Judge the faces by all detectors again; combine what they say in focus."""
    found = pipeline.compare(all_of.faces, all_of.detectors)
    here = found.rows[[one["face"]["id"] for one in kept.results["faces"]].index(kept.settings["face"]["id"])]
    pairs = agreement_of_pairs(found)
    rules = combine_by_rules(found, here, sharpness=sharpness(here[0].face.crop))
    results = comparison_record(all_of.media, found, rules=rules, pairs=pairs)
    results["media"]["name"] = kept.results["media"]["name"]
    settings = {"detectors": list(found.versions), "frames": all_of.frames, "face": face_record(here[0].face)}
    tables = {"verdicts.csv": comparison_rows(found), "pairs.csv": [flat_row(value_record(pair)) for pair in pairs]}
    files = {name: csv_file(rows)() for name, rows in tables.items()}
    return Repeated(settings, results, detectors_sentence(here), files=files)


def _settings(all_of: RepeatedFaces) -> Json:
    """Record what the faces can be found again with."""
    faces = [face_record(face) for face in all_of.faces]
    return {"detector": all_of.detector.version, "frames": all_of.frames, "faces": faces}
