"""Train what tells wholly synthetic faces from real and swapped ones."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..detectors.calibration.fit import MIN_FACES, calibrate
from ..detectors.calibration.out_of_distribution import fit_ood_model
from ..detectors.device import chosen_device, pass_sizes
from ..detectors.pretrained_starts import imagenet_lite0
from ..metrics.roc import auc
from ..progress import NO_PROGRESS, Progress
from ..synthetic_faces.synthetic_network import SyntheticNetwork
from ..types import Array, InputError
from ..types.calibration import Calibration
from .synthetic_examples import ROLES, Role, SyntheticExamples, load_examples, treated

STEPS, BATCH = 600, 256
PEAK, DECAY, SMOOTHING = 1e-3, 0.1, 0.05
SHARES = {"rival": 0.6, "other": 0.4}  # of the draws of what is not synthetic
METHOD, RISK = "platt", 0.02  # a photograph is rarely called synthetic, at the price of more "Inconclusive"


@dataclass(frozen=True, slots=True)
class SyntheticFacts:
    """Hold what a training run was, and its AUC on the val split.

    pictures: treated pictures that were trained on, by source. rounds: over all of them. val_auc: by what was done to
    the pictures, synthetic against the real faces beside them. minutes: of measuring features.
    """

    seed: int
    minutes: float
    rounds: int
    pictures: Mapping[str, int]
    val_auc: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Hold features (N, D) of one source, and the picture (N,) of each."""

    source: str
    role: Role
    features: Tensor
    picture: Array


def train_synthetic_faces(
    data: Path,
    *,
    minutes: float,
    seed: int = 0,
    network: SyntheticNetwork | None = None,
    progress: Progress = NO_PROGRESS,
) -> tuple[SyntheticNetwork, Calibration, SyntheticFacts]:
    """Train the head on the train split, and calibrate it on the val split.

    Args:
        data: as in `load_examples`.
        minutes: of measuring features of treated pictures, in rounds; at least one round. What is not synthetic, nor
            beside it, is in the first one only.
        seed: of treatments and of the head.
        network: whose stages are read; by default they are those of an ImageNet classifier.
        progress: told the pictures; a stop raises `StopRequested`.
    """
    examples, held_out = (load_examples(data, split, progress=progress) for split in ("train", "val"))
    _check_many(held_out)
    network = (network or SyntheticNetwork(imagenet_lite0())).eval().requires_grad_(False)
    network = network.to(chosen_device()).to(memory_format=torch.channels_last)
    began, rounds = time.monotonic(), 0
    found: list[_Features] = []
    while not rounds or time.monotonic() - began < 60 * minutes * rounds / (rounds + 1):  # another one fits in
        for one in examples:
            if not rounds or one.role != "other":
                found.append(_measured(network, one, treated(list(one.images), seed, rounds), progress))
        rounds += 1
        progress.emit(f"round {rounds} after {(time.monotonic() - began) / 60:.1f} minutes")
    spent = (time.monotonic() - began) / 60
    plain = [_measured(network, one, list(one.images), progress) for one in held_out]
    again = [_measured(network, one, treated(list(one.images), seed + 1, 0), progress) for one in held_out]
    network = network.cpu()
    fit_head(network, found, seed=seed)
    pictures: dict[str, int] = {}
    for each in found:
        pictures[each.source] = pictures.get(each.source, 0) + len(each.features)
    val_auc = {"as it is": _auc(network, plain), "treated as in training": _auc(network, again)}
    facts = SyntheticFacts(seed, round(spent, 1), rounds, pictures, val_auc)
    return network, calibrate_network(network, [*plain, *again]), facts


def _check_many(held_out: Sequence[SyntheticExamples]) -> None:
    """Refuse a val split that cannot calibrate, before hours are spent."""
    for synthetic in (False, True):
        many = sum(len(one.images) for one in held_out if (one.role == "synthetic") is synthetic)
        if many < MIN_FACES:
            kind = "synthetic" if synthetic else "other"
            raise InputError(f"the val split calibrates by {MIN_FACES} {kind} faces and more; what came is {many}")


@torch.inference_mode()
def _measured(
    network: SyntheticNetwork, one: SyntheticExamples, images: Sequence[Array], progress: Progress
) -> _Features:
    """Measure the features of a source's pictures, as they are handed over."""
    parts = []
    size = pass_sizes(network).outputs
    for start in progress.each(range(0, len(images), size), f"Measuring features of {one.source}, passes"):
        batch = np.stack(images[start : start + size]).transpose(0, 3, 1, 2)
        x = torch.from_numpy(np.ascontiguousarray(batch)).float().div_(255)
        x = x.contiguous(memory_format=torch.channels_last)
        parts.append(network.features(x.to(network.mean.device)).cpu())
    return _Features(one.source, one.role, torch.cat(parts), np.arange(len(images)))


def fit_head(network: SyntheticNetwork, found: Sequence[_Features], *, seed: int) -> None:
    """Fit the head by AdamW, in place.

    Both classes weigh the same, whatever their number.
    """
    torch.manual_seed(seed)
    features = torch.cat([one.features for one in found]).clone()
    truth = torch.cat([torch.full((len(one.features),), float(one.role == "synthetic")) for one in found])
    weight = _weights(found)
    network.mean.copy_(features.mean(0))
    network.scale.copy_(features.std(0).clamp_min(1e-4))
    for layer in network.head:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    network.head.train().requires_grad_(True)
    optimiser = torch.optim.AdamW(network.head.parameters(), lr=PEAK, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        chosen = torch.multinomial(weight, min(BATCH, 2 * len(weight)), replacement=True)
        goal = truth[chosen] * (1 - SMOOTHING) + SMOOTHING / 2
        loss = functional.binary_cross_entropy_with_logits(network.judged(features[chosen]), goal)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    network.head.eval().requires_grad_(False)


def _weights(found: Sequence[_Features]) -> Tensor:
    """Give each picture its chance to be drawn."""
    many = {role: sum(len(one.features) for one in found if one.role == role) for role in ROLES}
    shares = {role: 1.0 if role == "synthetic" else SHARES[role] for role in ROLES}
    negative = sum(shares[role] for role in ROLES if role != "synthetic" and many[role])
    shares |= {role: shares[role] / negative for role in ROLES if role != "synthetic"}
    return torch.cat([torch.full((len(one.features),), shares[one.role] / many[one.role]) for one in found])


@torch.no_grad()
def _auc(network: SyntheticNetwork, rows: Sequence[_Features]) -> float | None:
    """Measure synthetic pictures against the real ones beside them."""
    real, made = (
        np.concatenate([network.judged(one.features).numpy() for one in rows if one.role == role])
        for role in ("rival", "synthetic")
    )
    return auc(real, made)


@torch.no_grad()
def calibrate_network(network: SyntheticNetwork, rows: Sequence[_Features]) -> Calibration:
    """Calibrate on held-out pictures.

    By the synthetic faces and the real ones beside them: other sets are so much easier that they would hide how often
    such a photograph is called synthetic. The out-of-distribution cut is of all. The copies of one picture are never in
    fit and test.
    """
    near = [one for one in rows if one.role != "other"]
    margins = np.concatenate([network.judged(one.features).numpy() for one in near]).astype(np.float64)
    labels = np.concatenate([np.full(len(one.features), int(one.role == "synthetic")) for one in near])
    said = "the val split's synthetic and real faces, each as it is and treated as in training"
    found = calibrate(margins, labels, _groups(near), method=METHOD, risk=RISK, data=said)
    features = torch.cat([network.standardised(one.features) for one in rows]).numpy()
    return replace(found, ood=fit_ood_model(features, _groups(rows)))


def _groups(rows: Sequence[_Features]) -> Array:
    """Name the picture that each row is a copy of."""
    return np.concatenate([[f"{one.source}:{number}" for number in one.picture] for one in rows])
