"""Train the network that reads signs of attacks."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional

from ..attack_detectors.attack_signs import ALIGNMENT_SIGNS
from ..attack_detectors.sign_network import LIMIT, MEMBERS, SignMember, SignNetwork
from ..detectors.detector import Detector
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..types import Array
from .sign_examples import NoiseExamples, SignExamples, noise_examples, sign_examples

NOISE_FACES = 600  # of each set, for the line that knows no detector
ROUNDS = 600  # over all examples
FALSE_ALARMS = 0.05  # on each group of clean media
GROUPS = {"as it is": ("as it is",), "placebos": ("placebo",), "noise": ("noise", "grain")}


@dataclass(frozen=True, slots=True)
class SignFacts:
    """Hold what a training found, on people left out of the member that judged.

    auc_perturbed: placebos and attacks against everything else.
    auc_carries: attacks against everything else.
    found: share of attacks at the threshold.
    alarms: share of everything else at the threshold.
    """

    seed: int
    faces: int
    examples: int
    attacked: int
    minutes: float
    auc_perturbed: float | None
    auc_carries: float | None
    found: float
    alarms: float


def train_signs(
    detector: Detector, data: Path, *, faces: int, seed: int = 0, progress: Progress = NO_PROGRESS
) -> tuple[SignNetwork, SignFacts]:
    """Train on the val split, whose people the detector was not trained on.

    Args:
        detector: the one that is attacked.
        data: a folder with `dfdc/`, `faces/`, or both.
        faces: how many pairs of a real face and its forgery.
        seed: of every random choice.
        progress: told each pair; a stop raises `StopRequested`.
    """
    started = time.monotonic()
    examples = sign_examples(detector, data, "val", faces=faces, seed=seed, progress=progress)
    more = noise_examples(data, faces=NOISE_FACES, seed=seed, progress=progress)
    network, facts = fit_signs(examples, more, faces=faces, seed=seed)
    return network, replace(facts, minutes=round((time.monotonic() - started) / 60, 1))


def fit_signs(
    examples: SignExamples, more: NoiseExamples, *, faces: int, seed: int = 0
) -> tuple[SignNetwork, SignFacts]:
    """Fit the members, join their answers, and set the thresholds.

    Each is judged on people that it never saw.

    Args:
        examples: with both kinds of signs.
        more: signs of noise of other people, for the line that knows no detector.
        faces: how many pairs the examples are of.
        seed: of weights and folds.
    """
    torch.manual_seed(seed)
    network = SignNetwork()
    folds = np.random.default_rng(seed).permutation(examples.people.max() + 1)[examples.people] % MEMBERS
    left_out = _fit_members(network, examples, more, folds)
    _join(network, left_out, examples.attacked)
    with torch.no_grad():
        attacked = network.joined(left_out)[:, 0].numpy()
    thresholds = (
        0.0,  # a score of one half: the first line alone accuses nobody
        float(np.quantile(left_out[~examples.attacked, 1].numpy(), 1 - FALSE_ALARMS)),
        threshold(attacked, examples, examples.attacked),
    )
    network.thresholds.copy_(torch.tensor(thresholds))
    return network.eval(), _facts(examples, left_out, attacked >= thresholds[2], faces=faces, seed=seed)


def _facts(examples: SignExamples, left_out: Tensor, found: Array, *, faces: int, seed: int) -> SignFacts:
    perturbed, carries = left_out.numpy().T
    return SignFacts(
        seed=seed,
        faces=faces,
        examples=len(found),
        attacked=int(examples.attacked.sum()),
        minutes=0.0,
        auc_perturbed=auc(perturbed[~examples.perturbed], perturbed[examples.perturbed]),
        auc_carries=auc(carries[~examples.attacked], carries[examples.attacked]),
        found=float(found[examples.attacked].mean()),
        alarms=float(found[~examples.attacked].mean()),
    )


def _fit_members(network: SignNetwork, examples: SignExamples, more: NoiseExamples, folds: Array) -> Tensor:
    """Fit each member without one fifth of the people.

    Returns the logits (N, 2) of those left out.
    """
    noise, alignment = (torch.from_numpy(part).float() for part in (examples.noise, examples.alignment))
    left_out = torch.zeros(len(noise), 2)
    for number in range(MEMBERS):
        train, test = torch.from_numpy(folds != number), torch.from_numpy(folds == number)
        lines = (
            (network.perturbed, noise, examples.perturbed, more.noise, more.perturbed),
            (network.carries, alignment, examples.attacked, more.noise[:0, :ALIGNMENT_SIGNS], more.perturbed[:0]),
        )
        for column, (members, signs, truth, other_signs, other_truth) in enumerate(lines):
            member = members[number]
            assert isinstance(member, SignMember)
            known = torch.cat([signs[train], torch.from_numpy(other_signs).float()])
            _fit(member, known, torch.cat([torch.from_numpy(truth)[train], torch.from_numpy(other_truth)]))
            with torch.no_grad():
                left_out[test, column] = member.eval()(signs[test])
    return left_out


def threshold(scores: Array, examples: SignExamples, positive: Array) -> float:
    """Choose the score that 5 % of each group of clean media reach."""
    clean = ~positive
    kinds = np.asarray([_group(kind) for kind in examples.kinds])
    groups = [scores[clean & (kinds == kind)] for kind in np.unique(kinds[clean])]
    return float(max(np.quantile(them, 1 - FALSE_ALARMS, method="higher") for them in groups) + 1e-4)


def _group(kind: str) -> str:
    return next((name for name, begins in GROUPS.items() if kind.startswith(begins)), "processed")


def _fit(member: SignMember, signs: Tensor, truth: Tensor) -> None:
    """Fit one member by full-batch AdamW with equal weight on both classes."""
    member.mean.copy_(signs.mean(0))
    member.scale.copy_(signs.std(0).clamp_min(1e-6))
    optimiser = torch.optim.AdamW(member.parameters(), lr=5e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, ROUNDS)
    weight = torch.where(truth, 0.5 / truth.float().mean(), 0.5 / (1 - truth.float().mean()))
    member.train()
    for _ in range(ROUNDS):
        loss = functional.binary_cross_entropy_with_logits(member(signs), truth.float(), weight=weight)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()


def _join(network: SignNetwork, left_out: Tensor, attacked: Array) -> None:
    found = LogisticRegression(class_weight="balanced").fit(left_out.clamp(-LIMIT, LIMIT).numpy(), attacked)
    with torch.no_grad():
        network.join.weight.copy_(torch.from_numpy(found.coef_).float())
        network.join.bias.copy_(torch.from_numpy(found.intercept_).float())
