"""Run AutoAttack for two classes: each attack on what those before did not flip."""

from __future__ import annotations

import torch
from torch import Tensor

from ...registry import Param
from ...types import Settings
from ..base import ATTACKS, EPS, AttackFacts
from ..engine.logits import per_image
from ..engine.parameters import steps_param
from ..engine.query import Query
from . import apgd, fab
from .square import square


def _passes(settings: Settings) -> tuple[int, int]:
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
    facts=AttackFacts(
        norm="Linf",
        access="white",
        presets={"croce2020": {"steps": 100, "queries": 5000}},
        passes=_passes,
    ),
)
def autoattack2(model: Query, x: Tensor, y: Tensor, *, eps: float, steps: int, queries: int) -> Tensor:
    """Run APGD on the cross entropy, then FAB, then Square, until one succeeds.

    Differs: without APGD on the DLR loss and without its targeted form, which divide by the third largest logit and do
    not exist for two classes. FAB is ours: the one in torchattacks leaves gradients on the detector's weights.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        steps: iterations of APGD and of FAB.
        queries: of Square at most.
    """
    best, lowest = apgd.one_run(model, x, y, eps=eps, steps=steps, loss="cross-entropy")
    adversarial = apgd.adversarial(lowest, y, "cross-entropy")
    if model.retire(adversarial):
        return best
    near = fab.search(model, x, y, eps=eps, steps=steps, random_start=False)
    distance = (near - x).abs().flatten(1).amax(1)
    found = ~adversarial & (distance > 0) & (distance <= eps)
    best, adversarial = torch.where(per_image(found), near, best), adversarial | found
    if model.retire(adversarial):
        return best
    last = square(model, x, y, eps=eps, queries=queries, p=0.8)
    return torch.where(per_image(adversarial), best, last)
