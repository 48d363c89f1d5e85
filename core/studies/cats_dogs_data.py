"""Prepare the study of cats and dogs: pictures in order, clear network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ..detectors.device import chosen_device, put_on
from ..types import content_id
from .base import StudyContext
from .picture_folders import Pictures, read_pictures
from .picture_training import Training, predicted, trained
from .vgg_networks import RECIPES, build, for_inference

VERSION, CLEAR = "2", "clear"  # of what is kept: raise it when networks, attacks or order change


@dataclass(frozen=True, slots=True, eq=False)
class CatsDogsData:
    """Hold what every part of the study begins with.

    folder: of networks, cards and attacked pictures; name: of the network, in `RECIPES`; network: trained, with its
    batch normalisation; clear: the same for inference; train, test: pictures, each in a random order; right: test
    pictures that `clear` classifies correctly, (N,); sha256: of the pictures.
    """

    folder: Path
    name: str
    network: nn.Module
    clear: nn.Module
    train: Pictures
    test: Pictures
    right: Tensor
    sha256: str


def cats_dogs_data(context: StudyContext, name: str) -> CatsDogsData:
    """Read the pictures, train or load the clear network `name`."""
    train, test = read_pictures(context.data, context.progress)
    sha256 = content_id(train.id, test.id)
    folder = context.cache / content_id(VERSION, sha256, name, str(context.seed))[:16]
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(context.seed)
    train, test = (one.at(torch.randperm(len(one), generator=generator)) for one in (train, test))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(context.seed)
        network = put_on(build(name, context.data), chosen_device())
    recipe = RECIPES[name]
    training = Training(CLEAR, train, recipe, recipe.epochs, recipe.rate, context.seed, {"network": name})
    trained(network, training, folder, context.progress)
    clear = for_inference(network)
    return CatsDogsData(folder, name, network, clear, train, test, predicted(clear, test.images) == test.labels, sha256)
