"""Evaluate maps on labelled faces: conservation, quality, critical pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from ...detectors import Detector
from ...detectors.checkpoints.status import card_folder
from ...media.datasets import kinds_in
from ...metrics.summary import Metrics
from ...storage.cards import read_card, record_measured
from ...types import Array, InputError
from ..labelled_faces import crops, interleave, predicted_fake
from . import conservation, critical_regions, map_quality
from .map_table import table

__all__ = ["LABEL", "PARTS", "measure", "parts_of", "record", "table"]

PARTS = ("conservation", "worth", "critical")
LABEL = "maps"  # under "measured" in a card


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
    report: Callable[[str], None] = lambda _: None,
) -> Metrics:
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
    found: Metrics = {"data": data.resolve().name, "seed": seed, "limit": limit}
    if "conservation" in parts:
        faces = list(islice(crops(interleave(kinds.values(), seed=seed)), limit))
        if not faces:
            raise InputError(f"{data}: no face could be judged")
        found["conservation"] = conservation.of_detectors(detectors, faces, seed=seed, report=report)
    if detector and set(parts) - {"conservation"}:
        faces = _predicted_fake(detector, data, kinds, limit, seed)
        found |= {"detector": detector.name, "weights": detector.card["sha256"], "faces": len(faces)}
        if "worth" in parts:
            found["worth"] = map_quality.of_maps(detector, faces, maps, seed=seed, report=report)
        if "critical" in parts:
            found["critical"] = critical_regions.of_faces(detector, faces, seed=seed, report=report)
    return found


def _predicted_fake(detector: Detector, data: Path, kinds: dict[str, list[Path]], limit: int, seed: int) -> list[Array]:
    forged = [paths for kind, paths in kinds.items() if kind != "real"]
    faces = list(islice(predicted_fake(detector, interleave(forged, seed=seed)), limit))
    if not faces:
        raise InputError(f"{data}: the detector {detector.name} calls none of the forgeries fake")
    return faces


def record(found: Metrics, *, command: Callable[[str], str] = str, folder: Path | None = None) -> list[str]:
    """Write the measurements into the cards; parts that were not measured stay.

    Under "measured" and "maps": conservation into each detector's card, the rest into that of the detector it is of.
    What was measured with real weights is not replaced by what random ones gave: the names of such detectors are
    returned.

    Args:
        found: by `measure`.
        command: says of a part how it was measured.
        folder: of the cards.
    """
    shared = {key: found[key] for key in ("data", "seed")}
    by_name: dict[str, Metrics] = {}
    for name, one in found.get("conservation", {}).items():
        by_name[name] = {"conservation": {**shared, "command": command("conservation"), **one}}
    for part in ("worth", "critical"):
        if part in found:
            about = {**shared, "weights": found["weights"], "faces": found["faces"], "command": command(part)}
            about |= {"maps": found[part]} if part == "worth" else found[part]
            by_name.setdefault(found["detector"], {})[part] = about
    left = []
    for name, one in by_name.items():
        place = folder or card_folder(name)
        kept = read_card(name, folder=place).get("measured", {}).get(LABEL, {})
        if _real(kept) and "conservation" in one and not _real(one):
            del one["conservation"]
            left.append(name)
        if one:
            record_measured(name, LABEL, {**kept, **one}, folder=place)
    return left


def _real(found: Metrics) -> bool:
    """Tell whether conservation was measured with a detector's own weights."""
    return "conservation" in found and not str(found["conservation"]["weights"]).startswith("random")
