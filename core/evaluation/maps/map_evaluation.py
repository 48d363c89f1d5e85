"""Evaluate maps on labelled faces: conservation, quality, critical pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ...detectors import Detector
from ...detectors.checkpoints.status import card_folder
from ...media.datasets import kinds_in
from ...output.value_records import plain, value_record
from ...progress import NO_PROGRESS, Progress
from ...storage.measured_files import MAPS, read_measurements, record_measurements
from ...types import Array, InputError
from ...types.map_summaries import Conservation, MapEvaluation, MapsOfDetector
from ...types.measurement import MAP_KINDS, Measurement
from ..labelled_faces import crops, interleave, predicted_fake
from . import conservation, critical_regions, map_quality
from .map_table import table

__all__ = ["PARTS", "measure", "parts_of", "record", "table"]

PARTS = MAP_KINDS


def parts_of(words: str) -> tuple[str, ...]:
    """Parse the parts: "all", or names joined by commas."""
    names = PARTS if words == "all" else tuple(name.strip() for name in words.split(",") if name.strip())
    if not names or set(names) - set(PARTS):
        raise InputError(f"parts are all, or some of {', '.join(PARTS)}; what came is {words!r}")
    return names


def measure(
    data: Path,
    detector: Detector | None,
    *,
    parts: Sequence[str] = PARTS,
    maps: Sequence[str] = (),
    detectors: Sequence[str] = (),
    limit: int = 20,
    seed: int = 0,
    progress: Progress = NO_PROGRESS,
) -> MapEvaluation:
    """Measure the parts on the largest faces of a labelled folder.

    Args:
        data: the folder; of its path only the last name goes into the result.
        detector: whose maps and critical pixels are measured; None where neither is requested.
        parts: of `PARTS`. Conservation is measured on real and forged faces, kinds in turn; the others on forged ones
            predicted fake.
        maps: names for "worth", the maps' quality.
        detectors: names for "conservation".
        limit: number of faces at most, in an order from `seed`.
        seed: of that order, of random weights, sampled maps, attacks and random places.
        progress: told each face of each part; a stop raises `StopRequested`.
    """
    kinds = kinds_in(data)
    kept: dict[str, Conservation] | None = None
    of_detector: MapsOfDetector | None = None
    if "conservation" in parts:
        faces = list(islice(crops(interleave(kinds.values(), seed=seed)), limit))
        if not faces:
            raise InputError(f"{data}: no face could be judged")
        kept = conservation.of_detectors(detectors, faces, seed=seed, progress=progress)
    if detector and set(parts) - {"conservation"}:
        faces = _predicted_fake(detector, data, kinds, limit, seed)
        quality = map_quality.of_maps(detector, faces, maps, seed=seed, progress=progress) if "worth" in parts else None
        critical = (
            critical_regions.of_faces(detector, faces, seed=seed, progress=progress) if "critical" in parts else None
        )
        of_detector = MapsOfDetector(detector.name, detector.card.sha256, len(faces), quality, critical)
    return MapEvaluation(data.resolve().name, seed, limit, kept, of_detector)


def _predicted_fake(detector: Detector, data: Path, kinds: dict[str, list[Path]], limit: int, seed: int) -> list[Array]:
    forged = [paths for kind, paths in kinds.items() if kind != "real"]
    faces = list(islice(predicted_fake(detector, interleave(forged, seed=seed)), limit))
    if not faces:
        raise InputError(f"{data}: the detector {detector.name} calls none of the forgeries fake")
    return faces


def record(
    found: MapEvaluation, *, command: Callable[[str], str] = str, date: str | None = None, folder: Path | None = None
) -> list[str]:
    """Write measurements of maps beside the cards; keep other parts.

    Conservation goes to each detector, the rest to the one it is of. What was measured with real weights is not
    replaced by what random ones gave: the detectors that this is so of are returned.

    Args:
        found: what `measure` gave.
        command: says of a part how it was measured.
        date: the day, as YYYY-MM-DD.
        folder: the one of the cards; each detector's own if not given.
    """

    def measured(part: str, result: dict[str, Any], weights: str | None) -> Measurement:
        return Measurement(part, MAPS, {"seed": found.seed, **result}, found.data, command(part), date, weights)

    by_name: dict[str, list[Measurement]] = {}
    for name, conserved in (found.conservation or {}).items():
        by_name[name] = [measured("conservation", {"rules": plain(conserved.rules)}, conserved.weights)]
    if of := found.of_detector:
        results: dict[str, dict[str, Any]] = {}
        if of.worth is not None:
            results["worth"] = {"maps": plain(of.worth)}
        if of.critical:
            results["critical"] = value_record(of.critical)
        ones = [measured(part, {"faces": of.faces, **one}, of.weights) for part, one in results.items()]
        by_name[of.detector] = [*by_name.get(of.detector, ()), *ones]
    left = []
    for name, ones in by_name.items():
        place = folder or card_folder(name)
        real = any(one.kind == "conservation" and _is_real(one) for one in read_measurements(name, folder=place))
        new = [one for one in ones if one.kind != "conservation" or _is_real(one) or not real]
        if len(new) < len(ones):
            left.append(name)
        if new:
            record_measurements(name, new, folder=place)
    return left


def _is_real(found: Measurement) -> bool:
    """Tell whether a detector's own weights were measured."""
    return found.weights is not None and not found.weights.startswith("random")
