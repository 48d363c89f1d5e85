"""Record p_fake at each query, and snapshots to be judged between steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...media.images import to_array, to_uint8
from ...types import Array, AttackStep
from .callbacks import AttackCallbacks
from .goal import Goal


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Hold the image (1, 3, H, W) asked about at a step; not yet projected."""

    step: AttackStep
    image: Tensor


@contextmanager
def callers_state() -> Iterator[None]:
    """Give an observer the caller's torch state: gradients on."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


class Trajectory:
    """Record p_fake at each query; keep snapshots until the attack detector has judged them.

    Attributes:
        p_fake: the score at each query.
        p_attacked: (step, the attack detector's score) of each snapshot that was judged.
        seconds: what the judging took: it is not the attack's.
    """

    def __init__(self, goal: Goal, callbacks: AttackCallbacks) -> None:
        self.goal, self.callbacks = goal, callbacks
        self.p_fake: list[float] = []
        self.p_attacked: list[tuple[int, float | None]] = []
        self.seconds = 0.0
        self._pending: list[Snapshot] = []

    def record(self, step: AttackStep, image: Tensor, *, first_success: bool) -> None:
        """Record a query about `image` (1, 3, H, W), with a snapshot where its turn has come."""
        self.p_fake.append(step.p_fake)
        if self.callbacks.p_attacked and (first_success or (step.step - 1) % self.callbacks.every == 0):
            self._pending.append(Snapshot(step, image))

    def judge_snapshots(self) -> None:
        """Ask the attack detector about the snapshots kept since the last call."""
        if self._pending and self.callbacks.p_attacked:
            begun = time.perf_counter()
            with callers_state():
                while self._pending:
                    self._judge(self._pending.pop(0), self.callbacks.p_attacked)
            self.seconds += time.perf_counter() - begun

    def _judge(self, snapshot: Snapshot, p_attacked: Callable[[Array], float | None]) -> None:
        """Ask about one snapshot, as 8 bits within budget."""
        image = to_uint8(to_array(self.goal.project(snapshot.image, slice(1))))
        score = p_attacked(image)
        self.p_attacked.append((snapshot.step.step, score))
        if score is not None:
            self.callbacks.progress.emit(replace(snapshot.step, p_attacked=score))
