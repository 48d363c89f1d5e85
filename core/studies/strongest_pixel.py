"""Choose one pixel by gradients: is a search weak, or the network strong?"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..attacks.engine.logits import margin
from ..detectors.inference_queue import give_way
from ..progress import NO_PROGRESS, Progress
from ..storage.files import atomic_write
from ..types import Array
from .picture_folders import Pictures
from .picture_training import logits_of

CANDIDATES = 256  # pixels asked about of each picture, of 8 * H * W
BEYOND, RANDOM = 255.0, 64  # largest value out of range, where pictures lie in [0, 1]; random pixels of each picture
CORNERS = torch.tensor(list(itertools.product((0, 255), repeat=3)), dtype=torch.uint8)  # (8, 3)


@dataclass(frozen=True, slots=True, eq=False)
class StrongestPixels:
    """Hold margins (N,) of correct pictures before and after one changed pixel.

    Below 0 a picture is turned. before, after: with the strongest pixel of [0, 1]; beyond: with the best of `RANDOM`
    ones of [0, `BEYOND`]. asked: of how many pictures they were asked for: more than N where time was over before.
    """

    before: Array
    after: Array
    beyond: Array
    asked: int

    @property
    def is_cut(self) -> bool:
        """Tell whether time ended the search."""
        return len(self.before) < self.asked


def strongest_pixels(
    network: nn.Module,
    pictures: Pictures,
    folder: Path,
    progress: Progress = NO_PROGRESS,
    is_over: Callable[[], bool] = lambda: False,
) -> StrongestPixels:
    """Ask about the pixels that gradients call the strongest, in eight colours.

    What comes out is a bound from one side: another pixel can be stronger still. Done pictures are kept. Pixels out of
    range are asked about as well: github.com/Hyperparticle/one-pixel-attack-keras, which the paper names, paints 0 to
    255 however pictures are scaled.

    Args:
        network: in eval mode, (N, 3, S, S) in [0, 1] to logits (N, 2).
        pictures: correctly classified ones.
        folder: of the file that keeps the margins.
        progress: told the pictures; a stop raises `StopRequested`.
        is_over: whether time is over: no further picture is begun, after one at least.
    """
    path = folder / f"strongest-pixels-{CANDIDATES}-{RANDOM}-{BEYOND:g}.npy"
    margins = _kept(path, len(pictures))
    steps = progress.counter(len(pictures), "Looking for the strongest pixels")
    steps.done = len(margins)
    for image, label in zip(pictures.images[len(margins) :], pictures.labels[len(margins) :], strict=True):
        progress.check_stop()
        if margins and is_over():
            break
        give_way()
        asked = _painted(image, _candidates(network, image, label))
        before, *after = margin(logits_of(network, torch.cat([image[None], asked])), ~label[None]).tolist()
        beyond = margin(_beyond(network, image, len(margins)), ~label[None])
        margins.append((before, min(after), float(beyond.min())))
        buffer = io.BytesIO()
        np.save(buffer, np.array(margins))
        atomic_write(path, buffer.getvalue())
        steps.step()
    found = np.array(margins).reshape(-1, 3)
    return StrongestPixels(found[:, 0], found[:, 1], found[:, 2], len(pictures))


def _kept(path: Path, count: int) -> list[tuple[float, float, float]]:
    """Read the margins of the first pictures, as many as were done."""
    try:
        return [(float(a), float(b), float(c)) for a, b, c in np.load(path, allow_pickle=False)[:count]]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return []


def _candidates(network: nn.Module, image: Tensor, label: Tensor) -> Tensor:
    """Return the places and colours (K, 3) whose linear effect is the largest.

    Each is its row, column and corner.
    """
    x = (image[None].float() / 255).requires_grad_(True)
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(margin(network(x), ~label[None])[0], x)
    change = CORNERS[:, :, None, None].float() / 255 - x.detach()  # (8, 3, H, W)
    effect = (change * slope).sum(1)
    places = effect.flatten().argsort()[:CANDIDATES]
    corner, row, column = np.unravel_index(places.numpy(), effect.shape)
    return torch.from_numpy(np.stack([row, column, corner], 1))


def _painted(image: Tensor, candidates: Tensor) -> Tensor:
    """Copy an image (3, H, W) with one pixel changed, (K, 3, H, W)."""
    out = image[None].repeat(len(candidates), 1, 1, 1)
    row, column, corner = candidates.unbind(1)
    out[torch.arange(len(candidates)), :, row, column] = CORNERS[corner]
    return out


@torch.inference_mode()
def _beyond(network: nn.Module, image: Tensor, seed: int) -> Tensor:
    """Return the logits (K, 2) of an image with random pixels out of range."""
    random = torch.Generator().manual_seed(seed)
    out = (image[None].float() / 255).repeat(RANDOM, 1, 1, 1)
    row, column = torch.randint(0, image.shape[-1], (2, RANDOM), generator=random)
    out[torch.arange(RANDOM), :, row, column] = BEYOND * torch.rand(RANDOM, 3, generator=random)
    logits: Tensor = network(out.contiguous(memory_format=torch.channels_last))
    return logits
