"""AutoAttack for two classes: its attacks one after the other, each on what those before did not fool."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ...registry import Param
from ..base import ATTACKS, EPS
from ..engine.counted_model import per_picture, retire
from ..engine.parameters import steps_param
from . import apgd, fab
from .square import square


def _passes(settings: dict[str, Any]) -> tuple[int, int]:
    steps = settings["steps"]
    return 2 * steps + 1 + settings["queries"], 2 * steps


@ATTACKS.add(
    "autoattack2",
    title="AutoAttack for two classes: APGD-CE, FAB, Square",
    source="Croce and Hein 2020, arXiv:2003.01690, section 5",
    params=(
        EPS,
        steps_param(100, "Iterations of APGD and of FAB."),
        Param("queries", 5000, low=1, high=20000, step=100, help="Queries of Square at most."),
    ),
    norm="Linf",
    box="white",
    presets={"croce2020": {"steps": 100, "queries": 5000}},
    passes=_passes,
)
def autoattack2(model: nn.Module, x: Tensor, y: Tensor, *, eps: float, steps: int, queries: int) -> Tensor:
    """APGD on the cross entropy, then FAB, then Square, until the picture x (N, 3, H, W) is called `y`.

    Differs: without APGD on the DLR loss and without its targeted form, which divide by the third largest logit and do
    not exist for two classes. FAB is ours: the one in torchattacks leaves gradients on the detector's weights.
    """
    best, lowest = apgd.one_run(model, x, y, eps=eps, steps=steps, loss="cross-entropy")
    fooled = lowest < torch.tensor(2.0).log()
    if retire(model, fooled):
        return best
    near = fab.search(model, x, y, eps=eps, steps=steps, random_start=False)
    distance = (near - x).abs().flatten(1).amax(1)
    found = ~fooled & (distance > 0) & (distance <= eps)
    best, fooled = torch.where(per_picture(found), near, best), fooled | found
    if retire(model, fooled):
        return best
    last = square(model, x, y, eps=eps, queries=queries, p=0.8)
    return torch.where(per_picture(fooled), best, last)
