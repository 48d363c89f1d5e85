"""Hold what a calibration fits and measures, as it is kept on disk."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import InputError

Interval = tuple[float, float]  # of 95 %


@dataclass(frozen=True, slots=True)
class ProbabilityMap:
    """Hold the map from a margin to the probability of "fake".

    method: "temperature" (margin / temperature), "platt" (slope * margin + intercept), both through a sigmoid, or
        "isotonic" (linear between the points x, y). What the method does not use is None.
    """

    method: str
    temperature: float | None = None
    slope: float | None = None
    intercept: float | None = None
    x: tuple[float, ...] | None = None
    y: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        used = {"temperature": (self.temperature,), "platt": (self.slope, self.intercept), "isotonic": (self.x, self.y)}
        if None in used.get(self.method, (None,)):
            raise InputError(f"the map of a calibration by the method {self.method!r} lacks what that method uses")


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Hold a bin of a reliability diagram.

    mean_p: mean probability of "fake" that was predicted, in [0, 1].
    share_fake: observed frequency of forged faces, in [0, 1].
    interval: of `share_fake`.
    n: number of faces.
    """

    mean_p: float
    share_fake: float
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class BandContents:
    """Hold which share of real and of forged held-out faces falls into a band.

    fake_of_band: forged share of the band's faces, under balanced classes; None for an empty band.
    """

    band: str
    real: float
    real_interval: Interval
    fake: float
    fake_interval: Interval
    fake_of_band: float | None


@dataclass(frozen=True, slots=True)
class Bands:
    """Hold the thresholds on the probability of "fake" at a risk, with each band's contents.

    low, high: in [0, 1]; between them lies "Inconclusive".
    risk: share of each class that may be misclassified outside of it.
    """

    low: float
    high: float
    risk: float = 0.1
    measured: tuple[BandContents, ...] = ()


@dataclass(frozen=True, slots=True)
class OodModel:
    """Hold one Gaussian of features (D,), by which a face is out of distribution.

    mean, directions: float32 in base64, (D,) and (K, D).
    rest: mean squared residual outside of the directions.
    quantile: share of held-out faces nearer than `cut`; median: of their distances; n: number of faces.
    """

    mean: str
    directions: str
    rest: float
    quantile: float
    cut: float
    median: float
    n: int


@dataclass(frozen=True, slots=True)
class RejectionLimits:
    """Hold the lowest sharpness and the largest yaw ratio that get a verdict."""

    sharpness: float = 0.0
    turned: float = float("inf")


@dataclass(frozen=True, slots=True)
class BlurLevel:
    """Hold a blur (sigma in pixels of 200), the median sharpness there, and the AUC."""

    blur: float
    sharpness: float
    auc: float


@dataclass(frozen=True, slots=True)
class CalibrationFaces:
    """Hold the N faces of a calibration in columns, to train a stack from.

    label: 0 real, 1 fake; group: the source of each face.
    """

    id: tuple[str, ...]
    margin: tuple[float, ...]
    label: tuple[int, ...]
    group: tuple[str, ...]
    sharpness: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Hold a calibration: every metric is cross-validated over sources, classes balanced.

    detector, weights_sha256: what it was made for; empty until it is saved.
    data: describes the faces; prior: of "fake" in every probability; sources: number of them.
    ece: expected calibration error, and uncalibrated.
    bands: at the risk in use; by_risk: at each risk that can be chosen.
    no_verdict: number of media without any face that was judged.
    ood, limits, blur: None where there were too few faces.
    rows: its faces.
    """

    detector: str = ""
    weights_sha256: str = ""
    map: ProbabilityMap
    data: str = ""
    prior: float = 0.5
    n_real: int
    n_fake: int
    sources: int
    auc: float | None
    auc_interval: Interval | None
    ece_uncalibrated: float
    ece: float
    ece_interval: Interval
    reliability: tuple[ReliabilityBin, ...]
    bands: Bands
    by_risk: tuple[Bands, ...] = ()
    no_verdict: int | None = None
    ood: OodModel | None = None
    limits: RejectionLimits | None = None
    blur: tuple[BlurLevel, ...] | None = None
    rows: CalibrationFaces | None = None
