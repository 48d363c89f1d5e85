"""Measure the adversarial top-k drop: the score's fall when only top superpixels are attacked."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...detectors.device import pass_sizes
from ...detectors.networks.preserve import preserve_state
from ...types import FAKE, Array, QualityMetric
from .subject import Rows, Subject, score_of

K = 3  # superpixels, Tsigos et al. 2024
EPS, STEP, ITERATIONS = 8 / 255, 2 / 255, 6  # of [0, 1]
RANDOM_CHOICES = 3  # choices of superpixels by chance, beside the maps'
MIN_DROP = 0.02  # of the score: smaller drops are all alike


def steps(subject: Subject) -> int:
    """Count one step for each choice of superpixels."""
    return len(subject.attributions) + RANDOM_CHOICES * len({one.label for one in subject.ranked})


def measure(subject: Subject) -> Rows:
    """Measure the label's score drop, in [-1, 1], when the top three superpixels are attacked.

    SLIC superpixels, about 50; inside the chosen ones each pixel may change by 8/255. Random choices serve as a
    control.
    Source: Tsigos et al. 2024, arXiv:2404.18649, section 3 and their published code.
    Differs: for one face, the drop of the score instead of the accuracy over many; six signed gradient steps instead of
    50 along a gradient estimated from 80 queries (NES), which is some hundred times cheaper; half their budget, because
    with the true gradient and 16/255 any superpixel will do; kept to [0, 1].
    """
    count = int(subject.segments.max()) + 1
    rng, chosen, labels = subject.rng(2), list[Array](), list[int]()
    for one in subject.ranked:
        chosen.append(subject.superpixel_order(one.values, rng)[:K])
        labels.append(one.label)
    for label in subject.labels:
        for _ in range(RANDOM_CHOICES):
            chosen.append(rng.permutation(count)[:K])
            labels.append(label)
    drops = []
    size = pass_sizes(subject.detector.model).maps
    for begin in range(0, len(chosen), size):
        part = slice(begin, begin + size)
        masks = torch.from_numpy(np.stack([np.isin(subject.segments, indices) for indices in chosen[part]]))[:, None]
        drops += _drops(subject, masks, labels[part])
        subject.steps.step(len(masks))
    whole = len(subject.ranked)
    chance = {
        label: float(np.mean([d for d, own in zip(drops[whole:], labels[whole:], strict=True) if own == label]))
        for label in subject.labels
    }
    of_label = {label: [d for d, own in zip(drops, labels, strict=True) if own == label] for label in subject.labels}
    rows: Rows = []
    for one, drop in zip(subject.ranked, drops, strict=False):
        here = float(subject.scores(subject.x, one.label)[0])
        reason = one.flat or _degenerate_reason(count, here, of_label[one.label])
        rows.append((_metric(drop, chance[one.label], here, one.label, count, reason),))
    return rows


def attack_superpixels(subject: Subject, masks: Tensor, labels: list[int]) -> Tensor:
    """Attack the face inside masks (N, 1, H, W), each against one of the labels (N,).

    Returns (N, 3, H, W) in [0, 1].
    """
    # The score rises with the margin: with its sign turned for "real", one step serves both labels.
    turn = torch.tensor([1.0 if label == FAKE else -1.0 for label in labels])
    clean = subject.x.expand(len(masks), -1, -1, -1)
    at = clean.clone()
    for _ in range(ITERATIONS):
        at = at.detach().requires_grad_(True)
        with subject.detector.lock.long_turn(), preserve_state(subject.detector.model):
            logits = subject.detector.model(at)
            (gradient,) = torch.autograd.grad((turn * (logits[:, 1] - logits[:, 0])).sum(), at)
        moved = at.detach() - STEP * gradient.sign() * masks
        at = torch.minimum(torch.maximum(moved, clean - EPS), clean + EPS).clamp(0, 1)
    return at


def _drops(subject: Subject, masks: Tensor, labels: list[int]) -> list[float]:
    logits = subject.logits(torch.cat([subject.x, attack_superpixels(subject, masks, labels)]))
    scores = {label: subject.score(logits, label) for label in set(labels)}
    return [float(scores[label][0] - scores[label][1 + i]) for i, label in enumerate(labels)]


def _degenerate_reason(count: int, here: float, drops: list[float]) -> str | None:
    if count < 3 * K:
        return f"The face falls into {count} superpixels only: {K} of them are too much of it."
    if max(drops) < MIN_DROP:
        return f"The score ({here:.3f}) does not fall whichever superpixels are attacked: it is saturated."
    if max(drops) - min(drops) < MIN_DROP:
        return "The score falls alike whichever superpixels are attacked, those chosen at random included."
    return None


def _metric(drop: float, chance: float, here: float, label: int, count: int, reason: str | None) -> QualityMetric:
    return QualityMetric(
        f"adversarial top-{K} drop",
        drop,
        "higher",
        f"How far {score_of(label)} falls from {here:.2f} when the map's first {K} of {count} superpixels are attacked "
        f"(each pixel by up to 8/255); random superpixels give {chance:.3f}.",
        reason,
    )
