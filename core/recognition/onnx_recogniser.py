"""Recognise by a user's ONNX network that embeds faces."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..sandbox.file_numbers import FileNumber
from ..sandbox.reading_place import reads_inside
from ..sandbox.sandbox import Bounds, ParserStopped, Sandbox
from ..storage import checkpoint_limits
from ..storage.files import file_state
from ..storage.plain_tensors import believed_tensor
from ..types import InputError, limits
from .alignment import ARCFACE
from .embedding_recogniser import EmbeddingRecogniser
from .network_limits import check_bytes

PARSER = "core.recognition.onnx_process"


def onnx_recogniser(path: Path) -> EmbeddingRecogniser:
    """Read an ONNX network as a recogniser, and try it.

    It is aligned by ArcFace's template and takes RGB, (x - 127.5) / 127.5, one face after the other. It computes on the
    processor, whichever device was chosen: onnx2torch makes some of its tensors there at every pass.
    A process that may die parses the file and runs the network; this one, which needs its gradients, makes it anew from
    plain operators and tensors, and only once it has run there.
    Raises `InputError` where the file is none, is damaged, or has another shape.
    """
    if not path.is_file():
        raise InputError(f"{path.name} is no recogniser that is known here, and no file")
    return _recogniser(path, file_state(path))


@functools.lru_cache(maxsize=4)
def _recogniser(path: Path, state: tuple[int, ...]) -> EmbeddingRecogniser:
    """Read a network; `state` differs once its file has changed."""
    check_bytes(path.name, size := path.stat().st_size)
    if not all(map(importlib.util.find_spec, ("onnx", "onnx2torch"))):
        raise InputError(
            f"{path.name} is an ONNX network, and reading it needs the packages onnx and onnx2torch: "
            "pip install onnx onnx2torch"
        )
    with path.open("rb") as file:
        version = hashlib.file_digest(file, "sha256").hexdigest()
        network, dimension = (_read_inside if reads_inside() else _read_apart)(file.fileno(), path.name, size)
    return EmbeddingRecogniser(path.stem, version, network, ARCFACE, torch.zeros(dimension))


def _read_inside(number: int, name: str, size: int) -> tuple[nn.Module, int]:
    from . import onnx_graph  # needs packages that need not be there

    described, tensors = onnx_graph.parse_network(FileNumber(number).content(), name)
    network = onnx_graph.build_network(described, tensors, name)
    return network, onnx_graph.dimension_of(network, name)


def _read_apart(number: int, name: str, size: int) -> tuple[nn.Module, int]:
    bounds = Bounds(
        limits.NETWORK_MEMORY + limits.NETWORK_MEMORY_A_BYTE * size,
        limits.NETWORK_PROCESSOR_S,
        limits.NETWORK_ANSWER_S,
        limits.NETWORK_BYTES,
    )
    answers = _sandbox().run("network", {"name": name}, number, bounds)
    tensors, total = list[Tensor](), 0
    try:
        facts = next(answers).values
        for answer in answers:
            tensors.append(believed_tensor(answer)[1])
            checkpoint_limits.check_count(name, len(tensors))
            total += tensors[-1].nbytes
            check_bytes(name, total)
        return _built(cast(Any, facts), tensors, name)
    except (ParserStopped, StopIteration) as error:
        raise InputError(f"{name} made its reader stop: {error}; it cannot be read") from error


def _built(facts: Any, tensors: list[Tensor], name: str) -> tuple[nn.Module, int]:
    from . import onnx_graph  # needs packages that need not be there

    try:
        told = facts["network"]
        network = onnx_graph.PlainNetwork(
            **{**told, "steps": [onnx_graph.NetworkStep(**step) for step in told["steps"]]}
        )
        return onnx_graph.build_network(network, tensors, name), int(facts["dimension"])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ParserStopped("it answered what no reader answers") from error


@functools.cache
def _sandbox() -> Sandbox:
    return Sandbox(PARSER)
