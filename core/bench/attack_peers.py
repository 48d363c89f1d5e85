"""Define what is compared: our attacks, the libraries' with equal budgets, passes needed."""

from __future__ import annotations

import importlib
import importlib.metadata
import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

Call = Callable[[Tensor, Tensor], Tensor]  # images (1, 3, H, W) and the labels they have, to changed images
Make = Callable[[nn.Module], Call]
Need = Callable[[dict[str, Any], int | None], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class PeerPair:
    """Define one row: `attack` with `settings` against the one of `peer` from `make`.

    need: from the settings and the number of the first forward pass predicted as the target (None: none) to the forward
        and backward passes that the algorithm needs by definition.
    stop_at: score of the target at which ours stops.
    by_pass: each ends at its first success, by luck sooner or later, so the time of a pass is compared.
    """

    attack: str
    peer: str
    at: Literal["equal steps", "equal success"]
    settings: dict[str, Any]
    make: Make
    need: Need
    stop_at: float | None = None
    by_pass: bool = False


def _torchattacks(name: str, **settings: Any) -> Make:
    def make(model: nn.Module) -> Call:
        call: Call = getattr(importlib.import_module("torchattacks"), name)(model, **settings)
        return call

    return make


def _foolbox(name: str, *, epsilon: float | None = None, **settings: Any) -> Make:
    def make(model: nn.Module) -> Call:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of SciPy, about foolbox
            foolbox: Any = importlib.import_module("foolbox")
        wrapped, attack = foolbox.PyTorchModel(model, (0, 1), "cpu"), getattr(foolbox.attacks, name)(**settings)
        return lambda x, y: attack(wrapped, x, y, epsilons=epsilon)[1]

    return make


def _steps(settings: dict[str, Any], first: int | None) -> tuple[int, int]:
    """Count a gradient per step."""
    return settings.get("steps", 1), settings.get("steps", 1)


def _until_success(settings: dict[str, Any], first: int | None) -> tuple[int, int]:
    """Count a gradient per step, and nothing after the first success."""
    return _steps(settings, None) if first is None else (first, first - 1)


def _apgd(settings: dict[str, Any], first: int | None) -> tuple[int, int]:
    """Count a gradient at the start and at each step."""
    return settings["steps"] + 1, settings["steps"]


def _newton(settings: dict[str, Any], first: int | None) -> tuple[int, int]:
    """Count a gradient per Newton step, and the pass that crosses the boundary."""
    needed = settings["steps"] + 1 if first is None else first
    return needed, needed - 1


def _queries(settings: dict[str, Any], first: int | None) -> tuple[int, int]:
    return settings["queries"] if first is None else first, 0


def _generations(settings: dict[str, Any], first: int | None) -> tuple[int, int]:
    """Count the population, and as many children a generation, until the first success."""
    people, most = settings["population"], settings["steps"] + 1
    return people * (most if first is None else min(most, math.ceil(first / people))), 0


EPS, ONE = 16 / 255, 1 / 255
FGSM = {"eps": EPS, "loss": "cross-entropy"}
BIM = {**FGSM, "steps": 40, "alpha": ONE}
PGD = {**FGSM, "steps": 40, "alpha": 2 * ONE}
LONG = {**PGD, "steps": 100}
APGD = {**FGSM, "steps": 40, "restarts": 1}
SQUARE = {"eps": EPS, "queries": 1000, "p": 0.8}
NEWTON = {"steps": 50, "overshoot": 0.02}
PIXEL = {"pixels": 1, "population": 20, "steps": 5}

JOBS = (
    PeerPair("fgsm", "torchattacks", "equal steps", FGSM, _torchattacks("FGSM", eps=EPS), _steps),
    PeerPair("fgsm", "foolbox", "equal steps", FGSM, _foolbox("LinfFastGradientAttack", epsilon=EPS), _steps),
    PeerPair("bim", "torchattacks", "equal steps", BIM, _torchattacks("BIM", eps=EPS, alpha=ONE, steps=40), _steps),
    PeerPair(
        "bim",
        "foolbox",
        "equal steps",
        BIM,
        _foolbox("LinfBasicIterativeAttack", epsilon=EPS, abs_stepsize=ONE, steps=40),
        _steps,
    ),
    PeerPair("pgd", "torchattacks", "equal steps", PGD, _torchattacks("PGD", eps=EPS, alpha=2 * ONE, steps=40), _steps),
    PeerPair(
        "pgd", "foolbox", "equal steps", PGD, _foolbox("LinfPGD", epsilon=EPS, abs_stepsize=2 * ONE, steps=40), _steps
    ),
    PeerPair(
        "pgd",
        "torchattacks",
        "equal success",
        LONG,
        _torchattacks("PGD", eps=EPS, alpha=2 * ONE, steps=100),
        _until_success,
        stop_at=0.5,
    ),
    PeerPair("apgd", "torchattacks", "equal steps", APGD, _torchattacks("APGD", eps=EPS, steps=40), _apgd),
    PeerPair(
        "square",
        "torchattacks",
        "equal steps",
        SQUARE,
        _torchattacks("Square", eps=EPS, n_queries=1000),
        _queries,
        by_pass=True,
    ),
    PeerPair(
        "square", "torchattacks", "equal success", SQUARE, _torchattacks("Square", eps=EPS, n_queries=1000), _queries
    ),
    PeerPair("deepfool-l2", "torchattacks", "equal success", NEWTON, _torchattacks("DeepFool", **NEWTON), _newton),
    PeerPair(
        "deepfool-l2",
        "foolbox",
        "equal success",
        NEWTON,
        _foolbox("L2DeepFoolAttack", candidates=2, **NEWTON),
        _newton,
    ),
    PeerPair(
        "deepfool", "foolbox", "equal success", NEWTON, _foolbox("LinfDeepFoolAttack", candidates=2, **NEWTON), _newton
    ),
    PeerPair(
        "one-pixel",
        "torchattacks",
        "equal steps",
        PIXEL,
        _torchattacks("OnePixel", steps=5, popsize=20),
        _generations,
        by_pass=True,
    ),
)
# What is timed against itself.
ITSELF = PeerPair("bim", "torchattacks", "equal steps", BIM, _torchattacks("BIM", eps=EPS, alpha=ONE, steps=4), _steps)


def versions() -> dict[str, str | None]:
    """Return the version of each library; None where it is not installed."""
    found: dict[str, str | None] = {}
    for name in dict.fromkeys(job.peer for job in JOBS):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found
