"""How attacks do over many faces: python -m core evaluate sweep|gradient --data DIR."""

from __future__ import annotations

from typing import Annotated

import typer

from ..types import InputError
from .common import Data, Json, Record, Seed, measured, say

Queries = Annotated[int, typer.Option(min=1, help="Queries of a black-box attack at most, a face.")]
Detector = Annotated[str | None, typer.Option(help="A registered detector; the default one if not given.")]
Limit = Annotated[int, typer.Option(min=1, help="How many faces that are called fake are attacked.")]


def sweep(
    data: Data,
    attacks: Annotated[str, typer.Option(help="Attacks that an L-inf epsilon bounds, joined by commas.")] = (
        "fgsm,pgd,noise"
    ),
    epsilons: Annotated[str, typer.Option(help="In 1/255, joined by commas; or arif.")] = "0,1,2,4,8,16",
    steps: Annotated[int, typer.Option(min=1, help="Steps of an attack at most.")] = 20,
    queries: Queries = 300,
    limit: Limit = 50,
    detector: Detector = None,
    seed: Seed = 0,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Success and robust accuracy against epsilon over the forgeries of a folder that are called fake (Arif, figure 5).

    Each point with its 95 % intervals (Wilson).
    """
    from ..attacks import ATTACKS
    from ..attacks.analysis.epsilon_sweep import ARIF, can_be_swept, parse_epsilons
    from ..detectors import DEFAULT
    from ..evaluation.sweep_evaluation import evaluate_sweep
    from ..pipeline import load_detector

    names = list(dict.fromkeys(name.strip() for name in attacks.split(",") if name.strip()))
    if wrong := [name for name in names if not can_be_swept(ATTACKS[name].name)] or ([] if names else ["nothing"]):
        known = ", ".join(name for name in ATTACKS if can_be_swept(name))
        raise InputError(f"--attacks are those that an L-inf epsilon bounds: {known}; what came is {', '.join(wrong)}")
    found = evaluate_sweep(
        load_detector(detector or DEFAULT),
        data,
        attacks=names,
        epsilons=ARIF if epsilons.strip().lower() == "arif" else parse_epsilons(epsilons),
        steps=steps,
        queries=queries,
        limit=limit,
        seed=seed,
        report=say,
    )
    measured(detector or DEFAULT, record, found, json_)


def gradient(
    data: Data,
    attack: Annotated[str, typer.Argument(help="A white-box attack that an L-inf epsilon bounds.")] = "pgd",
    eps: Annotated[float, typer.Option(help="The attack's budget, in 1/255 (above 0, up to 64).")] = 16,
    queries: Queries = 300,
    limit: Limit = 20,
    detector: Detector = None,
    seed: Seed = 0,
    record: Record = None,
    json_: Json = False,
) -> None:
    """Three signs of a masked gradient: the loss stands still, larger epsilon is weaker, black box beats white box."""
    from ..detectors import DEFAULT
    from ..evaluation.sweep_evaluation import evaluate_gradient
    from ..pipeline import load_detector
    from .options import attack_settings

    settings = dict(attack_settings(attack, eps=eps))
    found = evaluate_gradient(
        load_detector(detector or DEFAULT),
        data,
        attack=attack,
        settings=settings,
        queries=queries,
        limit=limit,
        seed=seed,
        report=say,
    )
    measured(detector or DEFAULT, record, found, json_)
