"""Say the verdict on a file in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..types import JudgedFace, Verdict
from ..types.tracks import FileVerdict, TrackVerdict
from .screen.colours import BANDS
from .text import NO_VERDICT, clock, percent

UNDECIDED = "Inconclusive"


def file_sentence(found: FileVerdict, fps: float = 0.0) -> str:
    """Say a file's verdict in one sentence, its word first.

    Of a video the frames are counted, and the first suspicious one has its time; of several faces the worst is named.

    Args:
        found: the verdict.
        fps: frames a second of a video, 0 where it is not known.
    """
    if found.main is None:
        return str(found.reason)
    deciding, worst = found.deciding, found.main
    if found.still:
        if len(deciding) == 1:
            return f"{found.band}."
        same = [one for one in deciding if one.band == worst.band]
        return f"{found.band}: {_faces(same, len(deciding))}."
    if len(deciding) > 1:
        return f"{found.band}: {_counted(worst, fps)} (face {worst.track.number + 1}, the worst of {len(deciding)})."
    return f"{found.band}: {_counted(worst, fps)}."


def score_words(verdict: Verdict) -> str:
    """Format a probability as a per cent, a score with three digits."""
    return percent(verdict.p_fake) if verdict.calibrated else f"score {verdict.p_fake:.3f}"


def band_words(verdict: Verdict) -> str:
    """Say a verdict's band and score; of a probability also of what, where the band does not."""
    of = "" if BANDS.get(verdict.band) == "fake" or not verdict.calibrated else " “manipulated”"
    return f"{verdict.band}, {score_words(verdict)}{of}"


def _faces(same: list[TrackVerdict], total: int) -> str:
    if len(same) == total:
        return f"all {total} faces"
    names = ", ".join(str(one.track.number + 1) for one in same)
    return f"face{'s' * (len(same) > 1)} {names} of {total}"


def _counted(one: TrackVerdict, fps: float) -> str:
    """Count frames, such as "8 of 16 frames, from 0:03"."""
    kinds = Counter(BANDS.get(verdict.band, "inconclusive") for verdict in one.track.verdicts)
    total = len(one.track)
    first = _since(one, fps)
    if one.band == UNDECIDED and kinds["fake"] and kinds["real"]:
        return f"of {total} frames {_speaking(kinds['fake'])} for manipulation{first}, and {kinds['real']} against it"
    if one.band == UNDECIDED and kinds["real"]:
        return f"{_speaking(kinds['real'], total)} against manipulation, not enough to decide"
    if one.band == UNDECIDED and kinds["fake"]:
        return f"{_speaking(kinds['fake'], total)} for manipulation{first}; not enough to decide"
    same = sum(verdict.band == one.band for verdict in one.track.verdicts)
    return f"{same} of {total} frame{'s' * (total > 1)}{first if BANDS.get(one.band) == 'fake' else ''}"


def _speaking(count: int, total: int | None = None) -> str:
    """Say how many frames speak, such as "1 of 16 frames speaks"."""
    of = "" if total is None else f" of {total} frame{'s' * (total > 1)}"
    return f"{count}{of} speak{'s' * (count == 1)}"


def _since(one: TrackVerdict, fps: float) -> str:
    """Say when the first frame comes that speaks for manipulation; "" where that is not known."""
    pairs = zip(one.track.frames, one.track.verdicts, strict=True)
    first = next((frame for frame, verdict in pairs if BANDS.get(verdict.band) == "fake"), None)
    return f", from {clock(first / fps)}" if first is not None and fps > 0 else ""


def detectors_sentence(row: Sequence[JudgedFace]) -> str:
    """Say what most of several detectors say of a face."""
    band, most = Counter(one.verdict.band if one.verdict else NO_VERDICT for one in row).most_common(1)[0]
    return f"{most} of {len(row)} detectors say of this face: {band.lower()}."
