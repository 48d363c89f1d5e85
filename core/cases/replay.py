"""Compute a bundle's results again, and compare them with those that were kept."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..progress import NO_PROGRESS, Progress
from ..types import InputError
from ..types.recorded_fields import LEFT_OUT
from .bundle_reader import BundleReader, open_bundle, scratch_folder
from .case_log import read_log
from .case_values import CaseResult, CaseState, Exhibit, read_state
from .case_versions import machine, versions
from .chain import digest
from .manifest import BUNDLE_LOG

TOLERANCE = 1e-3  # of a number in [0, 1], absolute and relative, where versions or machine differ
SHORT = 12  # digits of a calibration's SHA-256 in older cases
IGNORED = ("seconds",)  # of the clock, not of the result
RECORD, ARRAYS, SETTINGS = "analysis.json", "maps.npz", "settings.json"

Analyse = Callable[[Path, Exhibit, CaseResult], tuple[Mapping[str, bytes], Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold a difference: where, what was kept, what came, and the tolerance."""

    where: str
    kept: object
    found: object
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ReplayOutcome:
    """Hold what came of a replay, as it is recorded."""

    equal: bool
    compared: int
    differences: tuple[Difference, ...]
    not_computed_again: tuple[str, ...] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(slots=True, eq=False)
class Replay:
    """Hold what came of computing a bundle's results again.

    compared: numbers and texts that were compared; differences: in order; tolerance: by the
    entry of the result, 0 where bit-equal results are expected; not_again: the places of what pages showed, which
    is not computed again.
    """

    compared: int = 0
    differences: list[Difference] = field(default_factory=list)
    tolerance: dict[int, float] = field(default_factory=dict)
    not_again: list[str] = field(default_factory=list)

    def outcome(self) -> ReplayOutcome:
        """Return what came of it so far."""
        differences = tuple(self.differences)
        return ReplayOutcome(not differences, self.compared, differences, tuple(self.not_again) or None)

    def differ(self, where: str, kept: object, found: object, tolerance: float = 0.0) -> None:
        """Note a difference.

        Args:
            where: the file, and the place in it.
            kept: what the bundle holds.
            found: what was computed now.
            tolerance: that was exceeded.
        """
        self.differences.append(Difference(where, kept, found, tolerance))


def replay(path: Path, analyse: Analyse, *, progress: Progress = NO_PROGRESS) -> Replay:
    """Compute every result of a bundle again, from its originals and settings.

    Args:
        path: of the bundle, a zip or a folder.
        analyse: computes a result of a file: contents by name, and the SHA-256 of the weights used by model.
        progress: told each result; a stop raises `StopRequested`.
    """
    try:
        with open_bundle(path) as bundle, scratch_folder(path.name) as folder:
            if not bundle.save(BUNDLE_LOG, folder / BUNDLE_LOG):
                raise InputError(f"{path.name} has no log, so nothing of it can be computed again")
            state = read_state(read_log(folder / BUNDLE_LOG, frozen=True))
            found = Replay(not_again=[one.place for one in state.records])
            kept = [result for result in state.results if result.failed is None]
            for result in progress.each(kept, "Computing again, results"):
                _replay_one(bundle, state, result, folder, analyse, found)
            return found
    except zipfile.BadZipFile:
        raise InputError(f"{path.name} is damaged: its index is missing; see: python -m core case verify") from None


def tolerance_for(result: CaseResult) -> float:
    """Return 0 where code, packages, machine and device are the result's, else `TOLERANCE`."""
    now, then = machine(), result.machine
    same = all(now[name] == then.get(name) for name in ("processor", "threads", "instructions", "device"))
    return 0.0 if same and versions() == dict(result.versions) else TOLERANCE


def _replay_one(
    bundle: BundleReader, state: CaseState, result: CaseResult, folder: Path, analyse: Analyse, found: Replay
) -> None:
    where, exhibit = result.folder, state.exhibit(result.exhibit)
    allowed = found.tolerance[result.sequence] = tolerance_for(result)
    if exhibit is None:
        found.differ(where, result.exhibit, None)
        return
    there = bundle.hash(exhibit.path) if exhibit.path in bundle.names() else None
    found.compared += 1
    if there is None or there[0] != exhibit.sha256:
        found.differ(exhibit.path, exhibit.sha256, there and there[0])
        return
    original = folder / Path(exhibit.path).name
    if not bundle.save(exhibit.path, original):
        found.differ(exhibit.path, exhibit.sha256, None)
        return
    try:
        files, weights = analyse(original, exhibit, result)
    except InputError as error:  # such as of a limit that was none when it was analysed
        found.differ(where, "there", str(error))
        return
    for name, sha256 in sorted(result.weights.items()):
        found.compared += 1
        if not _same_weights(sha256, weights.get(name)):
            found.differ(f"{where}: weights of {name}", sha256, weights.get(name))
    for path in sorted(result.files):
        kept, name = bundle.read(path), Path(path).name
        if name == SETTINGS:  # written by whoever keeps a result, of what the log says too
            _compare_json((_json(kept) or {}).get("settings"), result.settings, path, 0.0, found)
            continue
        now = files.get(name)
        if kept is None or now is None:
            found.differ(path, "missing" if kept is None else "there", "missing" if now is None else "there")
        elif name == RECORD:
            _compare_json(_json(kept), _json(now), path, allowed, found)
        elif name == ARRAYS:
            _compare_arrays(kept, now, path, allowed, found)
        elif not allowed:  # pictures are drawn from what is compared above: rounding shows in them as steps
            found.compared += 1
            if kept != now:
                found.differ(path, digest(kept), digest(now))


def _same_weights(kept: str, now: str | None) -> bool:
    """Tell whether two SHA-256 are equal; older cases keep 12 digits of a calibration's."""
    return now == kept or (len(kept) == SHORT and bool(now) and str(now).startswith(kept))


def _json(data: bytes | None) -> Any:
    try:
        return json.loads(data or b"null")
    except ValueError:
        return None


def _compare_json(kept: Any, now: Any, where: str, tolerance: float, found: Replay) -> None:
    """Compare two records leaf by leaf; what only the clock decides is left out.

    Where other code made the kept one, so is what that did not yet say.
    """
    before, after = dict(_leaves(kept)), dict(_leaves(now))
    for place in before if tolerance else dict.fromkeys([*before, *after]):
        found.compared += 1
        a, b = before.get(place, "missing"), after.get(place, "missing")
        if not _near(a, b, tolerance):
            found.differ(f"{where}: {place}", a, b, tolerance)


def _leaves(value: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)) and value:
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            if name not in IGNORED:
                yield from _leaves(one, f"{before}/{name}" if before else str(name))
    else:
        yield before, value


def _near(a: Any, b: Any, tolerance: float) -> bool:
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (a, b))
    if numbers and tolerance:
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    return bool(a == b)


def _compare_arrays(kept: bytes, now: bytes, where: str, tolerance: float, found: Replay) -> None:
    """Compare maps; the tolerance is a share of a map's largest value."""
    try:
        with np.load(io.BytesIO(kept), allow_pickle=False) as before:
            arrays = {name: before[name] for name in before.files}
    except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile):
        found.differ(where, "damaged", "there")
        return
    with np.load(io.BytesIO(now), allow_pickle=False) as after:
        for name in dict.fromkeys([*arrays, *after.files]):
            found.compared += 1
            if name not in arrays or name not in after.files or arrays[name].shape != after[name].shape:
                found.differ(f"{where}: {name}", name in arrays, name in after.files)
                continue
            largest = float(np.abs(arrays[name]).max(initial=0.0))
            off = float(np.abs(arrays[name].astype(np.float64) - after[name]).max(initial=0.0))
            if not off <= tolerance * largest:
                found.differ(f"{where}: {name}", 0.0, off, tolerance * largest)
