"""Register attacks: the registry, and what every attack is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ..registry import Entry, Param, Registry
from ..types import Settings

# An attack takes a `Query`, images x (N, 3, H, W) in [0, 1], the labels wanted y (N,) and its settings; it returns
# the changed images. Its facts: `norm` "Linf", "L2" or "L0", of the budget in the setting `budget` ("eps" unless
# told); `box` "white", "black" or "control"; `presets` of papers; `passes`, from settings to the most forward and
# backward passes of one image; `least` where the smallest change is sought; `half` where only a gradient's sign is
# followed and bfloat16 will do; `needs`, what the door has to be handed.
Attack = Callable[..., Tensor]
ATTACKS: Registry[Attack] = Registry("attack")

EPS = Param(
    "eps",
    16 / 255,
    low=0,
    high=64 / 255,
    unit="/255",
    scale=255,
    step=1,
    help="The largest change of a pixel's channel (L-inf), in steps of 1/255. Pinhasov et al. use 16/255.",
)
EPS_L2 = Param(
    "eps",
    10.0,
    low=0,
    high=200,
    unit="of [0, 1]",
    step=0.5,
    help="The largest Euclidean length of the whole change, values in 0 to 1: longer ones are cut to it.",
)


@dataclass(frozen=True, slots=True)
class EvadedDetector:
    """Hold the attack detector that an attack has to evade.

    Attributes:
        logits: differentiable, from crops (N, 3, H, W) and raw maps (N, 1, H, W) to (N, 2) [unattacked, attacked].
        map: name of the map that it reads.
    """

    logits: Callable[[Tensor, Tensor], Tensor]
    map: str


def budget(entry: Entry[Attack], given: Settings) -> float:
    """Return the size of the budget, in [0, 1] or, of "L0", in pixels."""
    return float(given[entry.facts.get("budget", "eps")])
