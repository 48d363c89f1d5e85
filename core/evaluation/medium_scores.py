"""Score one labelled medium by the track that stands for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from .. import pipeline
from ..detectors import Detector
from ..detectors.detector import INCONCLUSIVE
from ..detectors.video_rules import NO_VERDICT, file_verdict
from ..media.datasets import Item, without_name
from ..media.open import evenly_spaced
from ..types import Array, InputError, JudgedFace
from ..types.detector_metrics import MediumRow
from ..types.tracks import Track, fake_by_majority


@dataclass(frozen=True, slots=True, eq=False)
class MediumScores:
    """Hold the scores of one medium by its main track.

    margins: (F,) fake logit minus real logit of the track's F judged frames; empty where none was judged.
    p_fake: (F,) their scores in [0, 1].
    looked: number of frames that were searched.
    abstained: on how many of the F frames a calibrated detector abstains.
    inconclusive: on how many of the F frames the verdict is inconclusive, abstained or not.
    is_video: whether it has several frames: a video, or a folder of frames.
    reason: why there is no verdict; None where there is one.
    band: the file's verdict in words.
    track: the track's number; None where there is none.
    longest: the same medium by its longest track, where that is another one.
    label: the file's, "real" or "fake"; None where it is that of the majority of these frames.
    """

    item: Item
    kind: str
    margins: Array
    p_fake: Array
    looked: int = 0
    abstained: int = 0
    inconclusive: int = 0
    is_video: bool = False
    reason: str | None = None
    band: str = NO_VERDICT
    track: int | None = None
    longest: MediumScores | None = None
    label: str | None = None

    @property
    def share_fake(self) -> float:
        """Return the share of judged frames predicted fake."""
        return float((self.margins > 0).mean())

    @property
    def called_fake(self) -> bool:
        """Say whether the medium is labelled fake."""
        return fake_by_majority(self.share_fake) if self.label is None else self.label == "fake"

    def row(self) -> MediumRow:
        """Summarise the medium by the track that stands for the file."""
        judged = len(self.margins) > 0
        return MediumRow(
            path=self.item.path,
            kind=self.kind,
            score=float(self.margins.mean()) if judged else None,
            p_fake=float(self.p_fake.mean()) if judged else None,
            label=("fake" if self.called_fake else "real") if judged else None,
            band=self.band,
            share_fake=self.share_fake if judged else None,
            track=self.track,
            longest_track=float((self.longest or self).margins.mean()) if judged else None,
            frames_looked=self.looked,
            frames_judged=len(self.margins),
            frames_abstained=self.abstained,
            reason=self.reason,
        )


def judge_medium(detector: Detector, item: Item, kind: str, *, frames: int) -> MediumScores:
    """Judge a medium by the dashboard's rule on at most `frames` evenly spaced frames.

    A folder of images is a video whose frames are files: of each the largest face that can be judged.

    Args:
        detector: the one that judges.
        item: the medium.
        kind: of the dataset.
        frames: at most.
    """
    judged: list[JudgedFace] = []
    reasons, looked, still, is_video = Counter[str](), 0, False, len(item.files) > 1
    for number in evenly_spaced(len(item.files), frames):
        file = item.files[number]
        try:
            media = pipeline.open_searched(file, frames=frames)
            here = pipeline.analyse(media, detector, frames=frames)
        except InputError as error:
            looked += 1
            reasons[without_name(error, file)] += 1
            continue
        looked += min(frames, media.frames)
        still = media.kind == "image" and len(item.files) == 1
        is_video = not still
        judged += here if len(item.files) == 1 else _as_frame(here, number)
        reasons.update(one.reason for one in here if one.reason)
    verdict = file_verdict(judged, detector.band_thresholds, still=still)
    if verdict.main is None:
        seen = "" if looked == 1 else f" in the {looked} frames that were looked at"
        reason = reasons.most_common(1)[0][0] if reasons else f"{NO_VERDICT}: no face was found{seen}."
        return MediumScores(item, kind, np.zeros(0), np.zeros(0), looked, is_video=is_video, reason=reason)
    main, longest = verdict.main, verdict.tracks[0]
    seen_by = _by_track(item, kind, looked, verdict.band, main.track)
    seen_by = replace(seen_by, is_video=is_video, label=verdict.label)
    if longest is main:
        return seen_by
    other = replace(_by_track(item, kind, looked, longest.band, longest.track), is_video=is_video)
    return replace(seen_by, longest=other)


def _by_track(item: Item, kind: str, looked: int, band: str, track: Track) -> MediumScores:
    abstained = sum(verdict.abstained is not None for verdict in track.verdicts)
    inconclusive = sum(verdict.band == INCONCLUSIVE for verdict in track.verdicts)
    return MediumScores(
        item, kind, track.margins, track.p_fake, looked, abstained, inconclusive, band=band, track=track.number
    )


def _as_frame(judged: list[JudgedFace], number: int) -> list[JudgedFace]:
    """Make an image's largest judged face a frame of one track."""
    largest = next((one for one in judged if one.verdict), None)
    return [replace(largest, face=replace(largest.face, frame=number, track=0))] if largest else []
