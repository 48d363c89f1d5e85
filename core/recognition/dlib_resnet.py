"""Build dlib's face ResNet, and read its weights from dlib's file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ..types import Array, InputError

BLOCKS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))  # channels and residual blocks of each level
MEAN = (122.782, 117.001, 104.298)  # of R, G, B in 0 to 255; dlib divides by 256 after subtracting them
SIZE, DIMENSION = 150, 128
TENSOR_VERSION = 2
TAGS = (b"\x01\x05con_4", b"\x01\x07affine_", b"\x01\x04fc_2")  # a length in one byte, then the name of a layer
MAX_VALUES = 4_000_000  # of one layer; the largest here has 590,080


class DlibBlock(nn.Module):
    """Compute dlib's residual block; it halves the sides when `down`."""

    def __init__(self, before: int, channels: int, *, down: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, channels, 3, stride=2 if down else 1, padding=0 if down else 1)
        self.relu = nn.ReLU()
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.pool = nn.AvgPool2d(2) if down else nn.Identity()
        self.out = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, channels, H, W); the smaller of both sums is padded with zeros, as dlib's add_prev does."""
        path, skip = self.second(self.relu(self.first(x))), self.pool(x)
        shape = [max(a, b) for a, b in zip(path.shape[1:], skip.shape[1:], strict=True)]
        result: Tensor = self.out(_padded(path, shape) + _padded(skip, shape))
        return result


def _padded(x: Tensor, shape: list[int]) -> Tensor:
    channels, height, width = (want - have for want, have in zip(shape, x.shape[1:], strict=True))
    return functional.pad(x, (0, width, 0, height, 0, channels)) if channels or height or width else x


class DlibResNet(nn.Module):
    """Embed faces (N, 3, 150, 150) in [0, 1] as (N, 128), as dlib's `face_recognition_model_v1` does.

    Source: King 2017, dlib's examples/dnn_face_recognition_ex.cpp: a ResNet-34 with fewer layers and half the filters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, stride=2))
        blocks, before = [], 32
        for level, (channels, count) in enumerate(BLOCKS):
            for k in range(count):
                blocks.append(DlibBlock(before, channels, down=k == 0 and level > 0))
                before = channels
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(256, DIMENSION, bias=False)
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the embeddings (N, 128), not normalised."""
        result: Tensor = self.head(self.blocks(self.stem((x * 255 - self.mean) / 256)).mean((2, 3)))
        return result


def load_dlib_resnet(path: Path) -> DlibResNet:
    """Read `dlib_face_recognition_resnet_model_v1.dat` into the network, affine layers joined to convolutions.

    Raises `InputError` where the file is not that network.
    """
    try:
        layers = read_layers(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path.name} cannot be read ({error.strerror})") from error
    network = DlibResNet().eval().requires_grad_(False)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    shapes = [(TAGS[0], c.weight.numel() + c.out_channels) for c in convolutions]
    wanted = [pair for tag, n in shapes for pair in ((tag, n), (TAGS[1], 0))] + [(TAGS[2], network.head.weight.numel())]
    came = [(tag, len(values)) for tag, values in layers]
    fine = [tag for tag, _ in came] == [tag for tag, _ in wanted]
    if not fine or any(want and want != have for (_, have), (_, want) in zip(came, wanted, strict=True)):
        raise InputError(
            f"{path.name} is not dlib's face ResNet: it has {len(came)} layers, and {len(wanted)} are known"
        )
    for k, convolution in enumerate(convolutions):
        weight, bias = np.split(layers[2 * k][1], [convolution.weight.numel()])
        gamma, beta = np.split(layers[2 * k + 1][1], 2)
        if len(gamma) != convolution.out_channels:
            raise InputError(f"{path.name} is not dlib's face ResNet: a layer of it has {len(gamma)} channels")
        _set(convolution.weight, weight.reshape(convolution.weight.shape) * gamma[:, None, None, None])
        assert convolution.bias is not None
        _set(convolution.bias, bias * gamma + beta)
    _set(network.head.weight, layers[-1][1].reshape(256, DIMENSION).T)
    return network


def read_layers(data: bytes) -> list[tuple[bytes, Array]]:
    """Read the weights of a dlib network's layers, from input to output: (tag, values float32).

    Only what the face ResNet has is read: convolutions, affine layers and fully connected ones, found by their names.
    """
    found, places = [], sorted((at, tag) for tag in TAGS for at in _all(data, tag))
    last = 0
    for at, tag in places:
        if at < last:  # weights that look like a name
            continue
        start = at + len(tag)
        try:
            if tag == TAGS[2]:
                for _ in range(2):  # outputs, inputs
                    _, start = _integer(data, start)
            values, last = _tensor(data, start)
        except (IndexError, ValueError) as error:
            raise InputError(f"the file is cut off or not dlib's: no weights follow {tag[2:].decode()}") from error
        found.append((tag, values))
    return found


def _all(data: bytes, tag: bytes) -> list[int]:
    places, at = [], data.find(tag)
    while at >= 0:
        places.append(at)
        at = data.find(tag, at + 1)
    return places


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """Read a packed integer: number of bytes (the highest bit is the sign), then these, the lowest first."""
    count = data[at] & 0x7F
    if not 1 <= count <= 8:
        raise ValueError(count)
    value = int.from_bytes(data[at + 1 : at + 1 + count], "little")
    return -value if data[at] & 0x80 else value, at + 1 + count


def _tensor(data: bytes, at: int) -> tuple[Array, int]:
    version, at = _integer(data, at)
    if version != TENSOR_VERSION:
        raise ValueError(version)
    total = 1
    for _ in range(4):
        side, at = _integer(data, at)
        total *= side
    end = at + 4 * total
    if not 0 < total <= MAX_VALUES or end > len(data):
        raise ValueError(total)
    return np.frombuffer(data, "<f4", total, at).astype(np.float32), end


def _set(parameter: Tensor, values: Array) -> None:
    parameter.data.copy_(torch.from_numpy(np.ascontiguousarray(values, np.float32)))
