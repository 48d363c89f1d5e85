"""Recognise by a user's ONNX network that embeds faces."""

from __future__ import annotations

import functools
import importlib
import io
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..storage.files import sha256_of
from ..types import InputError
from .alignment import ARCFACE
from .embedding_recogniser import EmbeddingRecogniser

LIMIT_BYTES = 512 * 2**20
MIN_DIMENSION, MAX_DIMENSION = 32, 4096
PROBES = 4  # different inputs that have to give different vectors
WANTED = "a network of faces takes (N, 3, 112, 112) and gives (N, D) vectors"


class ScaledInput(nn.Module):
    """Hand [0, 1] to a network that takes (x - 127.5) / 127.5, as ArcFace's do."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return what the network gives, (N, D)."""
        result: Tensor = self.network((x * 255 - 127.5) / 127.5)
        return result


@functools.lru_cache(maxsize=4)
def onnx_recogniser(path: Path) -> EmbeddingRecogniser:
    """Read an ONNX network as a recogniser, and try it.

    It is aligned by ArcFace's template and takes RGB, (x - 127.5) / 127.5, one face after the other. It computes on the
    processor, whichever device was chosen: onnx2torch makes some of its tensors there at every pass.
    Raises `InputError` where the file is none, is damaged, or has another shape.
    """
    if not path.is_file():
        raise InputError(f"{path.name} is no recogniser that is known here, and no file")
    if path.stat().st_size > LIMIT_BYTES:
        raise InputError(f"{path.name} is too large: networks of up to {LIMIT_BYTES >> 20} MiB are read")
    try:
        onnx, convert = importlib.import_module("onnx"), importlib.import_module("onnx2torch").convert
    except ImportError as error:
        raise InputError(
            f"{path.name} is an ONNX network, and reading it needs the packages onnx and onnx2torch: "
            "pip install onnx onnx2torch"
        ) from error
    try:
        model = onnx.load_model(io.BytesIO(path.read_bytes()), load_external_data=False)
        onnx.checker.check_model(model)
    except Exception as error:  # the boundary to onnx, which raises nearly anything on damaged files
        raise InputError(f"{path.name} is no ONNX network, or it is damaged") from error
    _check_shapes(model, path.name)
    try:
        network = ScaledInput(convert(model)).eval().requires_grad_(False)
        dimension = _tried(network, path.name)
    except InputError:
        raise
    except Exception as error:  # the boundary to onnx2torch
        raise InputError(f"{path.name} has parts that cannot be run here ({type(error).__name__}); {WANTED}") from error
    return EmbeddingRecogniser(path.stem, sha256_of(path), network, ARCFACE, torch.zeros(dimension))


def _check_shapes(model: object, name: str) -> None:
    graph = model.graph  # type: ignore[attr-defined]
    given = {one.name for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in given]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise InputError(f"{name} has {len(inputs)} inputs and {len(graph.output)} outputs; {WANTED}")
    shape = [one.dim_value for one in inputs[0].type.tensor_type.shape.dim]
    if len(shape) != 4 or any(came not in (0, want) for came, want in zip(shape[1:], (3, 112, 112), strict=True)):
        raise InputError(f"{name} takes an input of the shape {tuple(shape)}; {WANTED}")
    if shape[0] not in (0, 1):
        raise InputError(f"{name} takes {shape[0]} faces at once; {WANTED}, one face at a time")


def _tried(network: nn.Module, name: str) -> int:
    """Return the length of its vectors, or refuse what gives no vectors."""
    faces = torch.from_numpy(np.random.default_rng(0).random((PROBES, 3, 112, 112), np.float32))
    with torch.inference_mode():
        found = [network(one[None]) for one in faces]
    shape = tuple(found[0].shape)
    if len(shape) != 2 or shape[0] != 1 or not MIN_DIMENSION <= shape[1] <= MAX_DIMENSION:
        raise InputError(f"{name} gives {shape} for one face; {WANTED}, D of {MIN_DIMENSION} to {MAX_DIMENSION}")
    values = torch.cat(found)
    if not torch.isfinite(values).all() or float(values.std(0).max()) < 1e-6:
        raise InputError(f"{name} gives the same or no finite numbers for different faces; {WANTED}")
    return shape[1]
