"""Train networks on pictures, epoch by epoch, and keep them with their cards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..detectors.inference_queue import give_way
from ..media.images import reflect_index
from ..progress import NO_PROGRESS, Progress
from ..storage.cards import load_weights, read_card, save_model
from ..types import InputError
from ..types.model_card import ModelCard
from .picture_folders import Pictures
from .training_state import keep_training, resume_training
from .vgg_networks import Recipe

SHIFT, LIGHT, TINT, CHUNK = 8, 0.2, 0.1, 64  # pixels; of a picture's values; of a channel's; pictures of a pass
RISE = 0.2  # of the steps: the rate rises, then falls


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """Hold what a training is of.

    name: of the weights; pictures: to learn from; recipe; epochs: how many; rate: the largest; seed: of shuffling and
    augmentation; said: further facts of the card; title, command: of the card.
    """

    name: str
    pictures: Pictures
    recipe: Recipe
    epochs: int
    rate: float
    seed: int
    said: dict[str, int | float | str]
    title: str = "Classifier of cats and dogs of the studies"
    command: str = "python -m core study klawikowska2020 --data DIR"


def trained(network: nn.Module, training: Training, folder: Path, progress: Progress = NO_PROGRESS) -> nn.Module:
    """Load weights into a network from a folder, or train and save them there.

    After each epoch the state is kept: a stopped training goes on there and ends with the same weights.

    Args:
        network: with its first weights.
        training: what to learn, and how.
        folder: of weights and card.
        progress: told the batches.
    """
    try:
        network.load_state_dict(
            load_weights(training.name, read_card(training.name, ModelCard, folder=folder), folder=folder)
        )
        return network.eval()
    except (InputError, RuntimeError):  # none yet, or not whole: it is made again
        network.to(memory_format=torch.channels_last)
    partial = folder / f"{training.name}.partial.pt"
    recipe, count = training.recipe, len(training.pictures)
    batches = -(-count // recipe.batch)
    optimiser = torch.optim.SGD(network.parameters(), training.rate, momentum=0.9, nesterov=True, weight_decay=5e-4)
    begun = resume_training(partial, network, optimiser)
    steps = progress.counter(training.epochs * batches, "Training the network")
    steps.done = begun * batches
    for epoch in range(begun, training.epochs):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1000 * training.seed + epoch)
            for number, rows in enumerate(torch.randperm(count).split(recipe.batch)):
                for group in optimiser.param_groups:
                    group["lr"] = _rate(training, epoch * batches + number, training.epochs * batches)
                give_way()
                _step(_in_training(network, recipe), optimiser, training.pictures.at(rows), augmented=recipe.augmented)
                steps.step()
        keep_training(partial, network, optimiser, epoch + 1)
    save_model(training.name, dict(network.state_dict()), _card(network, training), folder)
    partial.unlink(missing_ok=True)
    return network.eval()


def _in_training(network: nn.Module, recipe: Recipe) -> nn.Module:
    """Set a network to training.

    Its batch normalisation keeps means and variances where the recipe says so.
    """
    network.train()
    for layer in network.modules() if recipe.frozen_norm else ():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    return network


def _step(network: nn.Module, optimiser: torch.optim.Optimizer, pictures: Pictures, *, augmented: bool) -> None:
    images = pictures.images.contiguous(memory_format=torch.channels_last)
    images = _augment(images) if augmented else images.float() / 255
    loss = functional.cross_entropy(network(images), pictures.labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _augment(images: Tensor) -> Tensor:
    """Shift and mirror a batch (N, 3, S, S) uint8, and change each picture's lightness and tint.

    Whole-number work first, as bytes cost a quarter; float32 comes out.
    """
    side = images.shape[-1]
    mirrored, (down, right) = bool(torch.rand(1) < 0.5), torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
    rows, columns = (reflect_index(np.arange(side) + shift, side) for shift in (down, right))
    images = images[:, :, torch.from_numpy(rows)][
        :, :, :, torch.from_numpy(columns[::-1].copy() if mirrored else columns)
    ]
    light = (1 + LIGHT * (2 * torch.rand(len(images), 1, 1, 1) - 1)) / 255
    tint = TINT * (2 * torch.rand(len(images), 3, 1, 1) - 1)
    return torch.addcmul(tint, images.contiguous(memory_format=torch.channels_last).float(), light)


def _rate(training: Training, step: int, steps: int) -> float:
    """Return the learning rate of a step.

    Up and down by cosines, or slowly falling as in Keras.
    """
    if not training.recipe.falls:
        return training.rate / (1 + training.recipe.decay * step)
    rise = RISE * steps
    part = step / rise if step < rise else 1 - (step - rise) / (steps - rise)
    return training.rate * (0.02 + 0.98 * (1 - math.cos(math.pi * part)) / 2)


def _card(network: nn.Module, training: Training) -> ModelCard:
    recipe = training.recipe
    return ModelCard(
        name=training.name,
        title=training.title,
        source="Trained by this study on the user's own copy of the pictures",
        data=f"{len(training.pictures)} pictures",
        command=training.command,
        parameters=sum(one.numel() for one in network.parameters()),
        training={
            "seed": training.seed,
            "epochs": training.epochs,
            "batch": recipe.batch,
            "learning rate": training.rate,
            "optimiser": "SGD, momentum 0.9, weight decay 5e-4",
            **training.said,
        },
    )


@torch.inference_mode()
def logits_of(network: nn.Module, images: Tensor) -> Tensor:
    """Return the logits (N, 2) of images (N, 3, S, S) uint8."""
    parts = [part.float().div(255).contiguous(memory_format=torch.channels_last) for part in images.split(CHUNK)]
    return torch.cat([network(part) for part in parts])


def predicted(network: nn.Module, images: Tensor) -> Tensor:
    """Return the predicted classes (N,) of images (N, 3, S, S) uint8."""
    return logits_of(network, images).argmax(1)
