"""Make Arif's figures 3, 4 and 6: SHAP heat maps, critical pixels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..output.screen import pixels_on
from ..types import Array
from ..types.study_tables import StudyCell, StudyPanel, StudyRow, StudyTable
from . import arif_paper as paper
from .arif_data import ArifData
from .attacked_digits import ATTACKS_OF_ARIF, attacked
from .base import StudyContext
from .digit_network import predictions
from .digit_signatures import EPSILON, DigitSignatures
from .mnist_file import SIDE, Digits
from .signature_evidence import SHARE, compare_mask, critical_mask
from .study_figures import GROUP_COLUMNS

Given = dict[str, StudyCell]
EXAMPLES, BINS, INK, ZOOM = 6, 30, 0.5, 8  # digits of a figure; of a histogram; a drawn pixel's value; of a heat map
PGD = next(one for one in ATTACKS_OF_ARIF if one.name == "pgd")
AT = ATTACKS_OF_ARIF.index(PGD)
METHOD = "Deep SHAP"
MAPS: Given = {"attack": PGD.title, "epsilon": EPSILON, "maps": METHOD}
ORDER_SAID = "The first correct digits of a random order, none chosen."


def heat_maps(context: StudyContext, data: ArifData, found: DigitSignatures, settings: Given) -> StudyTable:
    """Map clean digits and the same under PGD.

    Args:
        context: of the study.
        data: with the network.
        found: signatures of its first correct digits.
        settings: of the table.
    """
    digits = data.correct.first(len(found.clean))
    few = digits.first(EXAMPLES)
    changed = attacked(data.network, few, PGD, EPSILON, seed=context.seed)
    both = (("clean", few.images, found.clean), (PGD.title, changed, found.attacked[AT]))
    facts: list[StudyRow] = []
    panels: list[StudyPanel] = []
    drawn = digits.images.numpy().reshape(len(digits.labels), -1) > INK
    for at, label in enumerate(few.labels.tolist()):
        for name, images, values in both:
            said = int(predictions(data.network, images[at : at + 1]))
            share = float(_inside(values[at : at + 1], drawn[at : at + 1])[0])
            facts.append((f"digit {at + 1}", name, label, said, round(share, 4)))
            lines = (f"read as {said}", f"strokes {share:.0%}")
            picture = np.kron(_grey(images[at]), np.ones((ZOOM, ZOOM, 1), np.uint8))
            map_ = np.kron(values[at].reshape(SIDE, SIDE), np.ones((ZOOM, ZOOM), np.float32))
            panels.append(StudyPanel(f"{label}, {name}", lines, picture, map_, METHOD))
    before, after = (float(np.mean(_inside(values, drawn))) for _, _, values in both)
    return StudyTable(
        "arif",
        "figure 3",
        ("picture", "version", "class", "predicted", "relevance on the strokes"),
        tuple(facts),
        None,
        {**settings, **MAPS},
        len(digits.labels),
        "SHAP heat maps of clean and attacked digits",
        f"On the drawn strokes lie {before:.0%} of the absolute SHAP values of a clean digit, and {after:.0%} under "
        f"{PGD.title}, on average of {len(digits.labels)} digits.",
        (
            "Red speaks for the class that the network predicts, blue against it.",
            f"{ORDER_SAID} Strokes are the pixels above {INK} of the clean digit, {drawn.mean():.0%} of all.",
        ),
        panels=tuple(panels),
    )


def _inside(values: Array, mask: Array) -> Array:
    """Return the share (n,) of absolute values (n, P) inside masks (n, P)."""
    size = np.abs(values)
    shares: Array = (size * mask).sum(1) / np.maximum(size.sum(1), 1e-12)
    return shares


def _grey(image: Tensor) -> Array:
    """Return a digit (1, 28, 28) as a picture (28, 28, 3) uint8."""
    return (image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8).repeat(3, 2)


def critical_maps(context: StudyContext, data: ArifData, found: DigitSignatures, settings: Given) -> StudyTable:
    """Draw each digit's critical pixels, and keep the attack in them alone.

    Args:
        context: of the study.
        data: with the network.
        found: signatures of its first correct digits.
        settings: of the table.
    """
    digits = data.correct.first(len(found.clean))
    changed = attacked(data.network, digits, PGD, EPSILON, seed=context.seed)
    values = {"generation": found.attacked[AT], "detection": found.attacked[AT] - found.clean}
    masks = {name: np.stack([critical_mask(one[None]) for one in own]) for name, own in values.items()}
    random = np.random.default_rng(context.seed).permuted(masks["generation"], axis=1)
    count, every = int(masks["generation"][0].sum()), masks["generation"].shape[1]
    kept = {
        "every pixel": (every, np.ones_like(random)),
        "pixels critical for generation": (count, masks["generation"]),
        "pixels critical for detection": (count, masks["detection"]),
        "as many random pixels": (count, random),
        "all but those critical for generation": (every - count, ~masks["generation"]),
        "all but those critical for detection": (every - count, ~masks["detection"]),
        "all but as many random pixels": (every - count, ~random),
    }
    shares = {name: _turned(data, digits, changed, mask) for name, (_, mask) in kept.items()}
    rows: tuple[StudyRow, ...] = tuple((name, size, round(shares[name], 4)) for name, (size, _) in kept.items())
    panels = [
        _marked(f"{int(digits.labels[at])}, {name}", changed[at], values[name][at], mask[at])
        for at in range(min(EXAMPLES, len(digits.labels)))
        for name, mask in masks.items()
    ]
    return StudyTable(
        "arif",
        "figure 4",
        ("attack kept in", "pixels", "share misclassified"),
        rows,
        None,
        {**settings, **MAPS, "share critical": SHARE},
        len(digits.labels),
        "Critical pixels of attacked digits",
        f"Kept in the {count} pixels critical for generation alone, the attack turns "
        f"{shares['pixels critical for generation']:.0%} of {len(digits.labels)} digits; in as many random pixels "
        f"{shares['as many random pixels']:.0%}, in all {shares['every pixel']:.0%}.",
        (
            "Orange: a digit's own critical pixels, on its attacked picture; below, the values that chose them: SHAP "
            "values under attack (generation), and their change by the attack (detection).",
            f"{ORDER_SAID} The paper draws this figure only; what the pixels carry is measured here beside.",
        ),
        panels=tuple(panels),
    )


def _turned(data: ArifData, digits: Digits, changed: Tensor, mask: Array) -> float:
    """Return the share misclassified with the attack kept inside masks (n, P)."""
    inside = torch.from_numpy(mask).reshape(digits.images.shape)
    mixed = torch.where(inside, changed, digits.images)
    return float((predictions(data.network, mixed) != digits.labels).float().mean())


def _marked(name: str, image: Tensor, values: Array, mask: Array) -> StudyPanel:
    picture = pixels_on(_grey(image), mask.reshape(SIDE, SIDE))
    zoom = picture.shape[0] // SIDE
    map_ = np.kron(values.reshape(SIDE, SIDE), np.ones((zoom, zoom), np.float32))
    return StudyPanel(name, (f"{int(mask.sum())} pixels",), picture, map_, METHOD)


def group_table(context: StudyContext, found: DigitSignatures, settings: Given) -> StudyTable:
    """Compare critical pixels with the others, on both halves and on shuffled values."""
    change = found.attacked[AT] - found.clean
    rng = np.random.default_rng(context.seed)
    order = rng.permutation(len(change))
    chosen, held = order[: len(order) // 2], order[len(order) // 2 :]
    rows, t = _halves(change, chosen, held, "")
    _, by_chance = _halves(rng.permuted(change, axis=1), chosen, held, "shuffled, ")
    for half, statistic, p in (*t, *by_chance):
        rows.append((half, "critical - others", "t", None, None, round(statistic, 3)))
        rows.append((half, "critical - others", "p", None, None, p))
    printed: tuple[StudyRow, ...] = (
        ("chosen by", "critical - others", "t", None, None, paper.T_STATISTIC),
        ("chosen by", "critical - others", "p", None, None, paper.P_VALUE),
    )
    (_, own, _), (_, other, _), (_, noise, _), (_, silent, _) = (*t, *by_chance)
    return StudyTable(
        "arif",
        "figure 6",
        GROUP_COLUMNS,
        tuple(rows),
        printed,
        {**settings, **MAPS, "share critical": SHARE},
        len(change),
        "SHAP values of critical and other pixels",
        f"Critical pixels for detection differ from the others with t = {other:.1f} on held-out digits, {own:.1f} on "
        f"those that chose them; the paper says {paper.T_STATISTIC:.1f}.",
        (
            f"A t-test on selected pixels is worth nothing by itself: after each digit's values were shuffled over its "
            f"pixels, so that no pixel means anything, the same selection still gives t = {noise:.1f} on the digits "
            f"that chose, and {silent:.1f} on held-out ones. Only the held-out half counts.",
            "It still takes neighbouring pixels for independent, so its p is too small. A value is a pixel's mean "
            "absolute change of its SHAP value by the attack. Whiskers are standard deviations.",
        ),
    )


def _halves(
    change: Array, chosen: Array, held: Array, name: str
) -> tuple[list[StudyRow], list[tuple[str, float, float]]]:
    """Choose pixels by one half, and compare both.

    Returns rows of means and histograms, and (half, t, p) of each.
    """
    mask = critical_mask(change[chosen])
    sizes = {f"{name}chosen by": np.abs(change[chosen]).mean(0), f"{name}held out": np.abs(change[held]).mean(0)}
    edges = np.linspace(0, max(float(one.max()) for one in sizes.values()) or 1.0, BINS + 1)
    rows: list[StudyRow] = []
    tests = []
    for (half, size), part in zip(sizes.items(), (chosen, held), strict=True):
        for group, inside in ((f"critical ({int(mask.sum())})", mask), (f"others ({int((~mask).sum())})", ~mask)):
            own = size[inside]
            rows.append((half, group, "mean", None, None, round(float(own.mean()), 6)))
            rows.append((half, group, "standard deviation", None, None, round(float(own.std()), 6)))
            shares = np.histogram(own, edges)[0] / len(own)
            bins = zip(edges, edges[1:], shares, strict=False)
            rows += [(half, group, "share", float(a), float(b), round(float(c), 6)) for a, b, c in bins]
        test = compare_mask(change[part], mask)
        tests.append((half, test.t, test.p))
    return rows, tests
