"""Make Klawikowska's figures 4 to 6: UMAP of LRP signatures, clear and attacked."""

from __future__ import annotations

import numpy as np

from ..types import Array
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from .picture_folders import NAMES
from .signature_embedding import GRID, SignatureEmbedding
from .umap_places import MIN_DISTANCE, NEAREST, NEIGHBOURS, neighbour_shares

COLUMNS = ("x", "y", "class", "attacked", "turned")
LAST_LAYER = (
    "A signature is the relevance at the last layer: what each of its inputs adds to dog over cat. The paper's words "
    "leave open which relevance it takes."
)
READING = (
    "The plane is an illustration: distances on it are not those of the signatures. All three figures share one plane."
)


def class_embedding(plane: SignatureEmbedding, settings: dict[str, StudyCell]) -> StudyTable:
    """Draw clear test pictures by class, and compare their neighbours."""
    clear = ~plane.attacked
    shares = neighbour_shares(plane.signatures[clear], plane.labels[clear])
    by_map = neighbour_shares(plane.maps[clear], plane.labels[clear])
    turned, right = plane.turned[clear], plane.right[clear]
    held = right & ~turned
    if min(int(held.sum()), int(turned.sum())) >= NEAREST:
        said = (
            f"Pictures that FGSM turns have {1 - shares[turned].mean():.0%} neighbours of the other class, correct "
            f"ones that it does not turn {1 - shares[held].mean():.0%}: the paper expects the first to be closer to it."
        )
    else:
        said = (
            f"FGSM turns {int(turned.sum())} of {int(right.sum())} correct pictures: too few are left on one side to "
            "tell whether those near the other class fall first, as the paper expects."
        )
    return _table(
        plane,
        clear,
        settings,
        "figure 4",
        "LRP signatures of cats and dogs",
        f"Of the {NEAREST} nearest signatures {shares.mean():.0%} are of the same class, in the original space.",
        (said, f"With maps summed over {GRID} x {GRID} fields as signatures it is {by_map.mean():.0%}."),
    )


def attack_embedding(plane: SignatureEmbedding, settings: dict[str, StudyCell], label: int) -> StudyTable:
    """Draw one class's pictures with their attacked versions, and compare their neighbours."""
    chosen = plane.labels == label
    own, attacked = plane.signatures[chosen], plane.attacked[chosen]
    shares = neighbour_shares(own, attacked) if attacked.any() else np.zeros(0)
    other = _share_of_other_class(plane, label)
    found, name = f"{shares[attacked].mean():.0%}" if len(shares) else "none", NAMES[label]
    return _table(
        plane,
        chosen,
        settings,
        f"figure {5 + label}",
        f"LRP signatures of {name}s and of {name}s under FGSM",
        f"Of the {NEAREST} nearest signatures of an attacked {name} {found} are attacked {name}s, in the original "
        f"space; of all points {attacked.mean():.0%} are.",
        (
            f"Among clear pictures of both classes an attacked {name} has {other} neighbours of the other class.",
            "By its captions the paper's figure 5 is of cats and 6 of dogs; its text has them the other way round.",
        ),
    )


def _share_of_other_class(plane: SignatureEmbedding, label: int) -> str:
    """Say how many clear neighbours of attacked signatures are of the other class."""
    asked, clear = plane.attacked & (plane.labels == label), ~plane.attacked
    if not asked.any():
        return "no"
    distances = np.linalg.norm(plane.signatures[asked][:, None] - plane.signatures[clear][None], axis=2)
    near = np.argsort(distances, axis=1, kind="stable")[:, :NEAREST]
    return f"{(plane.labels[clear][near] != label).mean():.0%}"


def _table(
    plane: SignatureEmbedding,
    chosen: Array,
    settings: dict[str, StudyCell],
    table: str,
    title: str,
    conclusion: str,
    notes: tuple[str, ...],
) -> StudyTable:
    rows: tuple[StudyRow, ...] = tuple(
        (
            round(float(plane.places[at, 0]), 3),
            round(float(plane.places[at, 1]), 3),
            NAMES[int(plane.labels[at])],
            _yes(plane.attacked[at]),
            _yes(plane.turned[at]),
        )
        for at in np.flatnonzero(chosen)
    )
    umap: dict[str, StudyCell] = {"UMAP neighbours": NEIGHBOURS, "UMAP smallest distance": MIN_DISTANCE}
    everything = (notes[0], LAST_LAYER, READING, *notes[1:])
    return StudyTable(
        "klawikowska2020", table, COLUMNS, rows, None, {**settings, **umap}, len(rows), title, conclusion, everything
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"
