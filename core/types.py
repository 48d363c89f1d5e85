"""The values that flow from a file to a signature: frozen, and checked where they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Box = tuple[float, float, float, float]
Settings = Mapping[str, Any]
Target = Literal["fake", "real", "margin"]

REAL, FAKE = 0, 1  # the order of the two logits
LABELS = ("real", "fake")


class InputError(ValueError):
    """Bad input from a person: the message is one sentence that says what came and what is allowed."""


class StopRequested(Exception):
    """Raised inside long work when somebody asked to stop; whoever asked keeps what there is."""


def content_id(*parts: Array | bytes | str) -> str:
    """SHA-256 over the parts, arrays with their shape and dtype: the only cache key for pictures."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.shape}{part.dtype.str}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


def _want(fine: bool, what: str, came: object) -> None:
    if not fine:
        raise InputError(f"{what}; what came is {came}")


def _want_image(image: Array, name: str, dtype: type[Any]) -> None:
    fine = image.ndim == 3 and image.shape[2] == 3 and image.dtype == dtype and min(image.shape[:2]) > 0
    _want(fine, f"{name} has to be (H, W, 3) {np.dtype(dtype).name}", f"{image.shape} {image.dtype}")
    if dtype is np.float32:
        low, high = float(image.min()), float(image.max())
        _want(low >= 0 and high <= 1, f"{name} has to lie in [0, 1]", f"[{low:.3g}, {high:.3g}]")


class FrameSource(Protocol):
    """Where a medium's frames come from; decoding is a stream, never a whole video in memory."""

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        """(index, frame (H, W, 3) uint8 RGB) for the ascending `indices` that can be decoded, in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """A picture or a video: `id` is the SHA-256 of the file's bytes, `size` (width, height) in pixels as shown.

    `frames` is the number of frames that can be decoded (1 for a picture), `fps` frames a second (0 for a picture),
    `notes` sentences for the user ("the file is cut off: 57 of 338 frames could be read").
    """

    id: str
    name: str
    kind: Literal["image", "video"]
    size: tuple[int, int]
    frames: int
    fps: float
    source: FrameSource
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _want(self.kind in ("image", "video"), "a medium is an image or a video", self.kind)
        _want(self.frames >= 1, "a medium has at least one frame", self.frames)

    def frame(self, index: int = 0) -> Array:
        """One frame (H, W, 3) uint8 RGB."""
        _want(0 <= index < self.frames, f"{self.name} has the frames 0 to {self.frames - 1}", index)
        for _, frame in self.source.read((index,)):
            return frame
        raise InputError(f"frame {index} of {self.name} cannot be decoded")


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame: `crop` (S, S, 3) uint8 RGB, `box` (l, t, r, b), `landmarks` (5, 2) in pixels of the frame.

    `whole` says that the picture was a face crop already and is judged whole.
    """

    id: str
    crop: Array
    box: Box
    landmarks: Array
    frame: int
    score: float
    track: int = 0
    whole: bool = False

    def __post_init__(self) -> None:
        _want_image(self.crop, "the crop of a face", np.uint8)
        _want(self.landmarks.shape == (5, 2), "a face has five landmarks (5, 2)", self.landmarks.shape)

    @property
    def width(self) -> int:
        """The narrower side of the face's box, in pixels of the frame."""
        return round(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a deepfake detector says: `logits` (2,) float32 [real, fake], `p_fake` in [0, 1], `band` in words.

    `calibrated` False means that `p_fake` is a score and not a probability. `abstained` says why a verdict that could
    be computed is not given: the band is then "Inconclusive" whatever the score. `interval`: of faces with such a
    score, with 95 % confidence, so many were forged where the detector was calibrated.
    """

    detector: str
    logits: Array
    p_fake: float
    band: str
    calibrated: bool = False
    abstained: str | None = None
    interval: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _want(self.logits.shape == (2,), "a verdict has two logits [real, fake]", self.logits.shape)
        _want(0 <= self.p_fake <= 1, "p_fake lies in [0, 1]", self.p_fake)

    @property
    def margin(self) -> float:
        """Fake logit minus real logit."""
        return float(self.logits[FAKE]) - float(self.logits[REAL])

    @property
    def label(self) -> str:
        """ "fake" when the fake logit is the larger one, else "real"."""
        return LABELS[int(self.logits[FAKE] > self.logits[REAL])]


@dataclass(frozen=True, slots=True, eq=False)
class AttackResult:
    """A face crop under attack: `image` (H, W, 3) float32 in [0, 1], every value a multiple of 1/255.

    `after` is the verdict of the saved PNG, re-opened; `linf` and `l2` of the change in units of [0, 1]; `psnr` in dB;
    `l0` counts the pixels that differ. `course` holds p_fake at each step at which the detector was asked; `queries`
    counts its forward passes of one picture, `backwards` the passes back to the picture. `attacked_course` holds the
    steps, from 1 on, at which the attack detector was watched, with its score of "attacked"; None where the picture was
    called fake, as it is then not asked. `seconds` are without it.
    """

    id: str
    attack: str
    settings: Settings
    seed: int
    image: Array
    png: bytes
    before: Verdict
    after: Verdict
    linf: float
    l2: float
    psnr: float
    queries: int
    seconds: float
    course: tuple[float, ...]
    stopped: bool
    notes: tuple[str, ...] = ()
    backwards: int = 0
    l0: int = 0
    attacked_course: tuple[tuple[int, float | None], ...] = ()

    def __post_init__(self) -> None:
        _want_image(self.image, "an attacked face", np.float32)

    @property
    def success(self) -> bool:
        """Whether the attack turned the label."""
        return self.before.label != self.after.label


@dataclass(frozen=True, slots=True, eq=False)
class Honesty:
    """One figure of what a map is worth here: `better` is "lower", "higher", "near one" or "" for a plain fact.

    `degenerate`: why the figure means nothing here (a constant map, a gradient of zero); None when it does.
    """

    name: str
    value: float
    better: str
    meaning: str
    degenerate: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """A map of one face: `map` (H, W) float32, signed and unnormalised, of the crop the verdict saw; `of` is its id."""

    method: str
    settings: Settings
    target: Target
    of: str
    map: Array
    signed: bool
    honesty: tuple[Honesty, ...]
    seconds: float

    def __post_init__(self) -> None:
        _want(self.map.ndim == 2 and self.map.dtype == np.float32, "a map is (H, W) float32", self.map.dtype)
        _want(bool(np.isfinite(self.map).all()), "a map is finite everywhere", "not finite")


@dataclass(frozen=True, slots=True, eq=False)
class AttackVerdict:
    """What an attack detector says of crop and map: `p_attacked` in [0, 1]; `warrant`: trained and measured on what."""

    detector: str
    p_attacked: float
    warrant: str

    def __post_init__(self) -> None:
        _want(0 <= self.p_attacked <= 1, "p_attacked lies in [0, 1]", self.p_attacked)

    @property
    def label(self) -> str:
        """ "attacked" from 0.5 on, else "unattacked"."""
        return "attacked" if self.p_attacked >= 0.5 else "unattacked"


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """A face's signature: `values` (D,) float32, of the face or result with the id `of`."""

    kind: str
    values: Array
    of: str

    def __post_init__(self) -> None:
        fine = self.values.ndim == 1 and self.values.dtype == np.float32
        _want(fine, "a signature is (D,) float32", self.values.dtype)


@dataclass(frozen=True, slots=True, eq=False)
class VideoVerdict:
    """One face track of a video, by the two rules of Pinhasov et al. 2024, section 4.

    `label` by majority ("Vid": fake when more than half of the judged frames are called fake), `share_fake` the share
    of frames called fake ("F2F", frame by frame), `p_fake` the mean score over the judged frames. The intervals (95 %)
    are of both means, by a block bootstrap over the frames in their order: neighbouring frames are alike.
    """

    track: int
    p_fake: float
    label: str
    share_fake: float
    frames_judged: int
    p_fake_interval: tuple[float, float]
    share_interval: tuple[float, float]
    rule: str = "majority"
