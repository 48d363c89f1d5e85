"""Measure deletion and insertion of superpixels in a map's order."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...types import Array, QualityMetric
from ..context import baseline
from .subject import RankedMap, Rows, Subject, score_of

BASELINES = ("blurred", "mean colour")
BASELINE_WORDS = {"blurred": "the blurred face", "mean colour": "the face's mean colour"}
STEPS = 10  # between the whole face and none of it
RANDOM_ORDERS = 4  # orders by chance beside the maps': what no knowledge of the network gives
MIN_CHANGE = 0.05  # of the score, between face and baseline: below, no order can make a difference


def steps(subject: Subject) -> int:
    """Count one step for each order of superpixels, those at random included."""
    return len(subject.attributions) + RANDOM_ORDERS * len(subject.labels)


def measure(subject: Subject) -> Rows:
    """Measure deletion AUC and insertion AUC of each map, in [0, 1].

    Deletion replaces the superpixels with the largest mean value by a baseline, a tenth of them at a time; insertion
    starts from the baseline. The AUC is over the share of the face's area. The baseline is the one of blurred face and
    mean colour for which the label's score falls more. Random orders serve as a control.
    Source: Petsiuk et al. 2018, arXiv:1806.07421, algorithm 1; superpixels as Rieger and Hansen 2020, arXiv:2003.08747.
    Differs: one baseline for both; the calibrated probability. Pixel by pixel, the speckle of 1 % replaced pixels alone
    moves these detectors as far as replacing the whole face, whatever the order.
    """
    rng = subject.rng(1)
    bases = {label: _base(subject, label) for label in subject.labels}
    chance = {}
    for label in subject.labels:
        drawn = []
        for _ in range(RANDOM_ORDERS):
            drawn.append(
                areas(subject, subject.superpixel_order(np.zeros(subject.crop.shape[:2]), rng), bases[label][1], label)
            )
            subject.steps.step()
        chance[label] = np.array(drawn)
    rows = []
    for one in subject.ranked:
        name, base = bases[one.label]
        found = areas(subject, subject.superpixel_order(one.values, rng), base, one.label)
        rows.append(_metrics(subject, one, found, chance[one.label], name, base))
        subject.steps.step()
    return rows


def areas(subject: Subject, first: Array, base: Tensor, label: int) -> Array:
    """Compute the areas (2,) under the score over the share deleted, and inserted.

    Args:
        subject: gives the superpixels and the scores.
        first: the superpixels in their order.
        base: (1, 3, H, W), the baseline.
        label: whose score, in [0, 1], is followed.
    """
    ends = np.unique(np.round(np.linspace(0, len(first), STEPS + 1)).astype(int))
    place = np.empty(int(subject.segments.max()) + 1, int)
    place[first] = np.arange(len(first))
    taken = torch.from_numpy(place[subject.segments] < ends[:, None, None])[:, None]
    deleted = torch.where(taken, base, subject.x)
    inserted = torch.where(taken[1:-1], subject.x, base)  # its ends are those of the other curve, swapped
    scores = subject.scores(torch.cat([deleted, inserted]), label)
    down = scores[: len(ends)]
    up = np.concatenate([down[-1:], scores[len(ends) :], down[:1]])
    share = taken.numpy().mean((1, 2, 3))
    return np.array([np.trapezoid(down, share), np.trapezoid(up, share)])


def _base(subject: Subject, label: int) -> tuple[str, Tensor]:
    made = {name: baseline(name, subject.x) for name in BASELINES}
    scores = subject.scores(torch.cat(list(made.values())), label)
    name = BASELINES[int(scores.argmin())]
    return name, made[name]


def _metrics(
    subject: Subject, one: RankedMap, found: Array, chance: Array, name: str, base: Tensor
) -> tuple[QualityMetric, ...]:
    here, gone = (float(subject.scores(image, one.label)[0]) for image in (subject.x, base))
    reason = one.flat
    if not reason and here - gone < MIN_CHANGE:
        reason = (
            f"Replacing the whole face by its baseline ({name}) moves {score_of(one.label)} from {here:.2f} to "
            f"{gone:.2f} only: there is nothing to take away, whatever the order."
        )
    fall = (
        f"The baseline is {BASELINE_WORDS[name]}: {score_of(one.label)} is {here:.2f} for the face, {gone:.2f} for it."
    )
    by_chance = [f"random orders give {m:.3f} ± {s:.3f}" for m, s in zip(chance.mean(0), chance.std(0), strict=True)]
    return (
        QualityMetric(
            "deletion AUC",
            float(found[0]),
            "lower",
            f"The mean score while superpixels are taken away, the map's most relevant first; {by_chance[0]}. {fall}",
            reason,
        ),
        QualityMetric(
            "insertion AUC",
            float(found[1]),
            "higher",
            f"The mean score while superpixels are put in, the map's most relevant first; {by_chance[1]}. {fall}",
            reason,
        ),
    )
