"""Format measurements of maps for people."""

from __future__ import annotations

from ...metrics.summary import Metrics
from .conservation import format_lines

ARROWS = {"lower": "(lower is better)", "higher": "(higher is better)", "near one": "(near one is better)", "": ""}


def table(found: Metrics) -> str:
    """Join the tables of all parts."""
    parts = []
    if "conservation" in found:
        lines = [format_lines(name, one) for name, one in found["conservation"].items()]
        parts.append("\n".join(["LRP: relevance conserved, median (min to max) over faces", *lines]))
    if "worth" in found:
        parts.append("\n".join([f"Quality of maps: {_of(found)}", *_worth(found["worth"])]))
    if "critical" in found:
        parts.append("\n".join([f"Critical pixels: {_of(found)}", *_critical(found["critical"])]))
    return "\n\n".join(parts)


def _of(found: Metrics) -> str:
    return f"{found['detector']}, {found['faces']} faces of {found['data']} called fake, seed {found['seed']}"


def number(value: float | None, interval: list[float] | None = None) -> str:
    """Format to three digits, with the interval."""
    if value is None:
        return "none"
    return f"{value:.3g}" + (f" [{interval[0]:.3g}, {interval[1]:.3g}]" if interval else "")


def _worth(maps: Metrics) -> list[str]:
    names = dict.fromkeys(name for one in maps.values() for name in one)
    lines = []
    for name in names:
        having = {of: one[name] for of, one in maps.items() if name in one}
        lines.append(f"{name} {ARROWS[next(iter(having.values()))['better']]}: median (quartiles), mean [95 %]")
        for of, one in having.items():
            low, high = one["iqr"]
            line = f"  {of:<22} {number(one['median'])} ({number(low)} to {number(high)})"
            line += f", {number(one['mean'], one['interval'])}"
            if gain := one.get("than_chance"):
                line += f", better than chance by {number(gain['mean'], gain['interval'])}"
            lines.append(line + (f", degenerate on {one['degenerate']}" if one["degenerate"] else ""))
    return lines


def _critical(found: Metrics) -> list[str]:
    whole = found["whole_attack"]
    lines = [
        f"{found['attack']} on {found['n']} faces; the whole attack takes {number(whole['fall']['mean'])} from p_fake, "
        f"{number(whole['real']['mean'])} of them are then called real. Kept in some pixels only, it takes:"
    ]
    for row in found["rows"]:
        lines.append(f"{row['purpose']}, {row['share']:.0%} of the pixels")
        for place in ("critical", "moved", "random"):
            fall, part, real = (row[place][name] for name in ("fall", "part", "real"))
            lines.append(
                f"  {place:<10} {number(fall['mean'], fall['interval'])} from p_fake, "
                f"{number(part['mean'], part['interval'])} of the margin's change, called real {number(real['mean'])}"
            )
    return lines
