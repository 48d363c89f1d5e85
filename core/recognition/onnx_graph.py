"""Describe an ONNX network by plain values, check it, and make a module of it.

What is foreign in a file ends here: names are replaced by numbers, as they would become part of Python code where
torch.fx writes the module's `forward`, and what may make a network's cost differ from face to face is refused.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from ..storage import checkpoint_limits
from ..types import InputError, limits
from .network_limits import check_bytes, check_length

WANTED = "a network of faces takes (N, 3, 112, 112) and gives (N, D) vectors"
SIDES = (3, 112, 112)
MIN_DIMENSION, MAX_DIMENSION = 32, 4096
_PICTURE = 0  # number of the value that is the face
_KIND = onnx.AttributeProto
_PLAIN = {
    _KIND.INT: "i",
    _KIND.FLOAT: "f",
    _KIND.STRING: "s",
    _KIND.TENSOR: "t",
    _KIND.INTS: "ints",
    _KIND.FLOATS: "floats",
    _KIND.STRINGS: "strings",
}
# Inputs, by their place, that decide how many numbers an operator gives: a face must not.
_SIZES = {
    "ConstantOfShape": (0,),
    "Expand": (1,),
    "NonMaxSuppression": (0, 1, 2, 3, 4),
    "NonZero": (0,),
    "Pad": (1,),
    "Range": (0, 1, 2),
    "Resize": (1, 2, 3),
    "Tile": (1,),
}
_OF_SIDES = ("Shape",)  # what they give depends on the sides of their input alone


@dataclass(frozen=True, slots=True)
class NetworkStep:
    """Hold one operator.

    inputs, outputs: numbers of values, -1 for one that is left out; attributes: kind and plain value by name, that of
    a tensor its number.
    """

    op: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    attributes: Mapping[str, tuple[int, Any]]


@dataclass(frozen=True, slots=True)
class PlainNetwork:
    """Hold a network without its tensors.

    version: of the operators; faces: taken at once, 0 for any number; output: number of the value that it gives;
    constants: numbers of the values that are tensors, with those tensors' numbers.
    """

    version: int
    faces: int
    output: int
    constants: Sequence[tuple[int, int]]
    steps: Sequence[NetworkStep]


class ScaledInput(nn.Module):
    """Hand [0, 1] to a network that takes (x - 127.5) / 127.5, as ArcFace's do."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return what the network gives, (N, D)."""
        result: Tensor = self.network((x * 255 - 127.5) / 127.5)
        return result


def parse_network(data: bytes, name: str) -> tuple[PlainNetwork, list[Tensor]]:
    """Parse a file's bytes; raise `InputError` where they are no network of faces."""
    try:
        model = onnx.load_model_from_string(data)
        graph = model.graph
        if model.functions or graph.sparse_initializer:
            raise InputError(f"{name} has functions or sparse weights; {WANTED}, of plain operators and weights")
        checkpoint_limits.check_count(name, len(graph.initializer))
        check_length(name, len(graph.node))
        onnx.checker.check_model(model)
        faces = _check_shapes(graph, name)
        version = next(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
        network, tensors = _Describer(name).described(graph)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # the boundary to onnx, which raises nearly anything on damaged files
        raise InputError(f"{name} is no ONNX network, or it is damaged") from error
    return PlainNetwork(version, faces, *network), tensors


class _Describer:
    """Number the values and collect the tensors of a graph."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.numbers: dict[str, int] = {}
        self.tensors: list[Tensor] = []
        self.bytes = 0

    def described(self, graph: Any) -> tuple[tuple[int, list[tuple[int, int]], list[NetworkStep]], list[Tensor]]:
        """Return the number of the output, the constants and the steps; and the tensors."""
        given = {one.name for one in graph.initializer}
        self._number(next(one.name for one in graph.input if one.name not in given))
        constants = [(self._number(one.name), self._tensor(one)) for one in graph.initializer]
        steps = [self._step(node) for node in graph.node]
        return (self._number(graph.output[0].name), constants, steps), self.tensors

    def _number(self, value: str) -> int:
        return self.numbers.setdefault(value, len(self.numbers)) if value else -1

    def _step(self, node: Any) -> NetworkStep:
        if node.domain not in ("", "ai.onnx"):
            raise InputError(f"{self.name} has an operator of {node.domain[:40]!r}; those of ONNX itself are run")
        inputs, outputs = [self._number(one) for one in node.input], [self._number(one) for one in node.output]
        return NetworkStep(node.op_type, inputs, outputs, {one.name: self._attribute(one) for one in node.attribute})

    def _attribute(self, attribute: Any) -> tuple[int, Any]:
        if attribute.type not in _PLAIN:
            kind = _KIND.AttributeType.Name(attribute.type).lower().replace("_", " ")
            raise InputError(f"{self.name} has an operator with a {kind} inside; {WANTED}, without loops and branches")
        value = getattr(attribute, _PLAIN[attribute.type])
        if attribute.type == _KIND.TENSOR:
            return attribute.type, self._tensor(value)
        plain = [one.decode() if isinstance(one, bytes) else one for one in value] if attribute.type > 4 else value
        return attribute.type, plain.decode() if isinstance(plain, bytes) else plain

    def _tensor(self, proto: Any) -> int:
        if proto.data_location == onnx.TensorProto.EXTERNAL:
            raise InputError(f"{self.name} takes weights from another file; a network that is whole in itself is read")
        checkpoint_limits.check_dimensions(self.name, len(proto.dims))
        array = onnx.numpy_helper.to_array(proto)
        if array.dtype.kind not in "fiub":
            raise InputError(f"{self.name} has weights of the type {array.dtype}; numbers and truth values are read")
        self.bytes += array.nbytes
        check_bytes(self.name, self.bytes)
        self.tensors.append(torch.from_numpy(np.array(array)))
        checkpoint_limits.check_count(self.name, len(self.tensors))
        return len(self.tensors) - 1


def build_network(network: PlainNetwork, tensors: Sequence[Tensor], name: str) -> ScaledInput:
    """Make a module of a described network. Raise `InputError` where it cannot be run here."""
    _check_sizes(network.steps, name)
    try:
        module = importlib.import_module("onnx2torch").convert(_model_of(network, tensors))  # need not be there
    except Exception as error:  # the boundary to onnx2torch
        raise _not_run(name, error) from error
    return ScaledInput(module).eval().requires_grad_(False)


def _model_of(network: PlainNetwork, tensors: Sequence[Tensor]) -> Any:
    make = onnx.helper

    def constant(number: int, title: str = "") -> Any:
        return onnx.numpy_helper.from_array(tensors[number].numpy(), title)

    def attribute(key: str, kind: int, value: Any) -> Any:
        return make.make_attribute(key, constant(value) if kind == _KIND.TENSOR else value, attr_type=kind)

    nodes = []
    for number, step in enumerate(network.steps):
        node = make.make_node(step.op, list(_names(step.inputs)), list(_names(step.outputs)), name=f"step_{number}")
        node.attribute.extend(attribute(key, *value) for key, value in step.attributes.items())
        nodes.append(node)
    (picture, result), kind = _names((_PICTURE, network.output)), onnx.TensorProto.FLOAT
    given = make.make_tensor_value_info(picture, kind, [network.faces or None, *SIDES])
    found = make.make_tensor_value_info(result, kind, None)
    titles = _names([value for value, _ in network.constants])
    constants = [constant(number, title) for (_, number), title in zip(network.constants, titles, strict=True)]
    graph = make.make_graph(nodes, "network", [given], [found], constants)
    return make.make_model(graph, opset_imports=[make.make_opsetid("", network.version)])


def _names(numbers: Sequence[int]) -> Iterator[str]:
    yield from (f"value_{number}" if number >= 0 else "" for number in numbers)


def dimension_of(network: nn.Module, name: str) -> int:
    """Run a network on faces of noise. Return the length of its vectors, or refuse what gives none."""
    faces = torch.from_numpy(np.random.default_rng(0).random((limits.PROBE_FACES, *SIDES), np.float32))
    try:
        with torch.inference_mode():
            found = [network(one[None]) for one in faces]
            shape = tuple(found[0].shape)
            values = torch.cat(found)
    except Exception as error:  # the boundary to onnx2torch
        raise _not_run(name, error) from error
    if len(shape) != 2 or shape[0] != 1 or not MIN_DIMENSION <= shape[1] <= MAX_DIMENSION:
        raise InputError(f"{name} gives {shape} for one face; {WANTED}, D of {MIN_DIMENSION} to {MAX_DIMENSION}")
    if not torch.isfinite(values).all() or float(values.std(0).max()) < 1e-6:
        raise InputError(f"{name} gives the same or no finite numbers for different faces; {WANTED}")
    return shape[1]


def _not_run(name: str, error: Exception) -> InputError:
    if isinstance(error, MemoryError):
        raise error
    return InputError(f"{name} has parts that cannot be run here ({type(error).__name__}); {WANTED}")


def _check_shapes(graph: Any, name: str) -> int:
    """Return how many faces it takes at once; refuse what takes no aligned face."""
    given = {one.name for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in given]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise InputError(f"{name} has {len(inputs)} inputs and {len(graph.output)} outputs; {WANTED}")
    shape = [one.dim_value for one in inputs[0].type.tensor_type.shape.dim]
    if len(shape) != 4 or any(came not in (0, want) for came, want in zip(shape[1:], SIDES, strict=True)):
        raise InputError(f"{name} takes an input of the shape {tuple(shape)}; {WANTED}")
    if shape[0] not in (0, 1):
        raise InputError(f"{name} takes {shape[0]} faces at once; {WANTED}, one face at a time")
    return int(shape[0])


def _check_sizes(steps: Sequence[NetworkStep], name: str) -> None:
    """Refuse a network whose work depends on what a face shows. To try it once would not tell what it costs."""
    varying = {_PICTURE}
    for step in steps:
        if any(value in varying for place, value in enumerate(step.inputs) if place in _SIZES.get(step.op, ())):
            raise InputError(f"{name} gets the size of {step.op} from what a face shows; {WANTED}, whatever the face")
        if step.op not in _OF_SIDES and varying & set(step.inputs):
            varying |= set(step.outputs) - {-1}
