"""Say in one sentence what the critical pixels of an attack carry."""

from __future__ import annotations

from ..types.critical_results import CriticalComparison, KeptEffect

MIN_FALL = 0.01  # of the score by the attack: below it a part of the fall says nothing


def critical_sentence(found: CriticalComparison) -> str:
    """Say which part of the attack's effect the critical pixels carry, against chance."""
    parts = _carried(found.generation.effect)
    if parts is None:
        return "The attack does not move the score here, so no pixel carries it."
    return (
        f"The {found.share * 100:.3g}% of the pixels that the attack acts through carry {_part(parts[0])} of its "
        f"effect; as many at random places carry {_part(parts[1])}."
    )


def revealing_sentence(found: CriticalComparison) -> str:
    """Say the same of the pixels that reveal it, and how many are both."""
    said, parts = [], _carried(found.detection.effect)
    if parts is not None:
        said.append(f"Those that reveal it carry {_part(parts[0])}.")
    if found.overlap is not None:
        by_chance = f"{found.share * 100:.3g}%"
        said.append(f"{found.overlap:.0%} of those that it acts through reveal it, too; by chance {by_chance}.")
    return " ".join(said)


def _carried(effect: KeptEffect) -> tuple[float, float] | None:
    """Return the parts of the fall by the pixels and by shifted ones."""
    fall = effect.clean - effect.attacked
    if abs(fall) < MIN_FALL:
        return None
    return (effect.clean - effect.only) / fall, (effect.clean - effect.chance_only) / fall


def _part(part: float) -> str:
    """Write a part of the effect; one against it is negative."""
    return "less than 1%" if abs(part) < 0.005 else f"{part:.0%}".replace("-", "\N{MINUS SIGN}")
