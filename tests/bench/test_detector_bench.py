"""The bench of two detectors: a cost beside a peer's, kept where measurements are kept."""

from __future__ import annotations

import json

import torch
from known_models import CARD
from torch import nn

from core.bench import detector_bench
from core.detectors.detector import prepare
from core.output.value_records import value_record
from core.types.measured_results import MeasuredBench
from core.types.measurement import Measurement


class Working(nn.Module):
    """Two logits, after as many products of matrices as asked for."""

    def __init__(self, work: int) -> None:
        super().__init__()
        self.work, self.linear = work, nn.Linear(1, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        square = x.new_ones(128, 128)
        for _ in range(self.work):
            square = square @ square / 128
        logits: torch.Tensor = self.linear(x.mean((1, 2, 3))[:, None] * square.mean())
        return logits


def test_the_cost_is_told_and_read_back() -> None:
    cheap, dear = prepare("cheap", Working(1), CARD), prepare("dear", Working(400), CARD)
    found = detector_bench.measure(dear, cheap, pairs=3)
    (row,) = found.rows
    assert (row.detector, row.peer, found.pairs, found.threads) == ("dear", "cheap", 3, 1)
    assert row.ratio is not None
    assert row.ratio < 1, "above 1 is faster"
    assert f"costs {1 / row.ratio:.2f} " in row.note
    assert row.note in detector_bench.table(found)
    kept = Measurement("bench-detectors", "x", json.loads(json.dumps(value_record(found)))).result
    assert isinstance(kept, MeasuredBench)
    assert kept == found
