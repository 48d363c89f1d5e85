"""The real deepfakes, where they lie beside the project: the whole pipeline on each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from explain_cases import FEW

from core.explain import quick
from core.output.analysis_record import analysis_record
from core.reports import file_analysis

DEEPFAKES = Path(__file__).resolve().parents[3] / "shared" / "data" / "deepfakes"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DEEPFAKES.is_dir(), reason="the real deepfakes are not part of this project"),
]


@pytest.mark.parametrize("name", ["ffpp_faceswap_634_660.mp4", "ffpp_original_634.mp4"])
def test_videos(name: str) -> None:
    pgd, few = {"steps": 6, "alpha": 4 / 255}, {name: FEW.get(name, {}) for name in quick()}
    found = analysis_record(
        file_analysis.analyse(DEEPFAKES / name, attack="pgd", settings=pgd, maps=quick(), map_settings=few, frames=2)
    )
    assert found["media"]["frames"] == 338
    assert len(found["faces"]) == 2
    assert found["video"]["frames_judged"] == 2
    for face in found["faces"]:
        assert set(face["maps"]) == set(quick())
        assert face["attack"]["after"]["label"] == "real"
        assert face["attack"]["linf"] <= 16 / 255 + 1e-6
        assert len(face["signature"]["neighbours"]) == 15


@pytest.mark.parametrize("name", ["dfdc_real_lynaeydofd_fr0.jpg", "dfdc_fake_mqzvfufzoq_fr0.jpg"])
def test_pictures(name: str) -> None:
    found = analysis_record(file_analysis.analyse(DEEPFAKES / name, maps=("saliency",)))
    assert [face["whole"] for face in found["faces"]] == [False]
    assert found["faces"][0]["verdict"]["label"] in ("real", "fake")
    assert found["video"] is None
