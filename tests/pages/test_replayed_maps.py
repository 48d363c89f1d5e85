"""What the page Explain read from maps is computed again from the bundle, and compared."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from explain_session import QUICK, click, compute, opened
from replayed_cases import changed, check_repeated, held, replayed

from core.output.shown_record import ShownRecord, csv_file
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.session import Session


@pytest.fixture(scope="module")
def desk(desk: Session) -> Session:
    desk.page_state(MapSettings).methods = QUICK
    compute(desk)
    return desk


@pytest.mark.slow
def test_shares_of_regions_are_repeated(desk: Session, file: Path, tmp_path: Path) -> None:
    opened(desk, "Regions")
    check_repeated(held(desk, "regions"), file, tmp_path, at="results/regions/7/relevance")


@pytest.mark.slow
def test_pairs_of_maps_are_compared_again(desk: Session, file: Path, tmp_path: Path) -> None:
    click(opened(desk, "Compare"), "Compare these maps")
    record = held(desk, "map-similarity")
    check_repeated(record, file, tmp_path, at="results/pairs/3/rank")
    rows = record.results["pairs"][:2]
    files = {"similarity.csv": csv_file(rows)}
    some, words = {**record.results, "pairs": rows}, "2 of 8 pairs of maps were compared."
    stopped = ShownRecord(record.kind, words, record.settings, some, files)
    assert replayed(tmp_path / "stopped", file, stopped).differences == [], "what was compared before a stop"
    invented = changed(record, "results/pairs/0/map", "occlusion")
    assert replayed(tmp_path / "invented", file, invented).differences


@pytest.mark.slow
def test_critical_pixels_are_found_again(desk: Session, file: Path, tmp_path: Path) -> None:
    desk.page_state(MapSettings).samples = 4
    click(opened(desk, "Critical pixels"), "Find critical pixels")
    record = held(desk, "critical-pixels")
    left = ("-attack-detection.png", "-attack-generation.png")
    check_repeated(record, file, tmp_path, at="results/generation/effect/only", left=left)
    with np.load(io.BytesIO(record.files["values.npz"]())) as arrays:  # type: ignore[operator]
        values = dict(arrays)
    values["detection.mask"] = ~values["detection.mask"]
    np.savez(tmp_path / "values.npz", **values)
    wrong = replace(record, files={**record.files, "values.npz": tmp_path / "values.npz"})
    (lie,) = replayed(tmp_path / "mask", file, wrong).differences
    assert (lie.where, lie.found) == ("results/E1/critical-pixels-1-values.npz: detection.mask", 1.0)
