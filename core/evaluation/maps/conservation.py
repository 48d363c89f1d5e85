"""Measure how much of the output LRP conserves, by composite and detector."""

from __future__ import annotations

from collections.abc import Sequence

from ... import explain
from ...detectors import Detector
from ...detectors.checkpoints.status import card_of
from ...detectors.random_init import installed_or_random
from ...explain.methods.lrp import CONVOLUTIONS
from ...metrics.summary import range_of
from ...progress import NO_PROGRESS, Progress
from ...types import Array
from ...types.map_summaries import Conservation, RangeOfFaces, RuleConservation

TOLERANCE = 0.05  # of the output: the rules are conservative within it
NAMES = {"without_biases": "relevance conserved", "with_biases": "conserved with biases"}


def of_detectors(
    names: Sequence[str], crops: Sequence[Array], *, seed: int = 0, progress: Progress = NO_PROGRESS
) -> dict[str, Conservation]:
    """Measure the conservation of each composite on each detector over crops.

    With installed weights, else random ones from `seed`: detectors of one format then share a measurement.

    Args:
        names: of the detectors.
        crops: (H, W, 3) uint8.
        seed: of random weights.
        progress: told each detector; a stop raises `StopRequested`.
    """
    found: dict[str, Conservation] = {}
    by_layout: dict[str, dict[str, RuleConservation]] = {}
    for name in progress.each(names, "Conservation, detectors"):
        layout = card_of(name).layout or name
        detector, kind = installed_or_random(name, seed)
        if kind == "installed":
            found[name] = Conservation(detector.card.sha256, rules(detector, crops, seed=seed))
        else:
            if layout not in by_layout:
                by_layout[layout] = rules(detector, crops, seed=seed)
            found[name] = Conservation(f"random, seed {seed}", by_layout[layout])
        progress.emit(format_lines(name, found[name]))
    return found


def rules(detector: Detector, crops: Sequence[Array], *, seed: int) -> dict[str, RuleConservation]:
    """Measure each composite's conserved share: min, median and max over faces.

    Without and with the relevance of biases. `near`: share of the faces on which all but 5 % is conserved, biases
    included.
    """
    out: dict[str, RuleConservation] = {}
    for rule in CONVOLUTIONS:
        shares: dict[str, list[float]] = {key: [] for key in NAMES}
        for crop in crops:
            metrics = {one.name: one.value for one in explain.run("lrp", detector, crop, {"rule": rule}).quality}
            for key, name in NAMES.items():
                shares[key].append(metrics[name])
        near = sum(abs(value - 1) <= TOLERANCE for value in shares["with_biases"]) / len(crops)
        without, with_them = (range_of(shares[key]) for key in NAMES)
        out[rule] = RuleConservation(without, with_them, near, len(crops))
    return out


def format_lines(name: str, found: Conservation) -> str:
    """Format a detector's metrics, one line a composite."""
    known = found.weights or "unknown"
    weights = known if known.startswith("random") else f"weights {known[:12]}"
    lines = [f"{name} ({weights})"]
    for rule, one in found.rules.items():
        lines.append(
            f"  {rule:<26} with biases {_range(one.with_biases)}, without {_range(one.without_biases)}; "
            f"within 5 %: {one.near:.0%} of {one.n} faces"
        )
    return "\n".join(lines)


def _range(one: RangeOfFaces) -> str:
    return f"{one.median:.3f} ({one.min:.3f} to {one.max:.3f})"
