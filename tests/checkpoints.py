"""Random checkpoints of exactly the layouts that authors publish, and as files."""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

import h5py
import torch
from torch import Tensor, nn

from core.detectors import DETECTORS
from core.detectors.architectures.layers import Resize
from core.detectors.checkpoints.formats import FORMATS, CheckpointFormat

ONE_OF_EACH = {DETECTORS[name].facts.layout or name: name for name in DETECTORS}  # layout -> one detector of it


def random_checkpoint(layout: CheckpointFormat, seed: int = 0, *, settle: bool = True) -> dict[str, Tensor]:
    """What the authors' file of `layout` would hold, with random weights: its keys, its axes, its spare keys.

    With `settle` the running statistics are those of random images, so that logits are finite and differ from
    image to image; without it the checkpoint is made sooner. Each is made once: nobody changes the tensors.
    """
    return dict(_settled_checkpoint(layout, seed) if settle else _plain_checkpoint(layout, seed))


@functools.cache
def _plain_checkpoint(layout: CheckpointFormat, seed: int) -> dict[str, Tensor]:
    return _checkpoint(layout, layout.build, seed)


@functools.cache
def _settled_checkpoint(layout: CheckpointFormat, seed: int) -> dict[str, Tensor]:
    return _checkpoint(layout, lambda: reestimate_batchnorm(layout.build()), seed)


def _checkpoint(layout: CheckpointFormat, build: Callable[[], nn.Module], seed: int) -> dict[str, Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = build().state_dict()
        if layout.form == "Keras HDF5":
            state = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
        found = {layout.prefixes[0] + layout.key(key): layout.axes(key).theirs(t) for key, t in state.items()}
        found |= {layout.prefixes[0] + key: torch.randn(shape) for key, shape in layout.spare.items()}
    return {key: tensor.contiguous() for key, tensor in found.items()}


def reestimate_batchnorm(model: nn.Module, size: int = 96) -> nn.Module:
    """`model` in eval mode with batch normalisation that fits its random weights, from a few small random images."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = 1.0
            module.weight.data.uniform_(0.7, 1.3)
            module.bias.data.normal_(0, 0.2)
    resize = next(module for module in model.modules() if isinstance(module, Resize))
    full = resize.size
    if any(isinstance(module, nn.AdaptiveAvgPool2d) for module in model.modules()):
        resize.size = size  # the others have a linear layer that wants their full size
    with torch.no_grad():
        model.train()(images(8, resize.size))
    for name, variance in model.named_buffers():
        if name.endswith("running_var"):  # channels that hardly move here would blow up what moves elsewhere
            variance.clamp_(min=float(variance.mean()) / 5)
    resize.size = full
    return model.eval()


def narrowed(model: nn.Module, size: int) -> nn.Module:
    """`model` on images of `size` pixels inside, where it ends in a pooling: others want their full size."""
    if any(isinstance(module, nn.AdaptiveAvgPool2d) for module in model.modules()):
        next(module for module in model.modules() if isinstance(module, Resize)).size = size
    return model


def images(count: int, size: int) -> Tensor:
    """Random images (count, 3, size, size) in [0, 1]: patches and noise, each of its own contrast and colour."""
    coarse = nn.functional.interpolate(torch.rand(count, 3, 6, 6), (size, size), mode="bilinear")
    noise, level = torch.rand(2, count, 1, 1, 1)
    mixed = (1 - noise) * coarse + noise * torch.rand(count, 3, size, size)
    return (level * mixed + (1 - level) * torch.rand(count, 3, 1, 1)).clamp(0, 1)


def write_checkpoint(layout: CheckpointFormat, tensors: dict[str, Tensor], path: Path) -> Path:
    """Write `tensors` as the authors do: Keras HDF5 with its lists of names, or a PyTorch state dict."""
    if layout.form != "Keras HDF5":
        torch.save(tensors, path)
        return path
    with h5py.File(path, "w") as file:
        layers = list(dict.fromkeys(key.split("/")[0] for key in tensors))
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer)
            names = [key for key in tensors if key.startswith(f"{layer}/")]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name in names:
                group[name] = tensors[name].numpy()
    return path


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.cache
def content(seed: int, layout: str = "meso4") -> bytes:
    """The bytes of a random checkpoint of a layout."""
    with tempfile.TemporaryDirectory() as folder:
        return write_checkpoint(
            FORMATS[layout], random_checkpoint(FORMATS[layout], seed), Path(folder) / "a"
        ).read_bytes()
