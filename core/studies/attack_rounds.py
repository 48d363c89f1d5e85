"""Run attacks in rounds over several sets of pictures until time is over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from .base import StudyContext
from .picture_attacks import BLOCK, AttackedPictures, PictureAttack, attack_pictures, joined, keep_block, kept_block
from .picture_folders import Pictures


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    """Hold what is attacked by what.

    folder: of its blocks; network: attacked; pictures: in a random order; attack; pace: blocks in each round; most:
    pictures at most, None for all.
    """

    folder: Path
    network: nn.Module
    pictures: Pictures
    attack: PictureAttack
    pace: int = 1
    most: int | None = None

    def blocks(self) -> list[torch.Tensor]:
        """Return the rows of each block."""
        count = min(len(self.pictures), self.most or len(self.pictures))
        return list(torch.arange(count).split(BLOCK))


def run_rounds(context: StudyContext, lanes: dict[str, Lane]) -> dict[str, AttackedPictures]:
    """Attack some blocks of each lane in turn; return what was turned, by lane.

    Each lane goes on from its kept blocks. Ends where the minutes are over, after one round at least: what it
    returns says of how many pictures it is.
    """
    found: dict[str, list[AttackedPictures]] = {name: [] for name in lanes}
    left = {name: lane.blocks() for name, lane in lanes.items()}
    steps = context.progress.counter(sum(len(rows) for lane in left.values() for rows in lane), "Attacking pictures")
    first, computing = True, True
    while any(left.values()):
        for name, lane in lanes.items():
            for rows in left[name][: lane.pace]:
                done = _block(context, lane, len(found[name]), rows, may_compute=first or computing)
                computing = first or not context.out_of_time()
                if done is None:  # time is over: what was kept of this lane ends here
                    left[name] = []
                    break
                found[name].append(done)
                steps.step(len(rows))
            left[name] = left[name][lane.pace :]
        first, computing = False, computing and not context.out_of_time()
    return {name: joined(blocks) for name, blocks in found.items()}


def _block(
    context: StudyContext, lane: Lane, number: int, rows: torch.Tensor, *, may_compute: bool
) -> AttackedPictures | None:
    path = lane.folder / f"block-{number:04}.npz"
    block = kept_block(path, len(rows))
    if block is not None or not may_compute:
        return block
    context.progress.check_stop()
    block = attack_pictures(lane.network, lane.pictures.at(rows), lane.attack, seed=context.seed)
    keep_block(path, block)
    return block
