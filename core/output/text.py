"""Format values for people: settings, shares, metrics, targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..registry import Entry, Param, Value
from ..types import QualityMetric, Settings, Target
from ..types.synthetic_answer import SYNTHETIC, UNKNOWN
from ..types.tracks import FileVerdict
from ..types.verdicts import OUTPUTS

NO_VERDICT = "No verdict"
TARGETS: dict[Target, str] = {
    "margin": f"margin: {OUTPUTS['fake']} minus {OUTPUTS['real']}",
    **{target: f"output “{OUTPUTS[target]}”" for target in ("fake", "real")},
}
MARKS = {"lower": "↓", "higher": "↑", "near one": "→1", "": ""}  # which direction of a metric is better
DEGENERATE = "degenerate here"
NOT_MEASURED = "not measured"


def format_value(param: Param, value: Value) -> str:
    """Format a setting's value in the units of the screen."""
    if isinstance(value, (bool, str)):
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else value
    return f"{value * param.scale:.6g}{param.unit if param.unit.startswith('/') else ''}"


def format_range(param: Param) -> str:
    """Say which values a setting may have, in shown units."""
    if param.choices:
        return ", ".join(param.choices)
    if isinstance(param.default, bool):
        return "yes, no"
    low, high = ("any" if v is None else f"{v * param.scale:.6g}" for v in (param.low, param.high))
    return f"{low} to {high}"


def format_settings(entry: Entry[Any, Any], settings: Settings) -> str:
    """Name a method with its settings, in one line."""
    parts = [f"{param.name.replace('_', ' ')} {format_value(param, settings[param.name])}" for param in entry.params]
    return ", ".join([entry.title, *parts])


def format_target(target: Target, seed: int) -> str:
    """Name the output that a map explains, and its seed."""
    return f", of the {TARGETS[target]}, seed {seed}"


def colour_words(*targets: Target) -> str:
    """Say what red and blue speak for, by the outputs that maps explain."""
    towards = {OUTPUTS["real" if target == "real" else "fake"] for target in targets}
    if len(towards) > 1:
        words = "Red: towards manipulated, blue: away from it; where a map is of the"
        return f"{words} {TARGETS['real']}, the other way round."
    return f"Red: towards {towards.pop()}, blue: away from it."


def join_methods(methods: Sequence[tuple[str, str]]) -> str:
    """Join methods, each (settings, target); a target that all share is named once."""
    if len(tails := {tail for _, tail in methods}) == 1:
        return "; ".join(settings for settings, _ in methods) + ", all " + tails.pop().removeprefix(", ")
    return "; ".join(settings + tail for settings, tail in methods)


def file_notes(found: FileVerdict) -> tuple[str, ...]:
    """Say what a file's verdict rests on: frames, tracks, and what does not count."""
    if found.main is None:
        return (str(found.reason),)
    notes, deciding = [], found.deciding
    if found.few:
        frames = found.main.frames_judged
        notes.append(f"judged in {frames} frame{'s' * (frames != 1)} only")
    if len(deciding) > 1:
        same = [one for one in deciding if one.band == found.band]
        names = [f"face {one.track.number + 1}" for one in same]
        if 0 < len(same) < len(deciding):
            notes.append(f"{' and '.join(names)} of {len(deciding)} faces: {found.band.lower()}")
        if found.calibrated:
            notes.append(f"with {len(deciding)} faces, manipulated is said from {percent(found.thresholds[1])} on")
    if left := len(found.tracks) - len(deciding):
        notes.append(f"{left} face{'s' * (left != 1)} judged in too few frames to count")
    return tuple(notes)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun, such as "1 frame", "3 frames".

    `many`: the noun's plural; `one` with an s if missing.
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Format a probability without decimals; neither 0 nor 1 is rounded to."""
    return "< 1%" if 0 < share < 0.005 else "> 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def format_metric(metric: QualityMetric) -> str:
    """Format a metric's value, or say that it means nothing here."""
    if metric.degenerate:
        return DEGENERATE
    whole = abs(metric.value) >= 99.95 or (float(metric.value).is_integer() and abs(metric.value) >= 2)  # or a count
    return (f"{metric.value:.0f}" if whole else f"{metric.value:#.3g}").replace("-", "\N{MINUS SIGN}")


def share_words(value: float | None, interval: Sequence[float] | None = None, digits: int = 1) -> str:
    """Write a share in per cent, with its 95% interval in brackets."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.{digits}%}" + (f" ({interval[0]:.{digits}%} to {interval[1]:.{digits}%})" if interval else "")


def number_words(value: float | None, interval: Sequence[float] | None = None) -> str:
    """Format a metric with three digits and its 95% interval in brackets."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def signed_number(value: float, digits: int = 3) -> str:
    """Write a number that may be negative, with a minus sign."""
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def time_left(seconds: float) -> str:
    """Say about how long is left: in minutes from 90 seconds on."""
    return f"about {seconds / 60:.0f} min left" if seconds > 90 else f"about {seconds:.0f} s left"


def seconds_words(seconds: float) -> str:
    """Write seconds with two digits, never as a power of ten."""
    if seconds < 0.01:
        return "< 0.01"
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"


def clock(seconds: float) -> str:
    """Format a time in a video as minutes and seconds, such as "1:05"."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def synthetic_words(label: str, p_synthetic: float | None) -> str:
    """Say a recorded answer as part of a sentence."""
    word = f"{label[0].lower()}{label[1:]}"
    of = "" if label == SYNTHETIC else " “synthetic”"  # a low score has to say of what
    return word if p_synthetic is None or label == UNKNOWN else f"{word} ({p_synthetic:.3f}{of})"
