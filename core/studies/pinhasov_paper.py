"""Hold the numbers that Pinhasov's paper prints, in per cent and milliseconds."""

from __future__ import annotations

DETECTORS = ("EfficientNetB4ST", "XceptionNet")
MAPS = {  # our names in the order of the paper's columns, with their titles there; the last two are ours alone
    "guided-backprop": "G-Backprop",
    "input-x-gradient": "Inp x Grad",
    "integrated-gradients": "Int-Grad",
    "saliency": "Saliency",
    "lrp": "LRP",
    "shap": "SHAP",
}
PRINTED_MAPS = 4
ATTACKS = {"pgd": "PGD*", "fgsm": "FGSM", "apgd": "APGD", "square": "Square", "nes": "NES"}

# Table 2: attack -> detector -> attacked forgeries called fake, by video and by frame.
STILL_FAKE = {
    "pgd": ((0.0, 0.0), (0.0, 1.0)),
    "fgsm": ((20.0, 20.66), (0.0, 0.0)),
    "apgd": ((0.0, 0.1), (0.0, 0.1)),
    "square": ((0.0, 0.2), (0.0, 0.1)),
    "nes": ((0.0, 5.7), (0.0, 1.0)),
}

Block = tuple[tuple[float, ...], ...]
# Tables 3 and 4: a block of each detector; rows PGD-B, PGD, FGSM, APGD, Square, NES, average; columns as `MAPS`.
FINETUNED: tuple[Block, Block] = (
    (
        (85.04, 84.61, 85.00, 89.16),
        (99.60, 97.54, 94.48, 99.60),
        (91.90, 89.93, 85.62, 93.11),
        (98.86, 97.10, 93.80, 94.40),
        (61.36, 63.13, 62.13, 62.30),
        (99.80, 97.66, 95.24, 99.57),
        (90.30, 89.07, 86.24, 89.80),
    ),
    (
        (61.43, 81.83, 81.81, 53.13),
        (95.92, 86.63, 82.93, 90.57),
        (50.88, 73.67, 65.22, 85.73),
        (91.06, 54.83, 77.47, 67.34),
        (52.41, 81.98, 80.75, 82.20),
        (88.54, 86.75, 85.80, 89.78),
        (75.76, 76.77, 78.43, 85.12),
    ),
)
FINETUNED_TOTAL = (83.03, 82.92, 82.33, 87.46)
HEAD_ONLY: tuple[Block, Block] = (
    (
        (69.00, 74.65, 78.26, 78.08),
        (93.46, 92.36, 91.58, 98.02),
        (76.65, 82.26, 83.70, 88.02),
        (96.04, 95.14, 92.94, 98.83),
        (53.67, 61.22, 60.25, 65.60),
        (93.57, 91.33, 88.60, 96.60),
        (82.68, 84.46, 83.41, 89.41),
    ),
    (
        (50.32, 63.13, 53.14, 65.70),
        (90.07, 69.44, 70.33, 72.80),
        (51.28, 60.70, 65.16, 73.55),
        (93.57, 73.01, 69.65, 82.72),
        (46.03, 57.53, 53.76, 59.68),
        (81.13, 76.70, 76.05, 82.85),
        (72.41, 67.47, 67.00, 74.32),
    ),
)
HEAD_ONLY_TOTAL = (77.54, 75.96, 75.21, 81.85)

# Tables 6 and 7: form of the attack -> XceptionNet by video and by frame, then EfficientNetB4ST.
ADAPTIVE = {
    "table 6": {"pgd": (0.0, 0.0, 0.0, 0.16), "fgsm": (0.0, 0.49, 80.0, 88.5)},
    "table 7": {"pgd": (0.0, 0.24, 100.0, 98.6), "fgsm": (0.0, 0.25, 100.0, 98.3)},
}

# Table 8: EfficientNetB4ST -> XceptionNet, then XceptionNet -> EfficientNetB4ST; rows PGD, FGSM, APGD, Square, NES,
# average.
TRANSFER: tuple[Block, Block] = (
    (
        (67.33, 68.03, 80.50, 71.68),
        (67.38, 68.02, 80.67, 71.67),
        (70.30, 63.37, 82.80, 85.30),
        (47.10, 66.56, 82.93, 76.45),
        (77.90, 68.08, 81.64, 99.60),
        (66.00, 66.81, 81.71, 80.94),
    ),
    (
        (95.90, 86.84, 83.21, 90.68),
        (50.88, 73.67, 65.22, 85.73),
        (89.80, 54.83, 77.85, 66.10),
        (52.41, 81.98, 80.73, 82.18),
        (86.35, 87.25, 83.32, 90.16),
        (75.07, 76.91, 78.06, 82.97),
    ),
)
TRANSFER_TOTAL = (70.54, 71.86, 79.88, 81.95)

# Table 9: XceptionNet, then EfficientNet; without a map, then with each: milliseconds, and per cent more.
OVERHEAD = (
    (222.0, ((338.1, 52), (269.4, 21), (3640.3, 1539), (264.6, 19))),
    (247.1, ((361.5, 46), (335.0, 36), (8440.3, 3316), (358.1, 45))),
)
