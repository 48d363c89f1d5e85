"""Analyse files into a case, and compute a bundle's results again."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import pipeline
from ..cases.case_folder import CaseFolder
from ..cases.case_values import CaseResult, CaseState, Exhibit, NewResult, RunEnvironment
from ..cases.case_versions import machine, time_zone, versions
from ..cases.chain import Json, utc_now
from ..cases.comparison import ARRAYS, Replay
from ..cases.replay import RECORD, SETTINGS, replay
from ..detectors import DEFAULT
from ..detectors.checkpoints import status
from ..media.malware_scan import KnownMalware
from ..output.analysis_record import analysis_record
from ..output.recorded_traits import file_traits
from ..output.records import Record, card_record
from ..output.shown_record import ShownRecord
from ..output.value_records import value_record
from ..progress import NO_PROGRESS, Progress
from ..reports import file_analysis
from ..reports.rates_like import rates_like
from ..reports.rates_of_answers import attack_answer_rates, synthetic_answer_rates
from ..signatures.reference import misfit
from ..storage.files import sha256_of
from ..storage.leftovers import temporary_folder
from ..storage.measured_files import read_measurements
from ..types import Array, InputError, Settings
from .model_weights import weights_now, weights_of_models


@dataclass(frozen=True, slots=True, eq=False)
class CaseAnalysis:
    """Hold how a file of a case is analysed. The fields are arguments of `file_analysis.analyse`."""

    detector: str = DEFAULT
    attack: str | None = None
    attack_settings: Settings = field(default_factory=dict)
    maps: tuple[str, ...] = ()
    map_settings: Mapping[str, Settings] = field(default_factory=dict)
    frames: int = 16
    seed: int = 0


def _analysis_from(settings: Json) -> CaseAnalysis:
    """Make an analysis of recorded settings."""
    try:
        return CaseAnalysis(**{**settings, "maps": tuple(settings["maps"])})
    except (TypeError, KeyError) as error:
        raise InputError(f"the settings of a result are not those of an analysis: {error}") from None


def add_to_case(
    case: CaseFolder,
    files: Sequence[tuple[Path, str]],
    how: CaseAnalysis,
    *,
    progress: Progress = NO_PROGRESS,
) -> list[str]:
    """Keep files in a case and analyse each. Return what did not work, one sentence each.

    A file that cannot be analysed is kept with the reason; one analysed before in the same way is not analysed again;
    one that a malware scanner knows is not kept.

    Args:
        case: where they are kept.
        files: (path, name to show).
        how: settings of the analysis.
        progress: told each file, and what was done; a stop ends after a file.
    """
    problems: list[str] = []
    for path, name in progress.each(files, "Files added to the case"):
        try:
            exhibit, new = case.add_file(path, name)
        except KnownMalware as error:
            problems.append(str(error))
            continue
        if not new:
            progress.emit(f"{exhibit.title} is in the case already, with the same content")
        if (before := _same_result(case.state(), exhibit, how)) is not None:
            progress.emit(f"{exhibit.title} was analysed in this way before (entry {before.sequence})")
            continue
        if problem := analyse_exhibit(case, exhibit, how, progress=progress.quiet()):
            problems.append(problem)
    return problems


def add_records(case: CaseFolder, records: Sequence[ShownRecord], exhibit: Exhibit | None = None) -> int:
    """Keep what pages showed, of an exhibit or of none. Return how many are new to the case."""
    now = RunEnvironment(versions(), machine(), time_zone())
    return sum(case.keep_record(record, now, exhibit) for record in records)


def analyse_exhibit(
    case: CaseFolder, exhibit: Exhibit, how: CaseAnalysis, *, progress: Progress = NO_PROGRESS
) -> str | None:
    """Analyse the working copy of an exhibit and keep the result. Return why there is none.

    Args:
        case: that holds the exhibit.
        exhibit: to analyse.
        how: settings of the analysis.
        progress: told nothing; a stop raises `StopRequested` and keeps nothing.
    """
    copy, began = case.working_copy(exhibit), utc_now()
    before, weights, failed = sha256_of(copy), weights_of(how.detector), None
    files: Mapping[str, bytes] = {}
    try:
        files = analysed_files(copy, exhibit, how, progress=progress)
    except InputError as error:
        failed = str(error).replace(copy.name, exhibit.name)
    found = NewResult(
        settings=value_record(how),
        versions=versions(),
        weights=weights,
        machine=machine(),
        started=began,
        ended=utc_now(),
        zone=time_zone(),
        sha256_before=before,
        sha256_after=sha256_of(copy),
        detector=_about_detector(how.detector, json.loads(files[RECORD]) if files else None),
        failed=failed,
    )
    if not failed:
        own = {name: getattr(found, name) for name in ("settings", "versions", "weights", "machine")}
        files = {**files, SETTINGS: _text({"exhibit": exhibit.sha256, **own})}
    case.keep_result(exhibit, found, files)
    return failed


def analysed_files(
    file: Path, exhibit: Exhibit, how: CaseAnalysis, *, progress: Progress = NO_PROGRESS
) -> dict[str, bytes]:
    """Analyse a file. Return the record, the maps as one NPZ, and all pictures, by name.

    Args:
        file: with the exhibit's content.
        exhibit: whose name the record shows.
        how: settings of the analysis.
        progress: told the frames, then the faces; a stop raises `StopRequested`.
    """
    with temporary_folder() as folder:
        found = file_analysis.analyse(
            file,
            detector=how.detector,
            attack=how.attack,
            settings=how.attack_settings,
            seed=how.seed,
            maps=how.maps,
            map_settings=how.map_settings,
            frames=how.frames,
            out=folder,
            progress=progress,
        )
        record, made = analysis_record(found), sorted(folder.iterdir())
        pictures = {path.name: path.read_bytes() for path in made if path.suffix == ".png"}
        arrays = {path.stem: np.load(path, allow_pickle=False) for path in made if path.suffix == ".npy"}
    record["media"]["name"] = exhibit.name
    files = {RECORD: _text(record), **pictures}
    return files | ({ARRAYS: _npz(arrays)} if arrays else {})


def replay_bundle(path: Path, *, progress: Progress = NO_PROGRESS) -> Replay:
    """Compute a bundle's results again, and compare."""
    from .repeated_records import RecordRepeater  # here: it brings all that pages compute with

    def analyse(file: Path, exhibit: Exhibit, result: CaseResult) -> tuple[Mapping[str, bytes], Mapping[str, str]]:
        how = _analysis_from(result.settings)
        return analysed_files(file, exhibit, how, progress=progress.quiet()), weights_of(how.detector)

    return replay(path, analyse, RecordRepeater(), weights_now=weights_now, progress=progress)


def weights_of(detector: str) -> dict[str, str]:
    """Return the SHA-256 of the weights that an analysis uses, by model."""
    asked, references = pipeline.load_attack_detector(), pipeline.load_reference_set()
    judge = pipeline.load_detector(detector)
    return weights_of_models(
        judge,
        pipeline.load_attack_signs(),
        pipeline.load_synthetic_faces(),
        *([asked] if asked.fits(detector) else []),
        *([] if misfit(references.card, judge) else [references]),
    )


def _about_detector(name: str, record: Record | None) -> Json:
    """Collect what a report says of a detector.

    Its card, and error rates on files like the one of the record.
    """
    card = status.card_of(name)
    said = {key: value for key, value in card_record(card).items() if key in ("title", "source", "licence", "scope")}
    judge, measured = pipeline.load_detector(name), status.measurements_of(name)
    rates = rates_like(measured, file_traits(record)) if record else []
    if judge.calibration and record:
        bands = judge.calibration.bands
        rates.append(
            f"On held-out single faces ({judge.calibration.data}): "
            + "; ".join(f"{row.band}: {row.real:.1%} of real, {row.fake:.1%} of forged faces" for row in bands.measured)
            + "."
        )
    return {**said, "version": judge.version, "rates": rates, "answers": _rates_of_answers(name)}


def _rates_of_answers(detector: str) -> list[str]:
    signs, synthetic = pipeline.load_attack_signs(), pipeline.load_synthetic_faces()
    attacked = attack_answer_rates(read_measurements(signs.card.name), detector)
    return [*attacked, *synthetic_answer_rates(read_measurements(synthetic.card.name))]


def _same_result(state: CaseState, exhibit: Exhibit, how: CaseAnalysis) -> CaseResult | None:
    result = state.result_of(exhibit.sha256)
    same = result and result.settings == value_record(how) and dict(result.versions) == versions()
    return result if result and same and dict(result.weights) == weights_of(how.detector) else None


def _text(record: Record) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def _npz(arrays: Mapping[str, Array]) -> bytes:
    buffer, named = io.BytesIO(), dict(arrays)
    np.savez(buffer, allow_pickle=False, **named)
    return buffer.getvalue()
