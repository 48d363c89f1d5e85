"""Define the colours of the verdicts, with one meaning everywhere."""

from __future__ import annotations

# Okabe and Ito 2008, safe for colour-blind readers: one meaning each, everywhere.
COLOURS = {"real": "#0072B2", "fake": "#D55E00", "attacked": "#CC79A7", "inconclusive": "#8A8A8A"}
BANDS = {
    "Likely manipulated": "fake",
    "Likely not manipulated": "real",
    "Inconclusive": "inconclusive",
    "No verdict": "inconclusive",
    "Inconclusive, low score, uncalibrated": "inconclusive",
    "Inconclusive, high score, uncalibrated": "inconclusive",
}
Bands = tuple[float, float] | None  # the two thresholds of a calibrated detector; None where it is not calibrated
SYMBOLS = {"real": "circle", "fake": "square", "attacked": "diamond"}
