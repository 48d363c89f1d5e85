"""How much of the output LRP hands back to the image, over faces: each composite on each detector."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ... import explain
from ...detectors import Detector
from ...detectors.checkpoints.status import card_of
from ...detectors.random_init import installed_or_random
from ...explain.methods.lrp import CONVOLUTIONS
from ...metrics.summary import Metrics, range_of
from ...types import Array

NEAR = 0.05  # of the output: as near to all of it as the rules promise
NAMES = {"without_biases": "relevance conserved", "with_biases": "conserved with biases"}


def of_detectors(
    names: Sequence[str], crops: Sequence[Array], *, seed: int = 0, report: Callable[[str], None] = lambda _: None
) -> dict[str, Metrics]:
    """By detector: its weights, and for each composite what is conserved of the margin over crops (H, W, 3) uint8.

    With the weights that are installed, else with random ones of the layout, drawn by `seed`: those of one layout are
    the same, and are measured once.
    """
    found: dict[str, Metrics] = {}
    by_layout: dict[str, Metrics] = {}
    for name in names:
        layout = str(card_of(name).get("layout", name))
        detector, kind = installed_or_random(name, seed)
        if kind == "installed":
            found[name] = {"weights": detector.card["sha256"], "rules": rules(detector, crops, seed=seed)}
        else:
            by_layout.setdefault(layout, {})
            if not by_layout[layout]:
                by_layout[layout] = rules(detector, crops, seed=seed)
            found[name] = {"weights": f"random, seed {seed}", "rules": by_layout[layout]}
        report(said(name, found[name]))
    return found


def rules(detector: Detector, crops: Sequence[Array], *, seed: int) -> Metrics:
    """Each composite's shares of the output: min, median and max over faces, without and with what biases were given.

    `near`: the share of the faces on which all but 5 % is conserved, biases counted.
    """
    out: Metrics = {}
    for rule in CONVOLUTIONS:
        shares: dict[str, list[float]] = {key: [] for key in NAMES}
        for crop in crops:
            figures = {one.name: one.value for one in explain.run("lrp", detector, crop, {"rule": rule}).quality}
            for key, name in NAMES.items():
                shares[key].append(figures[name])
        near = sum(abs(value - 1) <= NEAR for value in shares["with_biases"]) / len(crops)
        out[rule] = {**{key: range_of(values) for key, values in shares.items()}, "near": near, "n": len(crops)}
    return out


def said(name: str, found: Metrics) -> str:
    """A detector's figures in a line for each composite."""
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
