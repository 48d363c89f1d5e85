"""Say how often a detector was wrong on data like a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..output.text import share_words
from ..types.file_traits import FileTraits
from ..types.measured_results import MeasuredCorruptions, MeasuredDetector
from ..types.measurement import Measurement
from .detector_strengths import MediaErrors, media_errors, short_label

NOUNS = {"image": "pictures", "video": "videos"}


def rates_like(measurements: Iterable[Measurement], file: FileTraits) -> list[str]:
    """Write the error rates that were measured on files of a kind.

    Where there are none, that is said. The largest measurement on pictures, or on videos, is told in full and named,
    the others briefly. For pictures the tested JPEG quality and face size nearest to the file's follow, where they were
    measured.
    """
    known, noun = tuple(measurements), NOUNS[file.kind]
    errors = [(one, found) for one in known if one.kind == "detector" for found in media_errors([one])]
    fit = [pair for pair in errors if _kind_of(pair[0]) == file.kind]
    if not fit:
        others = sorted({one.label for one, _ in errors})
        measured = f"this detector was measured on other data only: {'; '.join(others)}" if others else ""
        return [f"No error rate was measured on {noun} like this: {measured or 'there is no measurement of it'}."]
    fit.sort(key=lambda pair: -(pair[1].n_real + pair[1].n_forged))
    said = [_in_full(*fit[0], noun)]
    said += [_in_short(one, found, noun) for one, found in fit[1:]]
    if file.kind == "image":
        said += _nearest(known, "JPEG", file.quality, "This file's JPEG quality is about {}")
        said += _nearest(known, "size", file.side, "The smallest judged face is {} pixels wide or high")
    else:
        said.append("Compression and size of the measured videos are recorded by the measurement's name alone.")
    return said


def _kind_of(one: Measurement) -> str | None:
    """Tell pictures from videos by the frames judged of each, where they were counted."""
    kinds = one.result.kinds.values() if isinstance(one.result, MeasuredDetector) else ()
    if not kinds or any(kind.n is None or kind.n_frames is None for kind in kinds):
        return None
    return "video" if sum(kind.n_frames or 0 for kind in kinds) > sum(kind.n or 0 for kind in kinds) else "image"


def _in_full(one: Measurement, found: MediaErrors, noun: str) -> str:
    alarm, missed = (
        (round(share * n), share_words(share, interval))
        for share, interval, n in (
            (found.false_alarm, found.false_alarm_interval, found.n_real),
            (found.missed, found.missed_interval, found.n_forged),
        )
    )
    rest = (
        "the larger output was counted, so none stayed inconclusive"
        if found.undecided is None
        else f"{share_words(found.undecided)} of all stayed inconclusive"
    )
    return (
        f"Chosen because it is the largest measurement on {noun}: {one.label}. Of {found.n_real} real {noun} it called "
        f"{alarm[0]} manipulated, {alarm[1]}; of {found.n_forged} manipulated ones it called {missed[0]} not "
        f"manipulated, {missed[1]}; {rest}."
    )


def _in_short(one: Measurement, found: MediaErrors, noun: str) -> str:
    return (
        f"Also measured on {noun}: {one.label}: wrong on {share_words(found.false_alarm)} of {found.n_real} real "
        f"and on {share_words(found.missed)} of {found.n_forged} manipulated ones."
    )


def _nearest(known: Sequence[Measurement], kind: str, value: int | None, said: str) -> list[str]:
    """Tell the tested condition nearest to a value, from the largest measurement of conditions.

    Faces larger than all tested sizes are those of the measurements above.
    """
    rows = [(one, one.result) for one in known if isinstance(one.result, MeasuredCorruptions)]
    tested = [
        (row.value, one, row)
        for one, found in rows
        for row in found.conditions
        if row.kind == kind and row.value is not None
    ]
    if value is None or not tested or (kind == "size" and value > max(at for at, *_ in tested)):
        return []
    _, one, row = min(tested, key=lambda found: (abs(found[0] - value), -found[2].n_real))
    if row.called_fake_real is None or row.called_fake_forged is None:
        return []
    return [
        f"{said.format(value)}; the nearest that was measured is {row.condition} ({short_label(one.label)}): "
        f"{share_words(row.called_fake_real, row.called_fake_real_interval)} of {row.n_real} real faces and "
        f"{share_words(row.called_fake_forged, row.called_fake_forged_interval)} of {row.n_forged} forged "
        "ones had the larger output for manipulated."
    ]
