"""Compare the cost of one face's verdict by two detectors."""

from __future__ import annotations

from ..detectors import Detector
from ..media_attack import samples
from ..types.measured_results import MeasuredBench, MeasuredBenchRow
from .timing import median_ratio, threads

VERDICTS = 5  # in a row in each timed run, as one is short
AT = "the verdict on one face"


def measure(detector: Detector, peer: Detector, *, pairs: int = 15, on: int = 1) -> MeasuredBench:
    """Time verdicts on the shipped portrait's face, in turn.

    Args:
        detector: whose cost is asked for.
        peer: beside which.
        pairs: timed runs of each.
        on: number of threads.
    """
    crop = samples.portrait_face().crop

    def some(judge: Detector) -> None:
        for _ in range(VERDICTS):
            judge.verdict(crop)

    with threads(on):
        found = median_ratio(lambda: some(detector), lambda: some(peer), pairs=pairs)
    low, high = found.interval
    note = f"costs {1 / found.value:.2f} ({1 / high:.2f} to {1 / low:.2f}) times the peer's"
    row = MeasuredBenchRow(peer.name, found.value, found.interval, detector=detector.name, at=AT, note=note)
    return MeasuredBench((row,), pairs, on)


def table(found: MeasuredBench) -> str:
    """Write the measurement in a line."""
    return "\n".join(f"{row.detector}, {row.at}: {row.note}, {row.peer}" for row in found.rows)
