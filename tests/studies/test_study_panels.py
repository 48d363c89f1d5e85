"""Pictures of a figure are read as they were kept, those of earlier versions, too."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.studies.study_panels import keep_panels, kept_panels
from core.types.study_tables import StudyPanel


def test_panels_of_earlier_versions_are_of_lrp_and_signed(tmp_path: Path) -> None:
    path, random = tmp_path / "figure-2.npz", np.random.default_rng(0)
    image, values = random.integers(0, 255, (6, 5, 3), np.uint8), random.random((6, 5), np.float32)
    keep_panels(path, (StudyPanel("a", ("b", "c"), image, values, "Saliency", signed=False),))
    (kept,) = kept_panels(path) or ()
    assert (kept.name, kept.lines, kept.method, kept.signed) == ("a", ("b", "c"), "Saliency", False)
    with np.load(path) as arrays:
        earlier = {key: arrays[key] for key in ("names", "lines", "images", "maps")}
    np.savez_compressed(path, **earlier)
    (read,) = kept_panels(path) or ()
    assert (read.name, read.lines, read.method, read.signed) == ("a", ("b", "c"), "LRP", True)
    assert np.array_equal(read.image, image)
    assert np.array_equal(read.map, values)
    np.savez_compressed(path, names=earlier["names"])
    assert kept_panels(path) is None
