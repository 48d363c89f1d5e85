"""Measure how much of the output LRP conserves, by composite and detector."""

from __future__ import annotations

from collections.abc import Sequence

from ... import explain
from ...detectors import Detector
from ...detectors.checkpoints.status import card_of
from ...detectors.random_init import installed_or_random
from ...explain.methods.lrp import CONVOLUTIONS
from ...metrics.summary import Metrics, range_of
from ...progress import NO_PROGRESS, Progress
from ...types import Array

TOLERANCE = 0.05  # of the output: the rules are conservative within it
NAMES = {"without_biases": "relevance conserved", "with_biases": "conserved with biases"}


def of_detectors(
    names: Sequence[str], crops: Sequence[Array], *, seed: int = 0, progress: Progress = NO_PROGRESS
) -> dict[str, Metrics]:
    """Measure the conservation of each composite on each detector over crops.

    With installed weights, else random ones from `seed`: detectors of one format then share a measurement.

    Args:
        names: of the detectors.
        crops: (H, W, 3) uint8.
        seed: of random weights.
        progress: told each detector; a stop raises `StopRequested`.
    """
    found: dict[str, Metrics] = {}
    by_layout: dict[str, Metrics] = {}
    for name in progress.each(names, "Conservation, detectors"):
        layout = card_of(name).layout or name
        detector, kind = installed_or_random(name, seed)
        if kind == "installed":
            found[name] = {"weights": detector.card.sha256, "rules": rules(detector, crops, seed=seed)}
        else:
            by_layout.setdefault(layout, {})
            if not by_layout[layout]:
                by_layout[layout] = rules(detector, crops, seed=seed)
            found[name] = {"weights": f"random, seed {seed}", "rules": by_layout[layout]}
        progress.emit(format_lines(name, found[name]))
    return found


def rules(detector: Detector, crops: Sequence[Array], *, seed: int) -> Metrics:
    """Measure each composite's conserved share: min, median and max over faces.

    Without and with the relevance of biases. `near`: share of the faces on which all but 5 % is conserved, biases
    included.
    """
    out: Metrics = {}
    for rule in CONVOLUTIONS:
        shares: dict[str, list[float]] = {key: [] for key in NAMES}
        for crop in crops:
            metrics = {one.name: one.value for one in explain.run("lrp", detector, crop, {"rule": rule}).quality}
            for key, name in NAMES.items():
                shares[key].append(metrics[name])
        near = sum(abs(value - 1) <= TOLERANCE for value in shares["with_biases"]) / len(crops)
        out[rule] = {**{key: range_of(values) for key, values in shares.items()}, "near": near, "n": len(crops)}
    return out


def format_lines(name: str, found: Metrics) -> str:
    """Format a detector's metrics, one line a composite."""
    weights = found["weights"] if found["weights"].startswith("random") else f"weights {found['weights'][:12]}"
    lines = [f"{name} ({weights})"]
    for rule, one in found["rules"].items():
        inside, all_of_it = one["without_biases"], one["with_biases"]
        lines.append(
            f"  {rule:<26} with biases {_range(all_of_it)}, without {_range(inside)}; within 5 %: {one['near']:.0%} of "
            f"{one['n']} faces"
        )
    return "\n".join(lines)


def _range(one: Metrics) -> str:
    return f"{one['median']:.3f} ({one['min']:.3f} to {one['max']:.3f})"
