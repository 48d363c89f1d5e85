"""The steps in order: images, videos, tracks and rules, attack detection's scope, samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from recorded_progress import RecordedProgress, at_once

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from core.types import Array, InputError, Media, Verdict


class Frames:
    """A video in memory."""

    def __init__(self, frames: list[Array]) -> None:
        self.frames = frames

    def read(self, indices: tuple[int, ...]) -> Iterator[tuple[int, Array]]:
        for i in indices:
            yield i, self.frames[i]


def test_look_at_a_video_with_progress_and_a_stop(portrait: Array, shipped: Detector) -> None:
    frames = [np.roll(portrait, 4 * i, 1) for i in range(6)]
    media = Media("id", "v", "video", (512, 512), 6, 10.0, Frames(frames))
    progress = RecordedProgress()
    found = pipeline.analyse(media, shipped, frames=3, progress=progress)
    assert progress.steps == [(1, 3), (2, 3), (3, 3)]
    assert [item.face.track for item in found] == [0, 0, 0]
    assert [item.face.frame for item in found] == sorted({item.face.frame for item in found})
    assert all(item.verdict for item in found)
    stopped = pipeline.analyse(media, shipped, frames=6, progress=RecordedProgress(at_once))
    assert len(stopped) == 1, "what was judged is kept"


def test_the_attack_detector_is_asked_only_about_faces_called_real(shipped: Detector, crop: Array) -> None:
    attack_detector = pipeline.load_attack_detector()
    fake = Verdict(shipped.name, np.asarray([0, 3], np.float32), 0.95, "Likely manipulated")
    real = Verdict(shipped.name, np.asarray([3, 0], np.float32), 0.05, "Likely not manipulated")
    found, why = pipeline.was_attacked(shipped, attack_detector, crop, fake)
    assert found is None
    assert "the larger output is “manipulated”" in why
    found, why = pipeline.was_attacked(shipped, attack_detector, crop, real)
    assert found is not None
    assert 0 <= found.p_attacked <= 1
    assert "PGD" in why
    other = Detector("other", shipped.model, shipped.card)
    found, why = pipeline.was_attacked(other, attack_detector, crop, real)
    assert found is None
    assert "trained on maps of" in why


@pytest.mark.slow
def test_samples_are_made_once_and_judged(shipped: Detector) -> None:
    for sample in samples.SAMPLES:
        path = samples.sample(sample.name, shipped)
        again = samples.sample(sample.name, shipped)
        assert path == again
        media = pipeline.open_media(path)
        assert (media.kind == "video") == path.suffix.endswith("mp4")
        found = pipeline.analyse(media, shipped, frames=4)
        assert found, sample.name
        assert found[0].verdict
    assert media.frames == samples.SECONDS * samples.FPS
    with pytest.raises(InputError, match="known are: portrait.png"):
        samples.sample("nobody.png", shipped)


@pytest.mark.slow
def test_the_attacked_sample_differs_from_the_forgery_only_by_its_budget(shipped: Detector) -> None:
    frames = [pipeline.open_media(samples.sample(n, shipped)).frame() for n in ("forgery.png", "attacked.png")]
    change = np.abs(frames[0].astype(int) - frames[1].astype(int))
    assert 0 < change.max() <= 16


def test_a_frame_outside_a_video_is_refused(portrait: Array) -> None:
    media = Media("id", "v.mp4", "video", (512, 512), 1, 10.0, Frames([portrait]))
    with pytest.raises(InputError, match=r"v.mp4 has the frames 0 to 0; what came is 3"):
        media.frame(3)
