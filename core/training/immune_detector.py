"""Retrain a deepfake detector with attacked faces, and measure it before and after."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..attacks.analysis.epsilon_sweep import record, sweep
from ..detectors import DETECTORS, Detector
from ..detectors.checkpoints import status, user_checkpoints
from ..detectors.detector import prepare
from ..detectors.device import put_on
from ..evaluation.sweep_evaluation import SaidPoints
from ..metrics.roc import auc
from ..output.value_records import value_record
from ..progress import NO_PROGRESS, Progress
from ..storage.files import atomic_write
from ..studies.attack_rounds import Lane, run_rounds
from ..studies.base import StudyContext
from ..studies.picture_attacks import AttackedPictures, PictureAttack, fgsm_by_gain, one_pixel, pgd_by_gain
from ..studies.picture_folders import Pictures
from ..studies.picture_training import Training, logits_of, predicted, trained
from ..studies.vgg_networks import Recipe
from ..types import InputError, content_id
from ..types.attack_metrics import SweepRow
from ..types.model_card import DetectorCard
from .detector_trainer import fixed_checks
from .training_facts import ImmuneTraining, RobustnessFacts
from .training_recipe import to_side

ATTACKS: dict[str, Callable[[], PictureAttack]] = {
    "fgsm": fgsm_by_gain,
    "one-pixel": lambda: one_pixel(40, 5),
    "pgd": lambda: pgd_by_gain(10),
}
RECIPE = Recipe(2, 0.0005, True, 0.0, 16, True, 2, 0.0005, frozen_norm=True)
SWEPT, EPSILONS, STEPS = ("fgsm", "pgd"), (0.0, 1 / 255, 2 / 255, 4 / 255, 8 / 255), 10  # of the sweep before and after


@dataclass(frozen=True, slots=True)
class ImmunePlan:
    """Hold what a retraining is asked for.

    network: whose weights it begins with; attack: in `ATTACKS`; minutes: half of them are spent on attacks before at
    most, a quarter on those after; faces: training and judged originals at most; name: of the new detector.
    """

    network: str
    attack: str
    minutes: float
    faces: tuple[int, int]
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """Hold the parts of a retraining.

    context: seed, minutes, progress; plan; attack; train, judged: faces; folder: of blocks and weights.
    """

    context: StudyContext
    plan: ImmunePlan
    attack: PictureAttack
    train: Pictures
    judged: Pictures
    folder: Path


def planned(network: str, attack: str, *, minutes: float, faces: tuple[int, int], name: str | None) -> ImmunePlan:
    """Check what a retraining is asked for, before any work.

    Args:
        network: a detector with weights at hand.
        attack: one of `ATTACKS`.
        minutes: of the attacks and the retraining, about.
        faces: training originals, judged originals.
        name: of the new detector; None: made from network and attack.
    """
    if attack not in ATTACKS:
        raise InputError(f"--immune is one of {', '.join(ATTACKS)}; what came is {attack!r}")
    if network not in status.detector_names():
        raise InputError(f"--network is one of {', '.join(status.detector_names())}; what came is {network!r}")
    if not minutes > 0 or min(faces) < 2:
        raise InputError(f"a retraining takes minutes above 0 and 2 faces or more; what came is {minutes:g}, {faces}")
    name = name or f"{network}-immune-{attack}"
    if name in DETECTORS:
        raise InputError(f"{name} is the name of a detector that is listed already; give another --name")
    user_checkpoints.check_name(name)
    return ImmunePlan(network, attack, minutes, faces, name)


def immune_detector(
    plan: ImmunePlan, data: Path, out: Path, *, seed: int = 0, device: str = "cpu", progress: Progress = NO_PROGRESS
) -> ImmuneTraining:
    """Retrain a detector with the faces that an attack turns.

    The new one is added to the own checkpoints. What was attacked is kept in `out`, as are the weights after each
    epoch: a stopped run goes on.

    Args:
        plan: of `planned`.
        data: as `train_detector` takes it; the train split is learned from, the val split judged.
        out: of weights, card, facts, and blocks of attacked faces.
        seed: of every random choice.
        device: "cpu" or "cuda".
        progress: told each step; a stop raises `StopRequested`.

    Source: Klawikowska et al. 2020, section 2.2 (adversarial retraining from the clear weights, with the successfully
    attacked pictures added). Differs: FGSM and PGD at the smallest epsilon that turns a face, up to 8/255.
    """
    card, path = status.locate(plan.network)
    network = put_on(status.build_network(plan.network, card, path), device)
    before, work = prepare(plan.network, network, card), _prepared(plan, card, data, out, seed, progress)
    turned = _turned(work, before.model, "before", work.train)
    if not len(turned["train"].rows):
        raise InputError(f"{work.attack.title} turns none of {turned['train'].n} faces: there is nothing to learn from")
    attacked = _correct(before, work.train, turned["train"].n)
    immune = _retrained(work, copy.deepcopy(network), turned["train"], attacked)
    after = prepare(plan.name, immune, card)
    later = replace(work, context=replace(work.context, minutes=plan.minutes / 4, begun=time.monotonic()))
    again = _turned(later, after.model, f"after-{turned['train'].n}", None)
    both = min(turned["judged"].n, again["judged"].n)  # before and after are of the same faces
    facts = ImmuneTraining(
        network=plan.network,
        attack=work.attack.title,
        settings=repr(work.attack.tries),
        seed=seed,
        faces=len(work.train),
        attacked=attacked,
        added=len(turned["train"].rows),
        judged=len(work.judged),
        before=_measured(work, before, turned["judged"].first(both)),
        after=_measured(work, after, again["judged"].first(both)),
    )
    _release(work, work.folder / f"{_weights(turned['train'])}.safetensors", facts, card, out)
    return facts


def _prepared(plan: ImmunePlan, card: DetectorCard, data: Path, out: Path, seed: int, progress: Progress) -> _Work:
    train, judged = (
        _faces(data, split, seed, limit) for split, limit in zip(("train", "val"), plan.faces, strict=True)
    )
    attack = ATTACKS[plan.attack]()
    folder = out / f"work-{content_id(train.id, judged.id, str(card.sha256), attack.id, str(seed))[:16]}"
    return _Work(StudyContext(data, folder, seed, plan.minutes / 2, progress), plan, attack, train, judged, folder)


def _faces(data: Path, split: str, seed: int, limit: int) -> Pictures:
    """Load a split's faces, as many real (0) as fake (1), in a random order."""
    found = fixed_checks(data, seed=seed, limit=limit, split=split)
    if not found:
        raise InputError(f"{data} holds neither pairs (dfdc.jsonl) nor faces (faces.jsonl), also not in dfdc/, faces/")
    kinds = [pair for own in found.values() for pair in own.items()]
    images = [(to_side(one), int(kind != "real")) for kind, them in kinds for one in them]
    pictures = Pictures(
        torch.from_numpy(np.stack([one for one, _ in images])).permute(0, 3, 1, 2).contiguous(),
        torch.tensor([label for _, label in images]),
    )
    mixed = pictures.at(torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed)))
    each = int(mixed.labels.bincount(minlength=2).min())
    kept = torch.cat([(mixed.labels == label).nonzero()[:each, 0] for label in (0, 1)])
    return mixed.at(kept.sort().values)


def _turned(work: _Work, model: nn.Module, when: str, train: Pictures | None) -> dict[str, AttackedPictures]:
    """Attack judged faces, and those of the training where they are given."""
    lanes = {"judged": Lane(work.folder / when / "judged", model, work.judged, work.attack)}
    if train is not None:
        lanes["train"] = Lane(work.folder / when / "train", model, train, work.attack, pace=3)
    return run_rounds(work.context, lanes)


def _correct(detector: Detector, pictures: Pictures, n: int) -> int:
    """Count the correctly classified of the first `n` pictures. These are attacked."""
    return int((predicted(detector.model, pictures.images[:n]) == pictures.labels[:n]).sum())


def _weights(turned: AttackedPictures) -> str:
    return f"immune-{turned.n}"


def _retrained(work: _Work, network: nn.Module, turned: AttackedPictures, attacked: int) -> nn.Module:
    """Train on the faces and on those that were turned."""
    training = Training(
        _weights(turned),
        work.train.and_these(turned.labelled(work.train)),
        RECIPE,
        RECIPE.again,
        RECIPE.again_rate,
        work.context.seed,
        {"attack": work.attack.title, "attacked": attacked, "successfully": len(turned.rows)},
        title=f"{work.plan.network}, retrained for {work.attack.title}",
        command=_command(work.plan),
    )
    return trained(network, training, work.folder, work.context.progress)


def _command(plan: ImmunePlan) -> str:
    return f"python -m core train detector --network {plan.network} --immune {plan.attack} --data DIR --out DIR"


def _measured(work: _Work, detector: Detector, turned: AttackedPictures) -> RobustnessFacts:
    """Measure accuracy on clean faces, and robust accuracy on forged ones."""
    logits, labels = logits_of(detector.model, work.judged.images), work.judged.labels
    margins = (logits[:, 1] - logits[:, 0]).cpu().numpy()
    fake = labels.numpy() == 1
    forged = [one.permute(1, 2, 0).numpy() for one in work.judged.images[labels == 1]]
    given = {name: {"steps": STEPS} for name in SWEPT if name != "fgsm"}
    progress = work.context.progress
    found = sweep(
        detector, forged, SWEPT, EPSILONS, settings=given, seed=work.context.seed, progress=SaidPoints(progress)
    )
    progress.check_stop()
    rows: tuple[SweepRow, ...] = record(found)
    ranked = auc(margins[~fake], margins[fake])
    return RobustnessFacts(
        clean_accuracy=round(float(((margins > 0) == fake).mean()), 4),
        auc=None if ranked is None else round(ranked, 4),
        tried=_correct(detector, work.judged, turned.n),
        turned=len(turned.rows),
        sweep=rows,
    )


def _release(work: _Work, weights: Path, facts: ImmuneTraining, card: DetectorCard, out: Path) -> None:
    """Write the facts beside the weights, and add these to the own checkpoints."""
    atomic_write(out / f"{work.plan.name}.json", json.dumps(value_record(facts), indent=2))
    before, after = facts.before, facts.after
    scope = (
        f"{facts.network}, retrained with {facts.added} faces that {facts.attack} turned. On {facts.judged} faces of "
        f"the val split {after.clean_accuracy:.1%} are right, {before.clean_accuracy:.1%} before; the same "
        f"attack turns {after.turned} of {after.tried}, {before.turned} of {before.tried} before."
    )
    status.add(weights, card.layout or facts.network, work.plan.name, scope=scope, kin=card)
