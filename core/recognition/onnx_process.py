"""Parse and try a person's ONNX network inside a confined process: see `core.sandbox`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import asdict

import torch

from ..sandbox.channel import Values
from ..sandbox.file_numbers import FileNumber
from ..storage.plain_tensors import plain_tensor
from ..types import Array
from .onnx_graph import NetworkStep, PlainNetwork, build_network, dimension_of, parse_network

warnings.simplefilter("ignore")  # nobody reads them
torch.set_num_threads(1)  # others would not be there after a fork


def warm_up() -> None:
    """Make and run a network of our own. What is imported late is then there."""
    pooled = NetworkStep("AveragePool", [0], [1], {"kernel_shape": (7, [16, 16]), "strides": (7, [16, 16])})
    flat = NetworkStep("Flatten", [1], [2], {})
    dimension_of(build_network(PlainNetwork(17, 1, 2, [], [pooled, flat]), [], ""), "")


def answer(task: str, values: Values, file: int) -> Iterator[tuple[Values, Array | None]]:
    """Answer the network and its vectors' length once it has run, then its tensors."""
    name = str(values["name"])
    network, tensors = parse_network(FileNumber(file).content(), name)
    yield {"network": asdict(network), "dimension": dimension_of(build_network(network, tensors, name), name)}, None
    for number, tensor in enumerate(tensors):
        yield plain_tensor(str(number), tensor)
