"""Make Klawikowska's table 1 as the paper counts, with a fresh attack beside it."""

from __future__ import annotations

import numpy as np
from torch import nn

from ..metrics.intervals import bootstrap, wilson
from ..types import Array
from ..types.study_tables import StudyCell, StudyRow, StudyTable
from . import klawikowska_paper as paper
from .cats_dogs_attacks import AttackedNetwork
from .cats_dogs_data import CatsDogsData
from .picture_attacks import GAINS, AttackedPictures
from .picture_folders import Pictures
from .picture_training import predicted
from .strongest_pixel import BEYOND, RANDOM, StrongestPixels

COUNTED = (
    "As the paper counts: a test set of clear + attack is the clear pictures and, beside them, those that were "
    "successfully attacked on the clear network; its 58.37 % are 1,716 of 2,940."
)
OLD_PICTURES = (
    "The paper judges the retrained networks on pictures made against the clear one. The last row attacks them anew: "
    "it says how many of the first test pictures the same attack still turns."
)


def accuracy_table(
    data: CatsDogsData,
    found: tuple[AttackedNetwork, AttackedNetwork],
    strongest: StrongestPixels,
    settings: dict[str, StudyCell],
) -> StudyTable:
    """Measure clear and retrained networks on test sets with attacked pictures.

    The first column is of all test pictures, the others of the first ones that their attack was tried on.

    Args:
        data: with the clear network.
        found: FGSM, then one pixel.
        strongest: pixels of correct test pictures.
        settings: of the study.
    """
    attacked = [_answers(network, data.test, one.test) for network, one in _columns(data, found)]
    answers = [_answers(data.clear, data.test, None), *attacked]
    tried = min((one.fresh.n for one in found if one.fresh is not None), default=0)
    again = [_turned(one, tried) for one in (*(x.test for x in found), *(x.fresh for x in found))]
    share = [_percent(np.concatenate(own)) for own in answers]
    rows: tuple[StudyRow, ...] = (
        ("accuracy, %", *share),
        ("pictures", *(sum(map(len, own)) for own in answers)),
        ("95 % interval", *(_interval(own) for own in answers)),
        ("right of the clear pictures, %", *(_percent(np.array([one[0] for one in own])) for own in answers)),
        ("right of the attacked pictures, %", *(_percent(np.concatenate([one[1:] for one in own])) for own in answers)),
        (f"turned by an attack on this network, % of {tried}", None, *again),
    )
    empty = (None,) * len(paper.COLUMNS)
    printed = (("accuracy, %", *paper.ACCURACY), ("pictures", *paper.PICTURES))
    before = [100 * float(data.right[: one.test.n].float().mean()) for _, one in _columns(data, found)]
    return StudyTable(
        "klawikowska2020",
        "table 1",
        ("", *paper.COLUMNS),
        rows,
        (*printed, *(("", *empty) for _ in rows[2:])),
        {**settings, **_training_counts(found)},
        min(one.test.n for one in found),
        "Accuracy on clear and attacked pictures, before and after retraining",
        _conclusion([was - float(value or 0) for was, value in zip(before, share[1:], strict=True)]),
        (COUNTED, OLD_PICTURES, *_notes(data, found, strongest, before)),
    )


def _clear_words(found: tuple[AttackedNetwork, ...], before: list[float]) -> str:
    """Say how the clear network reads the pictures that each attack was tried on."""
    if found[0].test.n == found[1].test.n:
        return (
            f"Both attacks were tried on the same {found[0].test.n} pictures, of which the clear network reads "
            f"{before[0]:.1f} % correctly."
        )
    return (
        f"Columns are of different pictures: of the clear ones that FGSM was tried on the clear network reads "
        f"{before[0]:.1f} % correctly, of those that one pixel was tried on {before[1]:.1f} %."
    )


def _again_words(found: tuple[AttackedNetwork, ...]) -> str:
    """Say how many pictures an attack on each retrained network turns, with intervals."""
    parts = [
        f"{one.attack.title} turns {_share_words(len(one.fresh.rows), one.fresh.n)} of {one.fresh.n} pictures on the "
        "network retrained for it"
        for one in found
        if one.fresh is not None and one.fresh.n
    ]
    return "Attacked anew, " + ("; ".join(parts) or "no picture was tried") + "."


def _columns(
    data: CatsDogsData, found: tuple[AttackedNetwork, AttackedNetwork]
) -> list[tuple[nn.Module, AttackedNetwork]]:
    """List whom the attacked columns ask, and about which attack."""
    return [(data.clear, one) for one in found] + [(one.immune, one) for one in found]


def _conclusion(lost: list[float]) -> str:
    """Say what both attacks cost, and how far both retrained networks end from clear."""
    return (
        f"FGSM costs {lost[0]:.0f} points and one pixel {lost[1]:.0f}; on the same pictures the retrained networks end "
        f"{_within(lost[2])} and {_within(lost[3])} the clear network on clear ones."
    )


def _within(points: float) -> str:
    return f"{abs(points):.1f} points {'below' if points > 0 else 'above'}"


def _answers(network: nn.Module, test: Pictures, turned: AttackedPictures | None) -> list[Array]:
    """Return whether each picture, then its attacked version, is classified correctly."""
    n = len(test) if turned is None else turned.n
    right = (predicted(network, test.images[:n]) == test.labels[:n]).numpy()
    own = [np.array([one], np.float64) for one in right]
    if turned is not None and len(turned.rows):
        attacked = (predicted(network, turned.images) == test.labels[turned.rows]).numpy()
        for row, one in zip(turned.rows.tolist(), attacked, strict=True):
            own[row] = np.array([*own[row], one], np.float64)
    return own


def _percent(right: Array) -> float | None:
    return round(100 * float(right.mean()), 2) if len(right) else None


def _interval(answers: list[Array]) -> str:
    """Resample pictures, each with its attacked version."""
    found = bootstrap(lambda right: float(right.mean()), answers, share=True)
    return "" if found is None else f"{100 * found[0]:.1f} to {100 * found[1]:.1f}"


def _turned_words(data: CatsDogsData, found: tuple[AttackedNetwork, ...]) -> str:
    """Say how many correct pictures each attack turns, here and in the paper."""
    whole = paper.PICTURES[0]
    parts = []
    for one, count in zip(found, paper.PICTURES[1:3], strict=True):
        k, correct = len(one.test.rows), int(data.right[: one.test.n].sum())
        printed = (count - whole) / (paper.ACCURACY[0] / 100 * whole)
        parts.append(
            f"Of {correct} correct pictures {one.attack.title} turns {k}, {_share_words(k, correct)}; "
            f"{100 * printed:.0f} % in the paper."
        )
    return " ".join(parts)


def _share_words(k: int, n: int) -> str:
    low, high = wilson(k, n)
    return f"{100 * k / max(n, 1):.1f} % (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"


def _strongest_words(found: StrongestPixels) -> str:
    """Say whether the search is weak, or no pixel turns pictures."""
    n, turned = len(found.before), int((found.after < 0).sum())
    if not n:
        return "No test picture is classified correctly: there is no pixel to look for."
    return (
        f"Is the search weak, or does no pixel do it? Of {n} correct test pictures the strongest pixel that gradients "
        f"find turns {turned}, {_share_words(turned, n)}: it takes {np.median(found.before - found.after):.2f} off the "
        f"margin of two logits, whose median is {np.median(found.before):.2f}. The code that the paper names paints "
        f"0 to {BEYOND:.0f} however pictures are scaled, and the paper does not say how its are: out of the range of "
        f"[0, 1], the best of {RANDOM} random pixels turns {int((found.beyond < 0).sum())}."
        + (f" Time was over then: {found.asked - n} more of {found.asked} were to be asked." if found.is_cut else "")
    )


def _turned(one: AttackedPictures | None, tried: int) -> float | None:
    return None if one is None or not tried else round(100 * len(one.first(tried).rows) / tried, 2)


def _training_counts(found: tuple[AttackedNetwork, ...]) -> dict[str, StudyCell]:
    out: dict[str, StudyCell] = {}
    for one in found:
        out[f"training pictures attacked, {one.attack.title}"] = one.train.n
        out[f"of these added to the training set, {one.attack.title}"] = len(one.train.rows)
    return out


def _notes(
    data: CatsDogsData, found: tuple[AttackedNetwork, ...], strongest: StrongestPixels, before: list[float]
) -> tuple[str, ...]:
    out = [_clear_words(found, before), _again_words(found), _turned_words(data, found), _strongest_words(strongest)]
    for one in found:
        if one.test.n < len(data.test):
            out.append(
                f"{one.attack.title[0].upper()}{one.attack.title[1:]} was tried on the first {one.test.n} of "
                f"{len(data.test)} test pictures in a random order, then time was over: its columns are of those."
            )
    short = [one for one in found if one.train.n < len(data.train)]
    for one in short:
        out.append(
            f"Of {len(data.train)} training pictures {one.train.n} were attacked by {one.attack.title}, and "
            f"{len(one.train.rows)} added for the retraining; the paper attacked all."
        )
    gains = found[0].test.tries.bincount(minlength=len(GAINS)).tolist()
    said = ", ".join(f"{gain}/255: {count}" for gain, count in zip(GAINS, gains, strict=True))
    out.append(f"FGSM's gain grew until the class changed; pictures turned at each: {said}.")
    return tuple(out)
