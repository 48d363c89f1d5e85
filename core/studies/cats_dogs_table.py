"""Make Klawikowska's table 1 as the paper counts, with a fresh attack beside it."""

from __future__ import annotations

from torch import nn

from ..types.study_tables import StudyCell, StudyRow, StudyTable
from . import klawikowska_paper as paper
from .cats_dogs_attacks import AttackedNetwork
from .cats_dogs_data import CatsDogsData
from .picture_attacks import GAINS, AttackedPictures
from .picture_folders import Pictures
from .picture_training import predicted

COUNTED = (
    "As the paper counts: a test set of clear + attack is the clear pictures and, beside them, those that were "
    "successfully attacked on the clear network; its 58.37 % are 1,716 of 2,940."
)
OLD_PICTURES = (
    "The paper judges the retrained networks on pictures made against the clear one. The last row attacks them anew: "
    "it says how many of the first test pictures the same attack still turns."
)


def accuracy_table(
    data: CatsDogsData, found: tuple[AttackedNetwork, AttackedNetwork], settings: dict[str, StudyCell]
) -> StudyTable:
    """Measure clear and retrained networks on test sets with attacked pictures.

    `found`: FGSM, then one pixel. All columns are of the same first test pictures, those that both were tried on.
    """
    n = min(one.test.n for one in found)
    clear, attacked, retrained = _share(data.clear, data.test, n, None), [], []
    sizes, fresh = [n], []
    for one in found:
        turned = one.test.first(n)
        attacked.append(_share(data.clear, data.test, n, turned))
        retrained.append(_share(one.immune, data.test, n, turned))
        sizes.append(n + len(turned.rows))
        fresh.append(one.fresh)
    tried = min((one.n for one in fresh if one is not None), default=0)
    again = [_turned(one, tried) for one in (*(x.test for x in found), *fresh)]
    rows: tuple[StudyRow, ...] = (
        ("accuracy, %", *(round(value, 2) for value in (clear, *attacked, *retrained))),
        ("pictures", sizes[0], *sizes[1:], *sizes[1:]),
        (f"turned by an attack on this network, % of {tried}", None, *again),
    )
    empty: StudyRow = ("", *(None for _ in paper.COLUMNS))
    lost, left = [clear - value for value in attacked], [clear - value for value in retrained]
    return StudyTable(
        "klawikowska2020",
        "table 1",
        ("", *paper.COLUMNS),
        rows,
        (("accuracy, %", *paper.ACCURACY), ("pictures", *paper.PICTURES), empty),
        {**settings, **_training_counts(found)},
        n,
        "Accuracy on clear and attacked pictures, before and after retraining",
        f"FGSM costs {lost[0]:.0f} points and one pixel {lost[1]:.0f}; on the same pictures the retrained networks end "
        f"{_within(left[0])} and {_within(left[1])} the clear network on clear ones.",
        (COUNTED, OLD_PICTURES, *_notes(data, found, n)),
    )


def _within(points: float) -> str:
    return f"{abs(points):.1f} points {'below' if points > 0 else 'above'}"


def _share(network: nn.Module, test: Pictures, n: int, turned: AttackedPictures | None) -> float:
    """Return the accuracy in per cent on `n` pictures and on attacked ones."""
    right = predicted(network, test.images[:n]) == test.labels[:n]
    count = int(right.sum())
    if turned is None or not len(turned.rows):
        return 100 * count / n
    own = predicted(network, turned.images) == test.labels[turned.rows]
    return 100 * (count + int(own.sum())) / (n + len(turned.rows))


def _turned(one: AttackedPictures | None, tried: int) -> float | None:
    return None if one is None or not tried else round(100 * len(one.first(tried).rows) / tried, 2)


def _training_counts(found: tuple[AttackedNetwork, ...]) -> dict[str, StudyCell]:
    out: dict[str, StudyCell] = {}
    for one in found:
        out[f"training pictures attacked, {one.attack.title}"] = one.train.n
        out[f"of these added to the training set, {one.attack.title}"] = len(one.train.rows)
    return out


def _notes(data: CatsDogsData, found: tuple[AttackedNetwork, ...], n: int) -> tuple[str, ...]:
    out = []
    if n < len(data.test):
        out.append(f"Measured on the first {n} of {len(data.test)} test pictures in a random order, in all columns.")
    short = [one for one in found if one.train.n < len(data.train)]
    for one in short:
        out.append(
            f"Of {len(data.train)} training pictures {one.train.n} were attacked by {one.attack.title}, and "
            f"{len(one.train.rows)} added for the retraining; the paper attacked all."
        )
    gains = found[0].test.first(n).tries.bincount(minlength=len(GAINS)).tolist()
    said = ", ".join(f"{gain}/255: {count}" for gain, count in zip(GAINS, gains, strict=True))
    out.append(f"FGSM's gain grew until the class changed; pictures turned at each: {said}.")
    return tuple(out)
