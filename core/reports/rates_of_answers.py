"""Say how often the answers beside the verdict were wrong, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from ..output.attack_answer_sentences import listed, share_found
from ..types.measurement import Measurement
from .answer_reach import FOUND, answer_reach
from .readme_tables import synthetic_rows


def attack_answer_rates(measurements: Iterable[Measurement], detector: str) -> list[str]:
    """Say how often "was it attacked?" finds attacks and raises alarms.

    Args:
        measurements: of the network that answers.
        detector: the name of the one whose verdict may be attacked.
    """
    known = tuple(measurements)
    reach = answer_reach(known, detector)
    if reach is None:
        return [f"“Was it attacked?” was not measured for attacks on {detector}."]
    missed = f"{listed(reach.missed)}, other attacks" if reach.missed else "Other attacks"
    less = f"{missed} and weaker ones are found less often, or were not measured."
    if reach.down_to is None:
        said = [
            f"“Was it attacked?” finds {listed(reach.missed)} attacks of the largest "
            f"strength that was measured in fewer than {FOUND:.0%} of cases."
        ]
    else:
        said = [
            f"“Was it attacked?”: of {listed(reach.attacks)} attacks of {reach.down_to:g}/255 and more that still turn "
            f"the verdict it finds {share_found(reach)}, at 5% false alarms. {less}"
        ]
    if reach.alarms is not None:
        said.append(
            f"Of faces that nobody attacked, it calls up to {reach.alarms:.0%} attacked (processing that is mistaken "
            f"most: {reach.worst})."
        )
    return said


def synthetic_answer_rates(measurements: Iterable[Measurement]) -> list[str]:
    """Say how often "wholly synthetic?" was right, of each kind of face."""
    rows = synthetic_rows(measurements)
    if not rows:
        return ["“Wholly synthetic?” was not measured."]
    parts = []
    for row in rows:
        after = f", after {row['hardest']}" if row["hardest"] not in ("", "as it is") else ""
        parts.append(f"of {row['media']} ({row['wholly synthetic?']}{after}) {row['called synthetic']}")
    return [f"“Wholly synthetic?” calls synthetic: {'; '.join(parts)}."]
