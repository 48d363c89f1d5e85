"""Sweep epsilon or test the gradient: python -m core evaluate sweep|gradient --data DIR."""

from __future__ import annotations

from typing import Annotated

import typer

from ..types import InputError
from .common import Data, Detector, Eps, Json, OnDevice, Record, Seed
from .given_settings import Given, given_settings, names_in, options_given
from .line_progress import LineProgress
from .recording import check_record, report

Queries = Annotated[int, typer.Option(min=1, help="Queries of a black-box attack at most, a face.")]
Limit = Annotated[int, typer.Option(min=1, help="How many faces that are called fake are attacked.")]


def sweep(
    context: typer.Context,
    data: Data,
    attacks: Annotated[str, typer.Option(help="Attacks that an L-inf epsilon bounds, joined by commas.")] = (
        "fgsm,pgd,noise"
    ),
    epsilons: Annotated[str, typer.Option(help="In 1/255, joined by commas; or arif.")] = "0,1,2,4,8,16",
    steps: Annotated[int, typer.Option(min=1, help="Steps of an attack at most.")] = 20,
    queries: Queries = 300,
    set_: Given = None,
    limit: Limit = 50,
    detector: Detector = None,
    seed: Seed = 0,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Measure success and robust accuracy against epsilon on forgeries called fake.

    As Arif, figure 5. Each point with its 95 % intervals (Wilson). What --set says of an attack takes precedence over
    --steps and --queries.
    """
    from ..attacks import ATTACKS
    from ..attacks.analysis.epsilon_sweep import ARIF, can_be_swept, parse_epsilons
    from ..detectors import DEFAULT
    from ..evaluation.sweep_evaluation import evaluate_sweep
    from ..pipeline import load_detector

    names = names_in(attacks)
    if wrong := [name for name in names if not can_be_swept(ATTACKS[name].name)] or ([] if names else ["nothing"]):
        known = ", ".join(name for name in ATTACKS if can_be_swept(name))
        raise InputError(f"--attacks are those that an L-inf epsilon bounds: {known}; what came is {', '.join(wrong)}")
    given = given_settings(set_, attacks=names, taken={"eps": "--epsilons"})
    place = check_record(context, detector or DEFAULT, record, kind="sweep", data=data)
    found = evaluate_sweep(
        load_detector(detector or DEFAULT),
        data,
        attacks=names,
        epsilons=ARIF if epsilons.strip().lower() == "arif" else parse_epsilons(epsilons),
        settings=given,
        steps=steps,
        queries=queries,
        limit=limit,
        seed=seed,
        progress=LineProgress(),
    )
    report(found, place, as_json=json_)


def gradient(
    context: typer.Context,
    data: Data,
    attack: Annotated[str, typer.Argument(help="A white-box attack that an L-inf epsilon bounds.")] = "pgd",
    eps: Eps = None,
    set_: Given = None,
    queries: Queries = 300,
    limit: Limit = 20,
    detector: Detector = None,
    seed: Seed = 0,
    record: Record = None,
    device: OnDevice = None,
    json_: Json = False,
) -> None:
    """Test for a masked gradient by three signs.

    The loss stands still, a larger epsilon is weaker, black box beats white box.
    """
    from ..detectors import DEFAULT
    from ..evaluation.sweep_evaluation import evaluate_gradient
    from ..pipeline import load_detector
    from .options import attack_settings

    given = given_settings(set_, attacks=[attack], taken=options_given(eps=eps))
    settings = attack_settings(attack, eps=eps, given=given[attack])
    place = check_record(context, detector or DEFAULT, record, kind="gradient", data=data)
    found = evaluate_gradient(
        load_detector(detector or DEFAULT),
        data,
        attack=attack,
        settings=settings,
        queries=queries,
        limit=limit,
        seed=seed,
        progress=LineProgress(),
    )
    report(found, place, as_json=json_)
