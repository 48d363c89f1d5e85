"""Say what a detector is good for, and where it was wrong."""

from __future__ import annotations

from collections.abc import Iterable

from ..types.measured_results import MeasuredDetector, MeasuredMedia, MeasuredResult
from ..types.measurement import Measurement
from ..types.synthetic_metrics import SyntheticEvaluation

MIN_VIDEOS = 5  # original videos and fakes, below which a sentence would be an anecdote


def reach(measurements: Iterable[Measurement]) -> str | None:
    """Write the sentence from the largest measurement on videos; None where there is none.

    It counts files' verdicts in words: originals called fake, fakes called real, inconclusive ones, and names the kind
    of fake that is told apart worst.
    """
    found = [(_sizes(one.result), one) for one in measurements]
    usable = [(sizes, one) for sizes, one in found if sizes and min(sizes) >= MIN_VIDEOS]
    if not usable:
        return None
    (real, fake), one = max(usable, key=lambda pair: sum(pair[0]))
    assert isinstance(one.result, MeasuredDetector)
    video = one.result.video
    assert video
    wrong, open_ = video.wrong_and_sure or {}, video.inconclusive or {}
    n = _by_kind(video)
    missed = sum(round(wrong[kind] * count) for kind, count in n.items() if kind != "real")
    undecided = sum(round(open_[kind] * count) for kind, count in n.items())
    by_kind = {kind: value for kind, value in (video.auc_by_kind or {}).items() if value is not None}
    weakest = min(by_kind, key=lambda kind: by_kind[kind], default=None)
    least = f" It tells {weakest} apart worst (AUC {by_kind[weakest]:.2f})." if weakest else ""
    return (
        f"Measured on videos ({one.label}): of {real} originals it called {round(wrong['real'] * real)} manipulated, "
        f"of {fake} manipulated ones {missed} not manipulated; {undecided} stayed inconclusive.{least}"
    )


def synthetic_reach(measurements: Iterable[Measurement]) -> str:
    """Write which synthetic faces are found, and how often others are called synthetic.

    One clause for each measurement and kind of face, at its hardest post-processing; empty where nothing was measured.
    """
    said = []
    for one in measurements:
        if not isinstance(one.result, SyntheticEvaluation):
            continue
        for kind, by_post in one.result.shares.items():
            hardest = min if kind in one.result.auc else max
            part = hardest(by_post.values(), key=lambda row: row.synthetic)
            said.append(f"{kind} {round(part.synthetic * part.n)} of {part.n} ({one.label})")
    return f"Called synthetic when measured: {'; '.join(said)}." if said else ""


def _sizes(result: MeasuredResult) -> tuple[int, int] | None:
    """Count original videos and fakes. None where none were judged."""
    video = result.video if isinstance(result, MeasuredDetector) else None
    if video is None or "real" not in (video.wrong_and_sure or {}):
        return None
    n = _by_kind(video)
    return n["real"], sum(count for kind, count in n.items() if kind != "real")


def _by_kind(video: MeasuredMedia) -> dict[str, int]:
    """Return the number of judged videos of each kind."""
    return {kind: video.n[kind] for kind in video.wrong_and_sure or {}}
