"""Say down to which strength attacks are found, from what was measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from ..attacks import ATTACKS
from ..types.answer_scope import AnswerEvaluation, AnswerReach
from ..types.measurement import Measurement
from .detector_strengths import scope_parts
from .scope_tables import post_title

FOUND = 0.9  # share of an attack's cases that have to be found from an epsilon on, however the file was processed

SharesBySize = dict[str, dict[float, list[float]]]  # by attack and epsilon in 1/255, one a post-processing


def answer_reach(measurements: Iterable[Measurement], detector: str, *, scope: str = "") -> AnswerReach | None:
    """Find the smallest epsilon at which the answer finds attacks.

    An attack counts from where it is found often enough there and wherever it is stronger; one that nowhere is
    counts as missed. None where nothing was measured.

    Args:
        measurements: of the network that answers.
        detector: the name of the one whose verdict may be attacked.
        scope: of the card.
    """
    found = [one.result for one in measurements if isinstance(one.result, AnswerEvaluation)]
    found = [one for one in found if one.detector == detector]
    shares = _shares(found)
    if not shares:
        return None
    smallest = {name: size for name, sizes in shares.items() if (size := _smallest(sizes)) is not None}
    down_to = max(smallest.values(), default=math.inf)
    counted = [share for name in smallest for size, cells in shares[name].items() if size >= down_to for share in cells]
    alarms: dict[str, float] = {}
    for kind, part in ((kind, part) for one in found for kind, part in one.clean.items()):
        alarms[kind] = max(part.alarms, alarms.get(kind, 0.0))
    worst = max(alarms, key=lambda kind: alarms[kind], default="")
    titles = {name: ATTACKS[name].title if name in ATTACKS else name for name in shares}
    return AnswerReach(
        tuple(titles[name] for name in smallest),
        tuple(title for name, title in titles.items() if name not in smallest),
        down_to if smallest else None,
        min(counted, default=0.0),
        max(counted, default=0.0),
        alarms.get(worst),
        worst,
        outside=scope_parts(scope)[1],
        ways=tuple(dict.fromkeys(post_title(post).removesuffix(", as saved") for post in _posts(found))),
    )


def _shares(found: Sequence[AnswerEvaluation]) -> SharesBySize:
    """Collect shares found by attack and epsilon; attacks without an epsilon are left out."""
    shares: SharesBySize = {}
    for one in found:
        for name, by_size in one.attacks.items():
            for size, by_post in by_size.items():
                cells = [cell.found_at_5 for cell in by_post.values() if cell.found_at_5 is not None]
                if cells and size.replace(".", "", 1).isdigit():
                    shares.setdefault(name, {}).setdefault(float(size), []).extend(cells)
    return shares


def _posts(found: Sequence[AnswerEvaluation]) -> list[str]:
    return [post for one in found for sizes in one.attacks.values() for posts in sizes.values() for post in posts]


def _smallest(sizes: dict[float, list[float]]) -> float | None:
    enough = itertools.takewhile(lambda size: min(sizes[size]) >= FOUND, sorted(sizes, reverse=True))
    return min(enough, default=None)
