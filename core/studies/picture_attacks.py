"""Attack pictures block by block until each is misclassified, and keep what came out."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..attacks import perturb_classes
from ..attacks.engine.logits import margin
from ..registry import Value
from ..storage.files import atomic_write
from ..types import content_id
from .picture_folders import Pictures
from .picture_training import logits_of, predicted
from .vgg_networks import CLASSES

BLOCK = 20  # pictures: what a stop loses at most
PROBE, REACH = (50, 3), 0.15  # population and generations of a short search; the share of the margin it has to take
GAINS = (1, 2, 4, 8)  # of FGSM and PGD, in 1/255: the smallest that turns a picture is taken


@dataclass(frozen=True, slots=True)
class PictureAttack:
    """Name an attack and its settings.

    title: in the tables; name: in the registry; tries: settings in turn, until one is successful; reach: the share of
    a picture's margin that a try has to take off for the next to be made, 0 for always.
    """

    title: str
    name: str
    tries: tuple[tuple[tuple[str, Value], ...], ...]
    reach: float = 0.0

    @property
    def id(self) -> str:
        """Return a name for files, with a hash of the settings."""
        return f"{self.name}-{content_id(repr((self.tries, self.reach) if self.reach else self.tries))[:8]}"


def fgsm_by_gain() -> PictureAttack:
    """Return FGSM whose gain grows until the class changes."""
    return _by_gain("FGSM", "fgsm")


def pgd_by_gain(steps: int) -> PictureAttack:
    """Return PGD whose epsilon grows as FGSM's gain does."""
    return _by_gain("PGD", "pgd", ("steps", steps))


def _by_gain(title: str, name: str, *further: tuple[str, Value]) -> PictureAttack:
    loss: tuple[str, Value] = ("loss", "cross-entropy")
    return PictureAttack(title, name, tuple((("eps", gain / 255), loss, *further) for gain in GAINS))


def one_pixel(population: int, generations: int) -> PictureAttack:
    """Return the one-pixel attack with a budget of differential evolution."""
    return PictureAttack("one pixel", "one-pixel", (_evolution(population, generations),))


def probed_one_pixel(population: int, generations: int) -> PictureAttack:
    """Return the one-pixel attack behind a short search, which most pictures do not pass.

    The budget goes to pictures whose margin the short search moves.
    """
    tries = (_evolution(*PROBE), _evolution(population, generations))
    return PictureAttack("one pixel", "one-pixel", tries, REACH)


def _evolution(population: int, generations: int) -> tuple[tuple[str, Value], ...]:
    return (("pixels", 1), ("population", population), ("steps", generations))


@dataclass(frozen=True, slots=True, eq=False)
class AttackedPictures:
    """Hold the successful attacks on the first pictures of an order.

    n: how many pictures were tried, misclassified ones counted in; rows: (T,) which were turned, ascending; images:
    (T, 3, S, S) uint8, attacked; tries: (T,) the index of the settings that turned each.
    """

    n: int
    rows: Tensor
    images: Tensor
    tries: Tensor

    def __post_init__(self) -> None:
        if len(self.images) != len(self.rows) or len(self.tries) != len(self.rows):
            raise ValueError("every turned picture has a row, an image and a try")

    def first(self, n: int) -> AttackedPictures:
        """Return what was turned among the first `n` pictures."""
        among = self.rows < n
        return AttackedPictures(min(n, self.n), self.rows[among], self.images[among], self.tries[among])

    def labelled(self, pictures: Pictures) -> Pictures:
        """Return the attacked pictures with their true labels, from those that were attacked."""
        return Pictures(self.images, pictures.labels[self.rows])


def joined(blocks: list[AttackedPictures]) -> AttackedPictures:
    """Join consecutive blocks."""
    before = np.cumsum([0, *(block.n for block in blocks)])
    return AttackedPictures(
        int(before[-1]),
        torch.cat([block.rows + int(start) for block, start in zip(blocks, before, strict=False)]),
        torch.cat([block.images for block in blocks]),
        torch.cat([block.tries for block in blocks]),
    )


def attack_pictures(network: nn.Module, pictures: Pictures, attack: PictureAttack, *, seed: int) -> AttackedPictures:
    """Attack the correctly classified of some pictures, in 8 bits.

    Args:
        network: in eval mode, (N, 3, S, S) in [0, 1] to logits (N, 2).
        pictures: the block.
        attack: its tries are made in turn on those that are still correct.
        seed: of the attack's random numbers.
    """
    rows = (predicted(network, pictures.images) == pictures.labels).nonzero()[:, 0]
    found: list[tuple[Tensor, Tensor, int]] = []
    for number, settings in enumerate(attack.tries):
        if not len(rows):
            break
        clean = (pictures.images[rows].float() / 255).contiguous(memory_format=torch.channels_last)
        labels = pictures.labels[rows]
        changed = perturb_classes(
            network, clean, labels, attack.name, dict(settings), classes=CLASSES, seed=seed, eight_bit=True
        )
        images = (changed * 255).round().to(torch.uint8)
        turned = predicted(network, images) != labels
        found.append((rows[turned], images[turned], number))
        left = ~turned
        if attack.reach and number + 1 < len(attack.tries):
            before, after = (margin(logits_of(network, one), ~labels) for one in (pictures.images[rows], images))
            left &= before - after >= attack.reach * before
        rows = rows[left]
    if not found:
        return AttackedPictures(len(pictures), rows, pictures.images[:0], rows)
    order = torch.cat([own for own, _, _ in found])
    tries = torch.cat([torch.full((len(own),), number) for own, _, number in found])
    places = order.argsort()
    return AttackedPictures(len(pictures), order[places], torch.cat([x for _, x, _ in found])[places], tries[places])


def kept_block(path: Path, n: int) -> AttackedPictures | None:
    """Read a block of `n` pictures; None where it is missing or not whole."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            rows, images, tries = (torch.from_numpy(arrays[key]) for key in ("rows", "images", "tries"))
            return AttackedPictures(int(arrays["n"]), rows, images, tries) if int(arrays["n"]) == n else None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def keep_block(path: Path, block: AttackedPictures) -> None:
    """Write a block."""
    buffer = io.BytesIO()
    np.savez(buffer, n=block.n, rows=block.rows.numpy(), images=block.images.numpy(), tries=block.tries.numpy())
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, buffer.getvalue())
