"""Pass crops of several sizes through a detector's network together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ..media.images import to_tensor
from ..types import Array
from .architectures.layers import CentreCrop, Resize
from .device import pass_sizes
from .networks.outputs import penultimate_inputs
from .networks.replica import replica_of

_rests: WeakKeyDictionary[nn.Module, tuple[list[nn.Module], nn.Module | None]] = WeakKeyDictionary()


def batch_features(model: nn.Module, crops: Sequence[Array]) -> Iterator[tuple[Array, Array]]:
    """Yield logits (2,) and penultimate activations (D,) of crops of any sizes.

    Each crop is cut and resized by itself, as the network does; the rest is done on several at once, see `pass_sizes`.
    The logits differ from those of one crop alone by rounding, about 1e-7; the same crops in the same order give the
    same. In float32: bfloat16 takes .77 times the processor time where a processor computes in it, but moves the
    default detector's probability by more than 1e-3 on 88 % of 300 faces, by .095 at most.

    Args:
        model: a detector's, in eval mode, while nobody else uses it.
        crops: (H, W, 3) each, uint8 or float32 in [0, 1].
    """
    if len(crops) == 1:
        yield from _with_features(model, to_tensor(crops[0]))
        return
    geometry, rest = _rest_of(model)
    size = pass_sizes(model).faces
    for start in range(0, len(crops), size):
        images = [to_tensor(crop) for crop in crops[start : start + size]]
        for module in geometry:
            images = [module(image) for image in images]
        for _, same in groupby(images, lambda image: image.shape):
            yield from _with_features(rest or model, torch.cat(list(same)))


def _rest_of(model: nn.Module) -> tuple[list[nn.Module], nn.Module | None]:
    """Split a network into what cuts and resizes, and a replica without that.

    None for the replica where nothing does: the key must not be held by its value.
    """
    if model not in _rests:
        geometry: list[nn.Module] = []
        first = model
        while not geometry and (children := list(first.children())):
            geometry = list(takewhile(lambda child: isinstance(child, CentreCrop | Resize), children))
            first = children[0]
        rest = replica_of(model, lambda module: nn.Identity() if module in geometry else None)
        _rests[model] = geometry, rest if geometry else None
    return _rests[model]


def _with_features(model: nn.Module, x: Tensor) -> list[tuple[Array, Array]]:
    """Compute logits (2,) and penultimate activations (D,) of images in one pass."""
    with penultimate_inputs(model) as seen:
        logits = model(x).numpy()
    return list(zip(logits, seen[0].cpu().numpy(), strict=True))
