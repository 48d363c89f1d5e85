"""The whole pipeline with every published detector, from a file of exactly its layout under its authors' name."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkpoints import ONE_OF_EACH, narrowed, random_checkpoint, write_checkpoint
from explain_cases import FEW, SAME_NETWORK
from narrowed import some

from core.detectors import DETECTORS
from core.detectors.checkpoints import status
from core.detectors.checkpoints.formats import FORMATS
from core.detectors.checkpoints.status import card_of
from core.detectors.detector import UNCALIBRATED
from core.explain import quick
from core.media.images import encode_png
from core.media_attack import samples
from core.output.analysis_record import analysis_record
from core.reports import file_analysis

PUBLISHED = [name for name, entry in DETECTORS.items() if entry.facts.layout]
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
NAMES = {
    "meso4-df",
    "meso4-f2f",
    "mesoinception4-df",
    "mesoinception4-f2f",
    "xception-ff",
    "xception-deepfakebench",
    "efficientnetb4-ffpp",
    "efficientnetb4-dfdc",
    "efficientnetb4st-ffpp",
    "efficientnetb4st-dfdc",
    "efficientnetautoattb4-ffpp",
    "efficientnetautoattb4-dfdc",
    "efficientnetautoattb4st-ffpp",
    "efficientnetautoattb4st-dfdc",
    "efficientnetb4-deepfakebench",
}


def test_the_names_and_their_cards() -> None:
    assert set(PUBLISHED) == NAMES
    for name in PUBLISHED:
        card = card_of(name)
        for fact in (card.title, card.input, card.crop, card.output, card.licence, card.papers, card.scope, card.get):
            assert fact, name
        assert card.layout in FORMATS


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ONE_OF_EACH.values() if name in PUBLISHED])
def test_a_picture_from_a_file_of_its_layout(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = card_of(name)
    layout = FORMATS[some(card.layout)]
    write_checkpoint(layout, random_checkpoint(layout), tmp_path / card.file)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    build = status.build_network
    monkeypatch.setattr(status, "build_network", lambda *args, **more: narrowed(build(*args, **more), 96))
    image = tmp_path / "face.png"
    image.write_bytes(encode_png(samples.portrait()))
    maps = ("saliency",) if card.layout in SAME_NETWORK else ("saliency", "lrp")  # LRP sees modules, which are the same
    found = analysis_record(file_analysis.analyse(image, detector=name, maps=maps))
    face = found["faces"][0]
    assert face["verdict"]["detector"] == name
    assert face["verdict"]["calibrated"] is False
    assert face["verdict"]["band"] == UNCALIBRATED[face["verdict"]["label"] == "fake"]
    assert set(face["maps"]) == set(maps)
    assert face["signature"] is None, "the bank is the default detector's"


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the published MesoNet weights are not part of this project")
def test_a_real_video_with_published_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(SHARED / "mesonet"))
    video = SHARED / "deepfakes" / "ffpp_faceswap_634_660.mp4"
    found = analysis_record(
        file_analysis.analyse(video, detector="mesoinception4-df", maps=quick(), map_settings=FEW, frames=2)
    )
    assert found["video"]["frames_judged"] == 2
    low, high = found["video"]["p_fake_interval"]
    assert 0 <= low <= found["video"]["p_fake"] <= high <= 1
    judged = [face for face in found["faces"] if face["verdict"]]
    assert len(judged) >= 2
    assert all(set(face["maps"]) == set(quick()) for face in judged)
