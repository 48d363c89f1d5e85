"""Values in words, for people: settings in shown units, shares, honesty figures, what maps explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..registry import Entry, Param, Value
from ..types import QualityMetric, Settings, Target
from ..types.tracks import FileVerdict

TARGETS: dict[Target, str] = {"margin": "margin: fake minus real", "fake": "output “fake”", "real": "output “real”"}
MARKS = {"lower": "↓", "higher": "↑", "near one": "→1", "": ""}  # which direction of a figure is better
DEGENERATE = "degenerate here"


def shown_value(param: Param, value: Value) -> str:
    """A setting's value in the units of the screen."""
    if isinstance(value, (bool, str)):
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else value
    return f"{value * param.scale:.6g}{param.unit if param.unit.startswith('/') else ''}"


def settings_words(entry: Entry[Any], settings: Settings) -> str:
    """A method with its settings, in one line."""
    parts = [f"{param.name.replace('_', ' ')} {shown_value(param, settings[param.name])}" for param in entry.params]
    return ", ".join([entry.title, *parts])


def tail_words(target: Target, seed: int) -> str:
    """The output that a map explains, and its seed."""
    return f", of the {TARGETS[target]}, seed {seed}"


def said_once(methods: Sequence[tuple[str, str]]) -> str:
    """Methods with what each was made with, as (its settings, the tail); a tail that they all share is said once."""
    if len(tails := {tail for _, tail in methods}) == 1:
        return "; ".join(settings for settings, _ in methods) + ", all " + tails.pop().removeprefix(", ")
    return "; ".join(settings + tail for settings, tail in methods)


def file_notes(found: FileVerdict) -> tuple[str, ...]:
    """Say what a file's verdict rests on: how many frames, which of several faces, and what does not count."""
    if found.main is None:
        return (str(found.reason),)
    notes, deciding = [], found.deciding
    if found.few:
        frames = found.main.frames_judged
        notes.append(f"judged in {frames} frame{'s' * (frames != 1)} only")
    if len(deciding) > 1:
        same = [one for one in deciding if one.band == found.band]
        names = [f"face {one.track.number + 1}" if found.still else f"track {one.track.number}" for one in same]
        what = "faces" if found.still else "tracks"
        if 0 < len(same) < len(deciding):
            notes.append(f"{' and '.join(names)} of {len(deciding)} {what}: {found.band.lower()}")
        if found.calibrated:
            notes.append(f"with {len(deciding)} {what}, manipulated is said from {percent(found.thresholds[1])} on")
    if left := len(found.tracks) - len(deciding):
        notes.append(f"{left} track{'s' * (left != 1)} judged in too few frames to count")
    return tuple(notes)


def percent(share: float) -> str:
    """A probability without decimals; none is said to be 0 or 100 per cent that is not."""
    return "< 1%" if 0 < share < 0.005 else "> 99%" if 0.995 <= share < 1 else f"{share:.0%}"


def metric_value(figure: QualityMetric) -> str:
    """A figure's number, or that it means nothing here."""
    if figure.degenerate:
        return DEGENERATE
    whole = float(figure.value).is_integer() and abs(figure.value) >= 2  # a count
    return (f"{figure.value:.0f}" if whole else f"{figure.value:#.3g}").replace("-", "\N{MINUS SIGN}")
