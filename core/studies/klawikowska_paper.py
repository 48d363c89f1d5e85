"""Hold the numbers that Klawikowska's paper prints."""

from __future__ import annotations

# Table 1: model and test set, accuracy in per cent, pictures of the test set (section 4.2).
COLUMNS = (
    "clear network, clear",
    "clear network, clear + FGSM",
    "clear network, clear + one pixel",
    "FGSM-immune, clear + FGSM",
    "one-pixel-immune, clear + one pixel",
)
ACCURACY = (85.80, 58.37, 64.62, 84.15, 86.09)
PICTURES = (2000, 2940, 2660, 2940, 2660)
