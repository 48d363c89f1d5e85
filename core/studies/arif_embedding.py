"""Make Arif's figure 2: UMAP of digits with their adversarial examples."""

from __future__ import annotations

import numpy as np

from ..types import Array
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from .arif_data import ArifData
from .attacked_digits import ATTACKS_OF_ARIF, attacked
from .base import StudyContext
from .digit_network import predictions
from .digit_signatures import EPSILON
from .umap_places import MIN_DISTANCE, NEAREST, NEIGHBOURS, umap_places
from .unit_changes import activations

POINTS, SHOWN = 500, ("pgd", "fgsm")  # digits; attacks on the plane: the paper's, and another for comparison


def digit_embedding(context: StudyContext, data: ArifData, settings: dict[str, StudyCell]) -> StudyTable:
    """Place digits and their attacked versions on a plane of pixels."""
    digits = data.correct.first(POINTS)
    labels, n = digits.labels.numpy(), len(digits.labels)
    shown = [one for one in ATTACKS_OF_ARIF if one.name in SHOWN][::-1]
    images = [attacked(data.network, digits, one, EPSILON, seed=context.seed) for one in shown]
    pixels = [one.numpy().reshape(n, -1) for one in (digits.images, *images)]
    places = umap_places(data.folder, np.concatenate(pixels), seed=context.seed, progress=context.progress)
    names = [None, *(f"{one.title} at {EPSILON:g}" for one in shown)]
    rows: tuple[StudyRow, ...] = tuple(
        (round(float(x), 3), round(float(y), 3), str(labels[at % n]), names[at // n])
        for at, (x, y) in enumerate(places)
    )
    hidden = [activations(data.network, one) for one in (digits.images, *images)]
    own = [_share(values, pixels[0], labels, labels) for values in pixels[:2]]
    inside = [_share(values, hidden[0], labels, labels) for values in hidden[:2]]
    said = predictions(data.network, images[0]).numpy()
    taken = _share(hidden[1], hidden[0], said, labels)
    return StudyTable(
        "arif",
        "figure 2",
        ("x", "y", "class", "attack"),
        rows,
        None,
        {**settings, "epsilon": EPSILON, "UMAP neighbours": NEIGHBOURS, "UMAP smallest distance": MIN_DISTANCE},
        n,
        "UMAP of digits with adversarial examples",
        f"Of the {NEAREST} nearest clean digits of a digit under {shown[0].title} {own[1]:.0%} are of its own class by "
        f"their pixels, of a clean digit {own[0]:.0%}.",
        (
            f"By the network's penultimate layer {inside[1]:.0%} are of its own class and {taken:.0%} of the one that "
            f"the network predicts under attack; of a clean digit {inside[0]:.0%} are of its own class.",
            "The shares are counted in the original spaces, a digit's own clean picture left out. Distances on the "
            "plane are not those of the pixels. The paper does not say what it projects, nor at which epsilon.",
        ),
    )


def _share(values: Array, clean: Array, asked: Array, labels: Array) -> float:
    """Return the share of nearest clean digits with the class asked for.

    Args:
        values: (n, D), of each digit.
        clean: (n, D), of the same digits.
        asked: (n,) a class for each of `values`.
        labels: (n,) of `clean`.
    """
    squares = (values**2).sum(1)[:, None] + (clean**2).sum(1) - 2 * values @ clean.T
    np.fill_diagonal(squares, np.inf)  # the digit itself, or its own clean picture
    near = np.argsort(squares, axis=1, kind="stable")[:, : min(NEAREST, len(clean) - 1)]
    return float((labels[near] == asked[:, None]).mean())
