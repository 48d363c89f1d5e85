"""Prepare Arif's study: the digits, the network, the correct examples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from ..storage.files import sha256_of
from ..types import InputError, content_id
from .attacked_digits import BLOCK
from .base import StudyContext
from .digit_network import DigitNetwork, digit_network, predictions
from .mnist_file import MNIST, Digits, read_mnist

VERSION = "1"  # of what is kept: raise it when network, attacks or order change


@dataclass(frozen=True, slots=True, eq=False)
class ArifData:
    """Hold what every part of the study begins with.

    folder: of the network, its card and the results; network: trained; train: its digits; correct: the test digits
    that it predicts, in a random order; accuracy: on all test digits, in [0, 1]; sha256: of the data's file.
    """

    folder: Path
    network: DigitNetwork
    train: Digits
    correct: Digits
    accuracy: float
    sha256: str


def arif_data(context: StudyContext) -> ArifData:
    """Read the digits, train or load the network, choose the correct test digits."""
    train, test = read_mnist(context.data)
    sha256 = sha256_of(context.data / MNIST.name)
    folder = context.cache / content_id(VERSION, sha256, str(context.seed), str(BLOCK))[:16]
    folder.mkdir(parents=True, exist_ok=True)
    network = digit_network(folder, train, seed=context.seed, progress=context.progress)
    right = predictions(network, test.images) == test.labels
    if not bool(right.any()):
        raise InputError(
            f"the network learned nothing from these {len(train.labels)} digits: none of the test's is read"
        )
    rows = right.nonzero()[:, 0]
    rows = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(context.seed))]
    return ArifData(folder, network, train, test.at(rows), float(right.float().mean()), sha256)
