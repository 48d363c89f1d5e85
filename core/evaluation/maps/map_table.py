"""Format measurements of maps for people."""

from __future__ import annotations

from collections.abc import Mapping

from ...types.map_summaries import CriticalRegions, MapEvaluation, MapQuality, MapsOfDetector
from .conservation import format_lines

ARROWS = {"lower": "(lower is better)", "higher": "(higher is better)", "near one": "(near one is better)", "": ""}


def table(found: MapEvaluation) -> str:
    """Join the tables of all parts."""
    parts = []
    if found.conservation is not None:
        lines = [format_lines(name, one) for name, one in found.conservation.items()]
        parts.append("\n".join(["LRP: relevance conserved, median (min to max) over faces", *lines]))
    one = found.of_detector
    if one and one.worth is not None:
        parts.append("\n".join([f"Quality of maps: {_of(found, one)}", *_quality(one.worth)]))
    if one and one.critical:
        parts.append("\n".join([f"Critical pixels: {_of(found, one)}", *_critical(one.critical)]))
    return "\n\n".join(parts)


def _of(found: MapEvaluation, one: MapsOfDetector) -> str:
    return f"{one.detector}, {one.faces} faces of {found.data} called fake, seed {found.seed}"


def number(value: float | None, interval: tuple[float, float] | None = None) -> str:
    """Format to three digits, with the interval."""
    if value is None:
        return "none"
    return f"{value:.3g}" + (f" [{interval[0]:.3g}, {interval[1]:.3g}]" if interval else "")


def _quality(maps: Mapping[str, Mapping[str, MapQuality]]) -> list[str]:
    names = dict.fromkeys(name for one in maps.values() for name in one)
    lines = []
    for name in names:
        having = {of: one[name] for of, one in maps.items() if name in one}
        lines.append(f"{name} {ARROWS[next(iter(having.values())).better]}: median (quartiles), mean [95 %]")
        for of, one in having.items():
            average, (low, high) = one.values.average, one.values.iqr
            line = f"  {of:<22} {number(one.values.median)} ({number(low)} to {number(high)})"
            line += f", {number(average.mean, average.interval)}"
            if gain := one.than_chance:
                line += f", better than chance by {number(gain.mean, gain.interval)}"
            lines.append(line + (f", degenerate on {one.degenerate}" if one.degenerate else ""))
    return lines


def _critical(found: CriticalRegions) -> list[str]:
    whole = found.whole_attack
    lines = [
        f"{found.attack} on {found.n} faces; the whole attack takes {number(whole.fall.mean)} from p_fake, "
        f"{number(whole.real.mean)} of them are then called real. Kept in some pixels only, it takes:"
    ]
    for row in found.rows:
        lines.append(f"{row.purpose}, {row.share:.0%} of the pixels")
        for place, one in (("critical", row.critical), ("moved", row.moved), ("random", row.random)):
            lines.append(
                f"  {place:<10} {number(one.fall.mean, one.fall.interval)} from p_fake, "
                f"{number(one.part.mean, one.part.interval)} of the margin's change, called real "
                f"{number(one.real.mean)}"
            )
    return lines
