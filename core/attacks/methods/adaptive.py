"""Evade the attack detector too, or keep the map (Pinhasov et al.)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from ...registry import Param
from ...types import InputError, Settings
from ..base import ATTACKS, EPS, AttackFacts, EvadedDetector
from ..engine.differentiable_maps import MAPS, differentiable_map, has_relu, map_passes, with_softplus
from ..engine.parameters import alpha_param, steps_param
from ..engine.projection import clip_linf
from ..engine.query import Query

FORM = Param("form", "pgd", choices=("pgd", "fgsm"), help="Small steps, or a single one of the whole budget.")
BETA = Param(
    "beta",
    20.0,
    low=1,
    high=200,
    step=5,
    help="How sharp the softplus is that stands for ReLU where the map is followed: larger is truer and harder.",
)
WEIGHT = Param("weight", 1.0, low=0, high=1000, step=0.5, help="How much the second term counts; 1 in the paper.")
SHARED = (EPS, FORM, steps_param(40, "Steps of the attack."), alpha_param(1), WEIGHT, BETA)


class _FollowedMap:
    """Compute maps of the softened replica, counted as passes of the detector."""

    def __init__(self, model: Query, name: str, beta: float) -> None:
        if name not in MAPS:
            raise InputError(f"the map {name} cannot be followed by an attack; those that can: {', '.join(MAPS)}")
        network, guided = model.network, name == "guided-backprop"
        self.model, self.name = model, name  # without ReLU nothing is guided, and nothing has to be softened
        self.network = with_softplus(network, beta, guided=guided) if has_relu(network) else network

    def __call__(self, x: Tensor) -> Tensor:
        self.model.add_passes(map_passes(self.name))
        with torch.enable_grad():
            return differentiable_map(
                self.network, x if x.requires_grad else x.detach().requires_grad_(True), self.name
            )


def _descend(
    model: Query,
    clean: Tensor,
    y: Tensor,
    second: Callable[[Tensor], Tensor],
    *,
    eps: float,
    form: str,
    steps: int,
    alpha: float,
    weight: float,
) -> Tensor:
    """Take signed steps down BCE(f, y) + weight * second(x), within `eps` of `clean`.

    Begins at a random point: at the image itself a distance to its own map has no gradient.
    """
    if form == "fgsm":
        steps, alpha = 1, eps
    radius = min(eps, alpha)
    start = torch.empty_like(clean[:1]).uniform_(-radius, radius, generator=model.generator)
    x = (clean + start).clamp(0, 1)
    for _ in range(steps):
        x = x.detach().requires_grad_(True)
        first = functional.cross_entropy(model(x), y, reduction="sum")  # of two logits: the BCE of eq. 3 and 4
        (gradient,) = torch.autograd.grad(first + weight * second(x).sum(), x)
        x = clip_linf(x.detach() - alpha * gradient.nan_to_num(0.0, 0.0, 0.0).sign(), clean, eps)
    return x


def _passes(settings: Settings) -> tuple[int, int]:
    """Count, at each step, the detector's and the map's passes, the latter twice back."""
    steps = 1 if settings["form"] == "fgsm" else settings["steps"]
    of_map = map_passes(str(settings.get("map", "")))
    return steps * (1 + of_map) + of_map * ("map" in settings), steps * (1 + 2 * of_map) + of_map * ("map" in settings)


@ATTACKS.add(
    "adaptive-map",
    title="Adaptive: keeps the map",
    source="Pinhasov et al. 2024, eq. 4; Dombrowski et al. 2019, arXiv:1906.07983, section 4",
    params=(
        *SHARED,
        Param("map", "input-x-gradient", choices=MAPS, help="The map that is to stay as it was."),
    ),
    facts=AttackFacts(
        norm="Linf",
        detectors_only=True,
        access="white",
        presets={"pinhasov2024": {"eps": 16 / 255, "steps": 100, "weight": 1.0}},
        passes=_passes,
    ),
)
def adaptive_map(
    model: Query,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    form: str,
    steps: int,
    alpha: float,
    weight: float,
    beta: float,
    map: str,
) -> Tensor:
    """Minimise BCE + weight * |map(x') - map(x)|_2 / |map(x)|_2, so that the map stays.

    Second order: the distance is followed through the map. In a ReLU network a gradient is constant in pieces, and a
    product with the input (Input x Gradient) could be followed through the input alone; maps are therefore those of a
    softened replica (softplus for ReLU) that shares the weights. Networks without ReLU (SiLU) are followed as they are.
    Differs: the distance is relative to the map's own length, because maps differ by orders of magnitude; the softened
    replica; the random start, without which the distance has no gradient, also in the FGSM form.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        form: "pgd" or "fgsm", a single step of `eps`.
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        weight: of the map's distance.
        beta: sharpness of the softplus.
        map: name of the map to keep.
    """
    followed = _FollowedMap(model, map, beta)
    kept = followed(x).detach()
    length = kept.flatten(1).norm(dim=1).clamp_min(1e-12)

    def distance(at: Tensor) -> Tensor:
        return ((followed(at) - kept).flatten(1).square().sum(1) + 1e-12 * length.square()).sqrt() / length

    return _descend(model, x, y, distance, eps=eps, form=form, steps=steps, alpha=alpha, weight=weight)


@ATTACKS.add(
    "adaptive-detector",
    title="Adaptive: evades the attack detector too",
    source="Pinhasov et al. 2024, eq. 3",
    params=SHARED,
    facts=AttackFacts(
        norm="Linf",
        detectors_only=True,
        access="white",
        needs=("detector_to_evade",),
        presets={"pinhasov2024": {"eps": 16 / 255, "steps": 100, "weight": 1.0}},
        passes=_passes,
    ),
)
def adaptive_detector(
    model: Query,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    form: str,
    steps: int,
    alpha: float,
    weight: float,
    beta: float,
    detector_to_evade: EvadedDetector,
) -> Tensor:
    """Minimise BCE(f, y) + weight * BCE(g, unattacked): evade detector and attack detector.

    The attack detector's reading is followed through the crop x (N, 3, H, W) and through the map it reads, softened as
    in `adaptive_map`. Differs: the softened replica, the random start, the weight.

    Args:
        model: the detector, as a query.
        x: images (N, 3, H, W) in [0, 1].
        y: target labels (N,).
        eps: L-inf budget, in [0, 1].
        form: "pgd" or "fgsm", a single step of `eps`.
        steps: how many steps.
        alpha: length of a step, in [0, 1].
        weight: of the attack detector's loss.
        beta: sharpness of the softplus.
        detector_to_evade: the attack detector.
    """
    followed = _FollowedMap(model, detector_to_evade.map, beta)
    unattacked = torch.zeros(len(x), dtype=torch.long)

    def evasion(at: Tensor) -> Tensor:
        return functional.cross_entropy(detector_to_evade.logits(at, followed(at)), unattacked, reduction="none")

    return _descend(model, x, y, evasion, eps=eps, form=form, steps=steps, alpha=alpha, weight=weight)
