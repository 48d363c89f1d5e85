"""Two ways to do the same, timed in turn; and forward and backward passes counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

Work = Callable[[], object]
SELF = (0.97, 1.03)  # a run in which the peer against itself leaves this is thrown away
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Ratio:
    """`value`: how many times longer the peer took, the median over pairs; `interval`: 95 %, by bootstrap."""

    value: float
    interval: tuple[float, float]


@contextmanager
def threads(number: int) -> Iterator[None]:
    """A fixed number of threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def paired(ours: Work, peer: Work, *, pairs: int = 15, seed: int = 0) -> Ratio:
    """Time `ours` and `peer` in turn, who begins changes from pair to pair; each is done once before.

    Processor time of this process, not the clock on the wall: what else the machine does stays out.
    """
    return median_of([theirs / mine for mine, theirs in timed(ours, peer, pairs=pairs)], seed=seed)


def timed(ours: Work, peer: Work, *, pairs: int) -> list[tuple[float, float]]:
    """Seconds (ours, the peer's) of each pair; each is done once before, and that is not timed."""
    ours(), peer()
    found = []
    for number in range(pairs):
        first, second = (_seconds(work) for work in ((ours, peer) if number % 2 else (peer, ours)))
        found.append((first, second) if number % 2 else (second, first))
    return found


def median_of(ratios: list[float], *, seed: int = 0) -> Ratio:
    """The median of paired ratios with its bootstrap interval."""
    values = np.asarray(ratios)
    draws = np.median(np.random.default_rng(seed).choice(values, (DRAWS, len(values))), axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Ratio(float(np.median(values)), (float(low), float(high)))


def _seconds(work: Work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


class Counted(nn.Module):
    """A network that counts its passes of one image: `forwards`, and `backwards` that reach its output.

    A shallow copy of it (a twin with other modules) counts into the same numbers.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.passes = model, {"forwards": 0, "backwards": 0}
        self.train(model.training)

    def forward(self, x: Tensor) -> Tensor:
        """The network's output (N, K), counted."""
        self.passes["forwards"] += len(x)
        out: Tensor = self.model(x)
        if out.requires_grad:
            out.register_hook(self._back)
        return out

    def _back(self, gradient: Tensor) -> None:
        self.passes["backwards"] += len(gradient)

    @property
    def forwards(self) -> int:
        """Passes forward so far."""
        return self.passes["forwards"]

    @property
    def backwards(self) -> int:
        """Passes back so far."""
        return self.passes["backwards"]


def in_turn(works: dict[str, Work], *, rounds: int) -> list[dict[str, float]]:
    """Seconds of processor time of each of several works, in rounds; who begins changes from round to round.

    Each is done once before.
    """
    names = list(works)
    for name in names:
        works[name]()
    found = []
    for number in range(rounds):
        first = number % len(names)
        found.append({name: _seconds(works[name]) for name in names[first:] + names[:first]})
    return found
