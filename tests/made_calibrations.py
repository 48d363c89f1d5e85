"""A calibration that nobody measured, for tests of what reads one."""

from __future__ import annotations

from core.types.calibration import Bands, Calibration, CalibrationFaces, ProbabilityMap, ReliabilityBin


def made_calibration(*, bands: Bands | None = None, rows: CalibrationFaces | None = None) -> Calibration:
    """A temperature of one, and bands at a risk of a tenth."""
    return Calibration(
        map=ProbabilityMap("temperature", temperature=1.0),
        n_real=20,
        n_fake=20,
        sources=40,
        auc=0.9,
        auc_interval=(0.8, 1.0),
        ece_uncalibrated=0.1,
        ece=0.05,
        ece_interval=(0.02, 0.08),
        reliability=(ReliabilityBin(0.5, 0.5, (0.4, 0.6), 40),),
        bands=bands or Bands(0.3, 0.7),
        rows=rows,
    )
