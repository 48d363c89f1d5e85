"""Make Klawikowska's figures 2 and 3: attention maps of clear and attacked pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ..types import Array, InputError
from ..types.study_tables import StudyCell, StudyPanel, StudyRow, StudyTable
from .cats_dogs_attacks import AttackedNetwork
from .cats_dogs_data import CatsDogsData
from .picture_folders import NAMES, SIDE
from .picture_relevance import PictureRelevance, picture_relevance
from .picture_training import predicted

EXAMPLES, RADIUS = 3, 2  # of each class in figure 2; pixels on each side of the changed one
FRAME = 5  # pixels from the changed one to the frame that shows where it is
COLOURS_SAID = "Red speaks for the predicted class, blue against it."
RULE_SAID = (
    "LRP present A flat is EpsilonPlusFlat here, without batch normalisation; the margin of two logits is shared."
)


def example_maps(data: CatsDogsData, settings: dict[str, StudyCell]) -> StudyTable:
    """Map the first correctly classified test pictures of each class."""
    rows = torch.cat([(data.right & (data.test.labels == one)).nonzero()[:EXAMPLES, 0] for one in (1, 0)])
    images, labels = data.test.images[rows], data.test.labels[rows]
    found = picture_relevance(data.clear, images)
    facts: list[StudyRow] = []
    panels = []
    for at, label in enumerate(labels.tolist()):
        name = f"{NAMES[label]} {labels[: at + 1].eq(label).sum()}"
        said, score = _verdict(found, at)
        inside = _share_in_middle(found.maps[at])
        facts.append((name, NAMES[label], said, round(score, 4), round(inside, 4)))
        panels.append(_panel(name, (f"{said} {score:.0%}", f"middle {inside:.0%}"), images[at], found, at))
    mean = float(np.mean([float(row[4] or 0) for row in facts]))
    return StudyTable(
        "klawikowska2020",
        "figure 2",
        ("picture", "class", "predicted", "score", "relevance in the middle quarter"),
        tuple(facts),
        None,
        settings,
        len(facts),
        "Attention maps of cats and dogs",
        f"{mean:.0%} of the relevance lies in the middle quarter of the picture, on average of {len(facts)} pictures.",
        (
            COLOURS_SAID,
            RULE_SAID,
            "The first correctly classified test pictures of a random order; the paper chose its three.",
        ),
        panels=tuple(panels),
    )


def attack_maps(
    data: CatsDogsData, found: tuple[AttackedNetwork, AttackedNetwork], settings: dict[str, StudyCell]
) -> StudyTable:
    """Map a cat that both attacks turn, by clear and retrained networks."""
    fgsm, pixel = found
    row, robust, both = _chosen(data, fgsm, pixel)
    clean, label = data.test.images[row], int(data.test.labels[row])
    by_gain, by_pixel = (one.test.images[one.test.rows == row][0] for one in found)
    changed = (by_pixel != clean).any(0).nonzero()[0].tolist()
    cases: tuple[tuple[str, nn.Module, Tensor], ...] = (
        ("clear", data.clear, clean),
        ("FGSM", data.clear, by_gain),
        ("FGSM, immune", fgsm.immune, by_gain),
        ("one pixel", data.clear, by_pixel),
        ("one pixel, immune", pixel.immune, by_pixel),
    )
    facts: list[StudyRow] = []
    panels = []
    for name, network, image in cases:
        one = picture_relevance(network, image[None])
        said, score = _verdict(one, 0)
        at, near = _shares_at(one.maps[0], changed[0], changed[1])
        facts.append((name, said, round(score, 4), round(at, 4), round(near, 4)))
        shown = framed(image, *changed) if image is by_pixel else image
        panels.append(_panel(name, (f"{said} {score:.0%}", f"about the pixel {near:.1%}"), shown, one, 0))
    before, after = float(facts[0][4] or 0), float(facts[3][4] or 0)
    size = (2 * RADIUS + 1) ** 2
    return StudyTable(
        "klawikowska2020",
        "figure 3",
        ("panel", "predicted", "score", "relevance at the changed pixel", f"relevance in the {size} pixels about it"),
        tuple(facts),
        None,
        {**settings, "changed pixel, row": changed[0], "changed pixel, column": changed[1]},
        1,
        f"A {NAMES[label]} under both attacks, on the clear and the retrained networks",
        f"About the changed pixel lies {after:.1%} of the relevance after the one-pixel attack, {before:.1%} before.",
        (
            COLOURS_SAID,
            RULE_SAID,
            "A yellow frame surrounds the changed pixel in the picture; the networks see none.",
            f"Of {both} {NAMES[label]}s that both attacks turn, both retrained networks read {robust} correctly; this "
            f"is the first of {'those' if robust else 'all'} in a random order. {size} of {SIDE * SIDE} pixels are "
            f"{size / SIDE**2:.1%}.",
        ),
        panels=tuple(panels),
    )


def _chosen(data: CatsDogsData, fgsm: AttackedNetwork, pixel: AttackedNetwork) -> tuple[int, int, int]:
    """Choose a picture that both attacks turn, a cat if possible.

    Returns its row, how many such pictures the retrained networks classify correctly, and how many there are.
    """
    rows = fgsm.test.rows[torch.isin(fgsm.test.rows, pixel.test.rows)]
    if not len(rows):
        n = min(fgsm.test.n, pixel.test.n)
        raise InputError(f"none of {n} test pictures is turned by both attacks: give --minutes more, and run it again")
    cats = rows[data.test.labels[rows] == 0]
    rows = cats if len(cats) else rows
    held = torch.ones(len(rows), dtype=torch.bool)
    for one in (fgsm, pixel):
        images = one.test.images[torch.isin(one.test.rows, rows)]
        held &= predicted(one.immune, images) == data.test.labels[rows]
    return int((rows[held] if held.any() else rows)[0]), int(held.sum()), len(rows)


def _verdict(found: PictureRelevance, at: int) -> tuple[str, float]:
    """Return the predicted class and its score in [0, 1]."""
    margin = float(found.margins[at])
    return NAMES[margin > 0], float(1 / (1 + np.exp(-abs(margin))))


def _panel(name: str, lines: tuple[str, ...], image: Tensor, found: PictureRelevance, at: int) -> StudyPanel:
    """Return a panel whose map is of the predicted class."""
    sign = 1 if found.margins[at] > 0 else -1
    return StudyPanel(name, lines, image.permute(1, 2, 0).numpy(), sign * found.maps[at])


def framed(image: Tensor, row: int, column: int) -> Tensor:
    """Draw a square frame about a pixel of an image (3, H, W)."""
    out, yellow = image.clone(), torch.tensor([255, 255, 0], dtype=torch.uint8)[:, None]
    rows, columns = (slice(max(0, at - FRAME), at + FRAME + 1) for at in (row, column))
    for at in (-FRAME, FRAME):
        if 0 <= row + at < image.shape[1]:
            out[:, row + at, columns] = yellow
        if 0 <= column + at < image.shape[2]:
            out[:, rows, column + at] = yellow
    return out


def _share_in_middle(values: Array) -> float:
    size, quarter = np.abs(values), SIDE // 4
    inside = size[quarter : SIDE - quarter, quarter : SIDE - quarter]
    return float(inside.sum() / max(size.sum(), 1e-12))


def _shares_at(values: Array, row: int, column: int) -> tuple[float, float]:
    """Return the shares of relevance at a pixel and about it."""
    size = np.abs(values)
    about = size[max(0, row - RADIUS) : row + RADIUS + 1, max(0, column - RADIUS) : column + RADIUS + 1]
    whole = max(float(size.sum()), 1e-12)
    return float(size[row, column] / whole), float(about.sum() / whole)
