"""Compute a bundle's results again, and compare them with those that were kept."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..progress import NO_PROGRESS, Progress
from ..types import InputError
from .bundle_reader import BundleReader, open_bundle, scratch_folder
from .case_log import read_log
from .case_values import CaseRecord, CaseResult, CaseState, Exhibit, read_state
from .case_versions import as_many_threads, machine, versions
from .chain import Json, json_of
from .comparison import Replay, compare_file, compare_json, compare_picture
from .kept_credentials import leave_credentials
from .manifest import BUNDLE_LOG, MANIFEST, refuse_newer
from .places import name_of

TOLERANCE = 1e-3  # of a number in [0, 1], absolute and relative, where versions or machine differ
SHORT = 12  # digits of a calibration's SHA-256 in older cases
RECORD, SETTINGS = "analysis.json", "settings.json"
LONGEST = 300  # letters of what is said of a damaged record
# what a record of foreign types raises while it is read and computed
DAMAGED = (TypeError, ValueError, LookupError, AttributeError, OverflowError)

Analyse = Callable[[Path, Exhibit, CaseResult], tuple[Mapping[str, bytes], Mapping[str, str]]]
WeightsNow = Callable[[Iterable[str]], Mapping[str, str]]
Repeat = Callable[[Path, Exhibit, "PageRecord"], "Repeated | None"]


@dataclass(frozen=True, slots=True, eq=False)
class PageRecord:
    """Hold what a page handed in: kind, conclusion, settings, and results."""

    kind: str
    words: str
    settings: Json
    results: Json


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """Hold what of a page's record was computed again.

    settings: all of them; results: parts of its results by key; pictures, files: by the names that the page gave them,
    the files arrays and tables; words: the conclusion, "" where it is left; left: names what else was not computed
    again.
    """

    settings: Json
    results: Json
    words: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    left: tuple[str, ...] = ()


def replay(
    path: Path,
    analyse: Analyse,
    repeat: Repeat | None = None,
    *,
    weights_now: WeightsNow | None = None,
    progress: Progress = NO_PROGRESS,
) -> Replay:
    """Compute every result of a bundle again, from its originals and settings.

    Args:
        path: of the bundle, a zip or a folder.
        analyse: computes a result of a file: contents by name, and the SHA-256 of the weights used by model.
        repeat: computes again what a page showed of a file, from its record; None where it cannot.
        weights_now: finds today's SHA-256 of models by name; what a page named is compared with them.
        progress: told each result; a stop raises `StopRequested`.
    """
    try:
        with open_bundle(path) as bundle, scratch_folder(path.name) as folder:
            manifest = json_of(bundle.read(MANIFEST))
            refuse_newer(manifest if isinstance(manifest, dict) else None, path)
            if not bundle.save(BUNDLE_LOG, folder / BUNDLE_LOG):
                raise InputError(f"{name_of(path)} has no log, so nothing of it can be computed again")
            state, found = read_state(read_log(folder / BUNDLE_LOG, frozen=True)), Replay()
            kept = [result for result in state.results if result.failed is None]
            both: list[CaseResult | CaseRecord] = [*kept, *state.records]
            for one in progress.each(both, "Computing again, results"):
                if isinstance(one, CaseResult):
                    _replay_one(bundle, state, one, folder, analyse, found)
                elif repeat is None or not _repeat_one(bundle, state, one, folder, repeat, found):
                    found.not_again.append(one.place)
                elif weights_now is not None:
                    now = weights_now(one.weights)
                    known = {name: sha256 for name, sha256 in one.weights.items() if name in now}
                    _compare_weights(one.place, known, now, found)
                    found.not_again += [f"{one.place}: weights of {name}" for name in one.weights if name not in now]
            return found
    except zipfile.BadZipFile:
        raise InputError(f"{path.name} is damaged: its index is missing; see: python -m core case verify") from None


def tolerance_for(result: CaseResult | CaseRecord) -> float:
    """Return 0 where code, packages, machine and device are the result's, else `TOLERANCE`."""
    now, then = machine(), result.machine
    same = all(now[name] == then.get(name) for name in ("processor", "threads", "instructions", "device"))
    return 0.0 if same and versions() == dict(result.versions) else TOLERANCE


def _replay_one(
    bundle: BundleReader, state: CaseState, result: CaseResult, folder: Path, analyse: Analyse, found: Replay
) -> None:
    where, exhibit = result.folder, state.exhibit(result.exhibit)
    if exhibit is None:
        found.differ(where, result.exhibit, None)
        return
    original = _original(bundle, exhibit, folder, found)
    if original is None:
        return
    try:
        with as_many_threads(result.machine):
            allowed = found.tolerance[result.sequence] = tolerance_for(result)
            files, weights = analyse(original, exhibit, result)
    except InputError as error:  # such as of a limit that was none when it was analysed
        found.differ(where, "there", str(error))
        return
    _compare_weights(where, result.weights, weights, found)
    for path in sorted(result.files):
        kept, name = bundle.read(path), Path(path).name
        if name == SETTINGS:  # written by whoever keeps a result, of what the log says too
            compare_json((json_of(kept) or {}).get("settings"), result.settings, path, 0.0, found)
        elif name == RECORD and kept is not None and name in files:
            _compare_analysis(kept, files[name], path, allowed, found)
        else:
            compare_file(kept, files.get(name), path, allowed, found)


def _compare_analysis(kept: bytes, now: bytes, path: str, allowed: float, found: Replay) -> None:
    """Compare two records of a file; credentials only by the same lists of signers."""
    before, after = json_of(kept), json_of(now)
    if reason := leave_credentials(before, after):
        found.not_again.append(f"{path}: provenance/c2pa ({reason})")
    compare_json(before, after, path, allowed, found)


def _original(bundle: BundleReader, exhibit: Exhibit, folder: Path, found: Replay) -> Path | None:
    """Save an exhibit's original; None, with a difference, where it is another or missing."""
    there = bundle.hash(exhibit.path) if exhibit.path in bundle.names() else None
    found.compared += 1
    original = folder / Path(exhibit.path).name
    if there is None or there[0] != exhibit.sha256 or not bundle.save(exhibit.path, original):
        found.differ(exhibit.path, exhibit.sha256, there and there[0])
        return None
    return original


def _repeat_one(
    bundle: BundleReader, state: CaseState, record: CaseRecord, folder: Path, repeat: Repeat, found: Replay
) -> bool:
    """Compute again what a page showed; tell whether that can be."""
    exhibit, place, kept = state.exhibit(record.exhibit), record.place, _page_record(bundle, record)
    if exhibit is None:
        return False
    if kept is None:
        found.differ(place, "damaged", "there")
        return True
    logged = {"kind": record.kind, "words": record.words, "settings": record.settings}
    compare_json(logged, {name: getattr(kept, name) for name in logged}, place, 0.0, found)
    original = _original(bundle, exhibit, folder, found)
    if original is None:
        return True
    try:
        with as_many_threads(record.machine):
            allowed, again = tolerance_for(record), repeat(original, exhibit, kept)
    except InputError as error:
        found.differ(place, "there", str(error))
        return True
    except DAMAGED as error:
        found.differ(
            place, "there", f"not computed: its record is damaged, or the program at fault: {error!r}"[:LONGEST]
        )
        return True
    if again is not None:
        found.tolerance[record.sequence] = allowed
        _compare_record(bundle, record, kept, again, allowed, found)
    return again is not None


def _compare_record(
    bundle: BundleReader, record: CaseRecord, kept: PageRecord, again: Repeated, allowed: float, found: Replay
) -> None:
    """Compare a page's record with what was computed now, and name what was not."""
    before: Json = {"settings": kept.settings, "results": {key: kept.results.get(key) for key in again.results}}
    now: Json = {"settings": again.settings, "results": again.results}
    if again.words and not allowed:  # rounding may show in a percentage
        before, now = {**before, "words": kept.words}, {**now, "words": again.words}
    compare_json(before, now, record.place, allowed, found, whole=True)
    stem = record.place.removesuffix(".json")
    tables = [f"{stem}-{name}" for name in again.files if allowed and name.endswith(".csv")]
    found.not_again += [f"{table} (its rounded digits)" for table in tables]
    for name, data in again.files.items():
        compare_file(bundle.read(f"{stem}-{name}"), data, f"{stem}-{name}", allowed, found)
    for name, data in again.pictures.items():
        compare_picture(bundle.read(f"{stem}-{name}"), data, f"{stem}-{name}", allowed, found)
    done = {record.place, *(f"{stem}-{name}" for name in (*again.files, *again.pictures))}
    missing = [key for key, value in kept.results.items() if value is not None and key not in again.results]
    found.not_again += [f"{record.place}: {name}" for name in (*missing, *again.left)]
    found.not_again += [path for path in sorted(record.files) if path not in done]


def _page_record(bundle: BundleReader, record: CaseRecord) -> PageRecord | None:
    """Read a record; None where it is damaged."""
    kept = json_of(bundle.read(record.place))
    if not isinstance(kept, dict):
        return None
    settings, results = kept.get("settings"), kept.get("results")
    if not isinstance(settings, dict) or not isinstance(results, dict):
        return None
    return PageRecord(str(kept.get("kind")), str(kept.get("words")), settings, results)


def _compare_weights(where: str, kept: Mapping[str, str], now: Mapping[str, str], found: Replay) -> None:
    for name, sha256 in sorted(kept.items()):
        found.compared += 1
        if not _same_weights(sha256, now.get(name)):
            found.differ(f"{where}: weights of {name}", sha256, now.get(name))


def _same_weights(kept: str, now: str | None) -> bool:
    """Tell whether two SHA-256 are equal; older cases keep 12 digits of a calibration's."""
    return now == kept or (len(kept) == SHORT and bool(now) and str(now).startswith(kept))
