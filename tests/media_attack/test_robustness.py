"""What media go through: every way changes pixels, the same ones every time, and the verdicts stand side by side."""

from __future__ import annotations

import json

import numpy as np
import pytest
from recorded_progress import RecordedProgress, at_once

from core.detectors import Detector
from core.media.images import crop_square
from core.media.post_processing import AS_IS, OPERATION_NAMES, OPERATIONS, post_process
from core.media_attack import samples
from core.media_attack.robustness import measure_robustness
from core.output.records import robustness_record
from core.types import Array, InputError


@pytest.mark.parametrize(("way", "value"), OPERATIONS)
def test_each_way_changes_pixels_a_little_and_the_same_every_time(way: str, value: float, crop: Array) -> None:
    once, again = post_process(crop, way, value), post_process(crop, way, value)
    assert once.shape == crop.shape
    assert once.dtype == np.uint8
    assert np.array_equal(once, again)
    distance = np.abs(once.astype(int) - crop).mean()
    assert (distance == 0) if way == AS_IS else (0.1 < distance < 12)


def test_stronger_ways_change_more(crop: Array) -> None:
    for way in ("JPEG", "H.264", "WebP"):
        values = [value for name, value in OPERATIONS if name == way]
        distances = [np.abs(post_process(crop, way, value).astype(int) - crop).mean() for value in values]
        assert distances == sorted(distances)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (47, 65)])
def test_any_size_keeps_its_size(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    for way, value in OPERATIONS:
        if way != "H.264" or size[0] > 16:  # no coder takes a clip of single pixels
            assert post_process(image, way, value).shape == image.shape


@pytest.mark.slow
def test_clean_and_attacked_side_by_side(random_detector: Detector, crop: Array) -> None:
    attacked = np.clip(crop.astype(int) + np.where(np.arange(96) % 2, 8, -8)[:, None, None], 0, 255).astype(np.uint8)
    progress = RecordedProgress()
    rows = measure_robustness(random_detector, crop, attacked, progress=progress)
    assert [(row.operation, row.value) for row in rows] == list(OPERATIONS)
    assert progress.steps == [(i + 1, len(OPERATIONS)) for i in range(len(OPERATIONS))]
    assert rows[0].clean.logits.tolist() == random_detector.verdict(crop).logits.tolist()
    assert rows[0].attacked.logits.tolist() == random_detector.verdict(attacked).logits.tolist()
    found = robustness_record(rows)
    assert json.dumps(found) == json.dumps(robustness_record(measure_robustness(random_detector, crop, attacked)))
    assert found[6]["words"] == "resized to 0.5 and back"
    for row, line in zip(rows, found, strict=True):
        assert line["survived"] == (row.attacked.label == "real")
        assert line["by_attack"] == (row.attacked.label == "real" and row.clean.label == "fake")
        assert {"p_fake", "band", "label"} <= set(line["clean"]) & set(line["attacked"])


def test_frames_go_the_way_whole_and_are_cropped_after(random_detector: Detector, portrait: Array) -> None:
    box = samples.portrait_face().box
    rows = measure_robustness(random_detector, portrait, portrait, box=box, progress=RecordedProgress(at_once))
    assert len(rows) == 1
    crop = crop_square(portrait, box)
    assert rows[0].clean.logits.tolist() == random_detector.verdict(crop).logits.tolist()


@pytest.mark.slow
def test_the_attacked_sample_survives_a_good_jpeg(shipped: Detector) -> None:
    from core import pipeline

    face = pipeline.faces_of(pipeline.open_media(samples.sample("forgery.png", shipped)))[0]
    attacked = pipeline.attacked_crop(pipeline.attack(shipped, face.crop, "pgd", {"steps": 10}))
    rows = measure_robustness(shipped, face.crop, attacked)
    assert rows[0].by_attack
    assert next(row for row in rows if (row.operation, row.value) == ("JPEG", 95)).survived


BAD = [
    (np.zeros((9, 9, 3), np.uint8), np.zeros((9, 8, 3), np.uint8)),
    (np.zeros((9, 9, 3), np.float32), np.zeros((9, 9, 3), np.float32)),
    (np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8)),
]


@pytest.mark.parametrize(("clean", "attacked"), BAD)
def test_pictures_that_do_not_fit(clean: Array, attacked: Array, random_detector: Detector) -> None:
    with pytest.raises(InputError, match="uint8 of one size; what came is"):
        measure_robustness(random_detector, clean, attacked)


def test_an_unknown_way(crop: Array) -> None:
    with pytest.raises(InputError, match=f"an operation is one of {', '.join(OPERATION_NAMES)}; what came is 'fax'"):
        post_process(crop, "fax", 1)
