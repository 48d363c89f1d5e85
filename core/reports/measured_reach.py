"""Say what a detector is good for, and where it was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..types.measurement import Measurement

MIN_VIDEOS = 5  # original videos and fakes, below which a sentence would be an anecdote


def reach(measurements: Iterable[Measurement]) -> str | None:
    """Write the sentence from the largest measurement on videos; None where there is none.

    It counts files' verdicts in words: originals called fake, fakes called real, inconclusive ones, and names the kind
    of fake that is told apart worst.
    """
    found = [(_sizes(one.result), one) for one in measurements if one.kind == "detector"]
    usable = [(sizes, one) for sizes, one in found if sizes and min(sizes) >= MIN_VIDEOS]
    if not usable:
        return None
    (real, fake), one = max(usable, key=lambda pair: sum(pair[0]))
    video = one.result["video"]
    wrong, open_ = video["wrong_and_sure"], video["inconclusive"]
    n = _by_kind(video)
    missed = sum(round(wrong[kind] * count) for kind, count in n.items() if kind != "real")
    undecided = sum(round(open_[kind] * count) for kind, count in n.items())
    by_kind = {kind: value for kind, value in (video["auc_by_kind"] or {}).items() if value is not None}
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
        if one.kind != "synthetic-faces":
            continue
        rival = one.result["auc"]
        for kind, by_post in one.result["shares"].items():
            part = max(by_post.values(), key=lambda row: row["synthetic"])
            if kind in rival:
                part = min(by_post.values(), key=lambda row: row["synthetic"])
            said.append(f"{kind} {round(part['synthetic'] * part['n'])} of {part['n']} ({one.label})")
    return f"Called synthetic when measured: {'; '.join(said)}." if said else ""


def _sizes(result: Mapping[str, Any]) -> tuple[int, int] | None:
    video = result.get("video") or {}
    if not video.get("wrong_and_sure") or "real" not in video["wrong_and_sure"]:
        return None
    n = _by_kind(video)
    return n["real"], sum(count for kind, count in n.items() if kind != "real")


def _by_kind(video: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of judged videos of each kind."""
    return {kind: int(video["n"][kind]) for kind in video["wrong_and_sure"]}
