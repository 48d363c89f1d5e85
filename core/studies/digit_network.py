"""Train the small network of the digit studies, and keep it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..detectors.device import chosen_device, put_on
from ..detectors.inference_queue import give_way
from ..progress import NO_PROGRESS, Progress
from ..storage.cards import load_weights, read_card, save_model
from ..types import InputError
from ..types.model_card import ModelCard
from .mnist_file import CLASSES, Digits

NAME, EPOCHS, BATCH, RATE, CHUNK = "digit-cnn", 2, 64, 1e-3, 500


class DigitNetwork(nn.Module):
    """Classify digits (N, 1, 28, 28) in [0, 1] by two convolutions; logits (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.relu1, self.pool1 = nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        self.second, self.relu2, self.pool2 = nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
        self.flatten, self.third, self.relu3 = nn.Flatten(), nn.Linear(32 * 49, 64), nn.ReLU()
        self.last = nn.Linear(64, CLASSES)

    def penultimate(self, x: Tensor) -> Tensor:
        """Return the activations (N, 64) that the last layer reads."""
        hidden = self.pool2(self.relu2(self.second(self.pool1(self.relu1(self.first(x))))))
        found: Tensor = self.relu3(self.third(self.flatten(hidden)))
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.last(self.penultimate(x))
        return logits


def digit_network(folder: Path, train: Digits, *, seed: int, progress: Progress = NO_PROGRESS) -> DigitNetwork:
    """Load the network from a folder, or train and save it there.

    Args:
        folder: of the weights and the card.
        train: digits to learn from.
        seed: of the first weights and the order of the digits.
        progress: told the batches.
    """
    network = DigitNetwork()
    put_on(network, chosen_device())
    try:
        network.load_state_dict(load_weights(NAME, read_card(NAME, ModelCard, folder=folder), folder=folder))
    except (InputError, RuntimeError):  # none yet, or not whole: it is made again
        network = _trained(train, seed, progress)
        save_model(NAME, dict(network.state_dict()), _card(network, train, seed), folder)
    return network.eval().requires_grad_(False)


def _trained(train: Digits, seed: int, progress: Progress) -> DigitNetwork:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = DigitNetwork()
    put_on(network, chosen_device())
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    batches = [part for _ in range(EPOCHS) for part in torch.randperm(len(train.labels), generator=order).split(BATCH)]
    for rows in progress.each(batches, "Training the network"):
        give_way()
        loss = functional.cross_entropy(network(train.images[rows]), train.labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network


def _card(network: DigitNetwork, train: Digits, seed: int) -> ModelCard:
    return ModelCard(
        name=NAME,
        title="Digit classifier of the studies",
        source="Trained by this study on the user's own copy of MNIST",
        data=f"{len(train.labels)} training digits of mnist.npz",
        command="python -m core study arif --data DIR",
        parameters=sum(one.numel() for one in network.parameters()),
        training={"seed": seed, "epochs": EPOCHS, "batch": BATCH, "learning rate": RATE, "optimiser": "Adam"},
    )


@torch.inference_mode()
def predictions(network: nn.Module, images: Tensor) -> Tensor:
    """Return the predicted classes (N,) of images (N, 1, 28, 28)."""
    return torch.cat([network(part).argmax(1) for part in images.split(CHUNK)])
