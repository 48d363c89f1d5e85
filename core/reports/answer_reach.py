"""Say down to which strength attacks are found, from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..attacks import ATTACKS
from ..types.answer_scope import AnswerEvaluation, AnswerReach
from ..types.measurement import Measurement
from .detector_strengths import scope_parts

FOUND = 0.9  # share of an attack's cases that have to be found, however the file was processed

SharesBySize = dict[str, dict[float, list[float]]]  # by attack and epsilon in 1/255, one a post-processing


def answer_reach(measurements: Iterable[Measurement], detector: str, *, scope: str = "") -> AnswerReach | None:
    """Find the smallest epsilon at which the answer finds attacks.

    An attack of which no strength is found often enough is not counted. None where nothing was measured.

    Args:
        measurements: of the network that answers.
        detector: the name of the one whose verdict may be attacked.
        scope: of the card.
    """
    found = [one.result for one in measurements if isinstance(one.result, AnswerEvaluation)]
    found = [one for one in found if one.detector == detector]
    shares = _shares(found)
    smallest = {name: size for name, sizes in shares.items() if (size := _smallest(sizes)) is not None}
    if not smallest:
        return None
    down_to = max(smallest.values())
    counted = [share for name in smallest for size, cells in shares[name].items() if size >= down_to for share in cells]
    alarms: dict[str, float] = {}
    for kind, part in ((kind, part) for one in found for kind, part in one.clean.items()):
        alarms[kind] = max(part.alarms, alarms.get(kind, 0.0))
    worst = max(alarms, key=lambda kind: alarms[kind], default="")
    titles = tuple(ATTACKS[name].title if name in ATTACKS else name for name in smallest)
    return AnswerReach(
        titles, down_to, min(counted), max(counted), alarms.get(worst), worst, outside=scope_parts(scope)[1]
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


def _smallest(sizes: dict[float, list[float]]) -> float | None:
    return min((size for size, cells in sizes.items() if min(cells) >= FOUND), default=None)
