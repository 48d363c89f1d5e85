"""Register attacks: the registry, and what every attack is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from ..registry import Entry, Param, Registry
from ..types import Settings

# An attack takes a `Query`, images x (N, 3, H, W) in [0, 1], the labels wanted y (N,) and its settings; it returns
# the changed images.
Attack = Callable[..., Tensor]


@dataclass(frozen=True, slots=True)
class AttackFacts:
    """Hold what is known of an attack beside its settings.

    norm: of the budget.
    access: what the attack sees of the detector: its gradient ("white"), its answers ("black"), nothing ("control").
    passes: from settings to the most forward and backward passes that one image takes.
    budget: the setting that holds the size of the budget.
    minimum_norm: whether it looks for the smallest change, not for the surest.
    bf16: whether it follows only the sign of gradients, for which bfloat16 will do.
    needs: what the door has to be handed, by name.
    presets: settings of a paper, by the paper's name.
    detectors_only: whether it is made for detectors of two logits and faces of three channels.
    """

    norm: Literal["Linf", "L2", "L0"]
    access: Literal["white", "black", "control"]
    passes: Callable[[Settings], tuple[int, int]]
    budget: str = "eps"
    minimum_norm: bool = False
    bf16: bool = False
    needs: tuple[str, ...] = ()
    presets: Mapping[str, Settings] = field(default_factory=dict)
    detectors_only: bool = False

    def __post_init__(self) -> None:
        if self.norm not in ("Linf", "L2", "L0"):
            raise ValueError(f"an attack's norm is Linf, L2 or L0; what came is {self.norm!r}")
        if self.access not in ("white", "black", "control"):
            raise ValueError(f"an attack's access is white, black or control; what came is {self.access!r}")


AttackEntry = Entry[Attack, AttackFacts]
ATTACKS: Registry[Attack, AttackFacts] = Registry("attack", AttackFacts)

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


def budget(entry: AttackEntry, given: Settings) -> float:
    """Return the size of the budget, in [0, 1] or, of "L0", in pixels."""
    return float(given[entry.facts.budget])
