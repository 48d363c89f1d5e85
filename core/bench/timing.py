"""Time two calls in turn, and count forward and backward passes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

Work = Callable[[], object]
Clock = Callable[[], float]
SELF = (0.97, 1.03)  # a run in which the peer against itself leaves this is thrown away
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Ratio:
    """Hold the peer's time by ours: median over pairs, 95 % interval."""

    value: float
    interval: tuple[float, float]


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Fix the number of threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def median_ratio(ours: Work, peer: Work, *, pairs: int = 15, seed: int = 0) -> Ratio:
    """Time `ours` and `peer` in turn, alternating who begins, after one warm-up each.

    Processor time of this process, not wall time: what else the machine does stays out.

    Args:
        ours: a call.
        peer: a call.
        pairs: timed runs.
        seed: of the bootstrap.
    """
    return median_of([theirs / mine for mine, theirs in time_pairs(ours, peer, pairs=pairs)], seed=seed)


def time_pairs(ours: Work, peer: Work, *, pairs: int, clock: Clock = time.process_time) -> list[tuple[float, float]]:
    """Return seconds (ours, peer's) of each pair, after one warm-up each.

    Args:
        ours: a call.
        peer: a call.
        pairs: timed runs.
        clock: in seconds; processor time of this process, or `time.perf_counter` where other processes take part.
    """
    ours(), peer()
    found = []
    for number in range(pairs):
        first, second = (_seconds(work, clock) for work in ((ours, peer) if number % 2 else (peer, ours)))
        found.append((first, second) if number % 2 else (second, first))
    return found


def median_of(ratios: list[float], *, seed: int = 0) -> Ratio:
    """Return the median of paired ratios with its bootstrap interval."""
    values = np.asarray(ratios)
    draws = np.median(np.random.default_rng(seed).choice(values, (DRAWS, len(values))), axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Ratio(float(np.median(values)), (float(low), float(high)))


def _seconds(work: Work, clock: Clock) -> float:
    started = clock()
    work()
    return clock() - started


class Counted(nn.Module):
    """Wrap a network and count its passes per image.

    `forwards`, and `backwards` that reach its output. A shallow copy (a replica with other modules) counts into the
    same numbers.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.passes = model, {"forwards": 0, "backwards": 0}
        self.train(model.training)

    def forward(self, x: Tensor) -> Tensor:
        """Compute the network's output (N, K), counted."""
        self.passes["forwards"] += len(x)
        out: Tensor = self.model(x)
        if out.requires_grad:
            out.register_hook(self._back)
        return out

    def _back(self, gradient: Tensor) -> None:
        self.passes["backwards"] += len(gradient)

    @property
    def forwards(self) -> int:
        """Return the forward passes so far."""
        return self.passes["forwards"]

    @property
    def backwards(self) -> int:
        """Return the backward passes so far."""
        return self.passes["backwards"]


def time_in_turn(works: dict[str, Work], *, rounds: int, clock: Clock = time.process_time) -> list[dict[str, float]]:
    """Time several calls in rounds, rotating who begins, after one warm-up each.

    Returns seconds by name for each round; `clock` as in `time_pairs`.
    """
    names = list(works)
    for name in names:
        works[name]()
    found = []
    for number in range(rounds):
        first = number % len(names)
        found.append({name: _seconds(works[name], clock) for name in names[first:] + names[:first]})
    return found
