"""Hold judged faces, tracks, and the verdicts on tracks and files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .errors import InputError
from .media import Face
from .verdicts import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class JudgedFace:
    """Join a face with its verdict, or with the reason why there is none."""

    face: Face
    verdict: Verdict | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BandThresholds:
    """Hold the edges of a calibrated detector's bands on `p_fake`.

    low: up to it a face is "Likely not manipulated".
    high: from it on a face is "Likely manipulated"; of real faces, a share of `risk` lies there.
    risk: in (0, 1).
    by_risk: (risk, high) for other risks, in any order.
    """

    low: float
    high: float
    risk: float
    by_risk: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            came = f"{self.low:g} and {self.high:g}"
            raise InputError(f"the edges of the bands lie in [0, 1], low below high; what came is {came}")

    def high_for(self, faces: int) -> float:
        """Return the upper threshold for `faces` faces at a family-wise risk of `risk`.

        Source: Bonferroni: each face at a risk of `risk / faces`. Differs: the strictest measured risk where none is
        small enough.
        """
        if faces <= 1 or not self.by_risk:
            return self.high
        fitting = [(risk, high) for risk, high in self.by_risk if risk <= self.risk / faces * (1 + 1e-9)]
        _, high = max(fitting) if fitting else min(self.by_risk)
        return max(self.high, high)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Hold the judged faces of one person over a medium.

    number: the track's number in the medium.
    judged: its faces that have a verdict, in the order of their frames; at least one.
    """

    number: int
    judged: tuple[JudgedFace, ...]

    def __post_init__(self) -> None:
        if not self.judged or not all(item.verdict for item in self.judged):
            raise InputError("a track has at least one face, and every face of it has a verdict; one has none")
        if self.frames != tuple(sorted(self.frames)):
            raise InputError(f"the faces of a track are in the order of their frames; what came is {self.frames}")

    def __len__(self) -> int:
        return len(self.judged)

    @property
    def frames(self) -> tuple[int, ...]:
        """Return the indices (F,) of its frames in the medium."""
        return tuple(item.face.frame for item in self.judged)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Return its verdicts (F,)."""
        return tuple(item.verdict for item in self.judged if item.verdict)

    @property
    def p_fake(self) -> Array:
        """Return the score (F,) in [0, 1] of each frame."""
        return np.asarray([verdict.p_fake for verdict in self.verdicts])

    @property
    def margins(self) -> Array:
        """Return the margin (F,) of each frame: fake logit minus real logit."""
        return np.asarray([verdict.margin for verdict in self.verdicts])


def fake_by_majority(share_fake: float) -> bool:
    """Tell whether over half of the judged frames are predicted fake.

    Source: "Vid": Pinhasov et al. 2024, section 4.
    """
    return share_fake > 0.5


@dataclass(frozen=True, slots=True, eq=False)
class TrackVerdict:
    """Hold the verdict on one track.

    track: the track.
    band: in words; "No verdict" where the track does not decide.
    decides: whether enough frames were judged for the track to count in the file's verdict.
    p_fake_interval: 95 % interval of the mean score over frames, by a block bootstrap, as neighbouring frames
        correlate. With fewer frames than a track should have, from the usual variation between frames.
    share_interval: 95 % interval of the share of frames predicted fake, by a block bootstrap.
    """

    track: Track
    band: str
    decides: bool
    p_fake_interval: tuple[float, float]
    share_interval: tuple[float, float]

    @property
    def p_fake(self) -> float:
        """Return the mean score in [0, 1] over the judged frames."""
        return float(self.track.p_fake.mean())

    @property
    def margin(self) -> float:
        """Return the mean margin over the judged frames."""
        return float(self.track.margins.mean())

    @property
    def share_fake(self) -> float:
        """Return the share of judged frames predicted fake.

        Source: "F2F", frame by frame: Pinhasov et al. 2024, section 4.
        """
        return float(np.mean([verdict.label == "fake" for verdict in self.track.verdicts]))

    @property
    def label(self) -> str:
        """Return "fake" when the majority of the judged frames is predicted fake, else "real"."""
        return "fake" if fake_by_majority(self.share_fake) else "real"

    @property
    def frames_judged(self) -> int:
        """Count the judged frames."""
        return len(self.track)


@dataclass(frozen=True, slots=True, eq=False)
class FileVerdict:
    """Hold the verdict on a whole image or video.

    band: in words.
    main: the track whose numbers stand for the file: of those that decide, the one that says most against it; None
        where no face was judged.
    tracks: all tracks, the one judged in the most frames first.
    thresholds: the two thresholds on the mean score, corrected for the number of deciding tracks.
    level: of the interval over frames that has to lie beyond a threshold.
    calibrated: False means that the mean score is no probability.
    still: whether the file is an image.
    few: whether even the deciding tracks were judged in fewer frames than a track should be.
    rule: how `label` is decided: "majority" of the main track's frames, or "interval" of its mean score where several
        faces of a video decide, as the noisiest of them is looked at.
    label: "fake" or "real" by that rule; None where no face was judged.
    reason: why there is no verdict; None where there is one.
    """

    band: str
    main: TrackVerdict | None
    tracks: tuple[TrackVerdict, ...]
    thresholds: tuple[float, float]
    level: float
    calibrated: bool
    still: bool
    few: bool
    rule: str
    label: str | None
    reason: str | None = None

    @property
    def deciding(self) -> tuple[TrackVerdict, ...]:
        """Return the tracks that decide."""
        return tuple(track for track in self.tracks if track.decides)
