"""Calibration: probabilities that come true, bands that keep their risk, distances that know their own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_calibrations import made_calibration
from narrowed import some

from core.detectors import DETECTORS, Detector
from core.detectors.calibration import fit
from core.detectors.calibration.fit import at_risk, band, calibrate, probability, sharpness_limit
from core.detectors.calibration.out_of_distribution import fit_ood_model, ood_reason
from core.detectors.calibration.store import (
    calibrated,
    delete_calibration,
    read_calibration,
    save_calibration,
    user_calibration_path,
)
from core.detectors.detector import UNCALIBRATED
from core.faces import rejection
from core.media_attack import samples
from core.storage.calibration_values import calibration_from, calibration_values
from core.storage.paths import MODELS
from core.types import Array, InputError
from core.types.calibration import Bands, RejectionLimits


def labelled(n: int = 4000, *, seed: int = 0, sharp: float = 3.0, shift: float = 0.0) -> tuple[Array, Array, Array]:
    """Margins whose true probability is sigmoid(z), given `sharp` times too sure and moved by `shift`."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    return z * sharp + shift, labels, np.arange(n) // 2


@pytest.mark.slow
def test_temperature_finds_how_much_too_sure_a_detector_is() -> None:
    record = calibrate(*labelled())
    assert record.map.temperature == pytest.approx(3.0, rel=0.1)
    assert record.ece_uncalibrated > 0.08
    assert record.ece < 0.03
    assert record.ece_interval[0] <= record.ece <= record.ece_interval[1]
    assert probability(0.0, record) == 0.5
    assert probability(3.0, record) == pytest.approx(1 / (1 + np.exp(-1)), abs=0.02)


@pytest.mark.parametrize("method", ["platt", "isotonic"])
@pytest.mark.slow
def test_a_shift_wants_more_than_a_temperature(method: str) -> None:
    margins, labels, groups = labelled(shift=4.0)
    found, plain = calibrate(margins, labels, groups, method=method), calibrate(margins, labels, groups)
    assert found.ece < 0.03 < plain.ece
    values = [probability(m, found) for m in np.linspace(-20, 20, 30)]
    assert values == sorted(values)


def test_an_isotonic_curve_rises_between_faces_and_makes_nothing_certain() -> None:
    rng = np.random.default_rng(0)
    margins = np.sort(rng.normal(0, 3, 400))
    labels = (margins + rng.normal(0, 1, 400) > 0).astype(int)  # far off all faces are of one class
    found = fit._fit(margins, labels, "isotonic")
    assert found.x is not None
    assert found.y is not None
    within = np.linspace(found.x[0], found.x[-1], 200)
    assert (np.diff(fit._apply(within, found)) > 0).all(), "no two margins have one probability"
    assert 0 < found.y[0] < 0.02 < 0.98 < found.y[-1] < 1
    alone = fit._fit(np.array([0.0, 1, 2, 3]), np.array([0, 0, 1, 1]), "isotonic")
    assert alone.y == pytest.approx((0.5 / 3, 2.5 / 3)), "two faces of one class, and half of one of each"


@pytest.mark.slow
def test_probabilities_are_at_even_numbers_whatever_the_folder_holds() -> None:
    margins, labels, groups = labelled(8000)
    kept = (labels == 0) | (np.arange(8000) % 8 == 0)
    few = calibrate(margins[kept], labels[kept], groups[kept], method="platt")
    assert probability(0.0, few) == pytest.approx(0.5, abs=0.05)
    assert few.ece < 0.05


@pytest.mark.parametrize("risk", [0.05, 0.1, 0.2])
@pytest.mark.slow
def test_bands_keep_their_risk_on_held_out_faces(risk: float) -> None:
    record = calibrate(*labelled(), risk=risk)
    real, _, fake = record.bands.measured
    assert fake.real == pytest.approx(risk, abs=0.02)
    assert real.fake == pytest.approx(risk, abs=0.02)
    assert fake.real_interval[0] <= risk <= fake.real_interval[1] + 0.01
    assert sum(row.real for row in record.bands.measured) == pytest.approx(1)
    assert at_risk(record, 0.01).bands.low <= record.bands.low <= 0.5 <= record.bands.high


def test_band_words() -> None:
    words = [band(p, Bands(0.3, 0.7)) for p in (0.1, 0.5, 0.9)]
    assert words == ["Likely not manipulated", "Inconclusive", "Likely manipulated"]


BAD = [
    ({"method": "magic"}, "has to be one of temperature, platt, isotonic; what came is 'magic'"),
    ({"margins": np.zeros(30), "labels": np.zeros(30), "groups": np.arange(30)}, "what came is 30 real, 0 forged"),
    ({"groups": np.repeat([0, 1], 2000)}, "at least two real and two forged media"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_refusals(changes: dict[str, Any], words: str) -> None:
    margins, labels, groups = labelled()
    if "two real" in words:
        labels = np.repeat([0, 1], 2000)
    given: dict[str, Any] = {"margins": margins, "labels": labels, "groups": groups, **changes}
    with pytest.raises(InputError, match=words):
        calibrate(**given)


@pytest.mark.slow
def test_the_interval_is_of_faces_with_a_like_score() -> None:
    record = calibrate(*labelled())
    for p in (0.1, 0.5, 0.9):
        low, high = fit.score_interval(p, record)
        assert low <= p <= high
        assert high - low < 0.15


def test_a_probability_lies_in_its_interval_where_its_map_misses() -> None:
    found = calibrate(*labelled())
    rows = tuple(replace(row, interval=(0.4, 0.5)) for row in found.reliability)
    off = replace(found, reliability=rows)
    assert fit.score_interval(0.3, off) == (0.3, 0.5)
    assert fit.score_interval(0.45, off) == (0.4, 0.5)
    assert fit.score_interval(0.7, off) == (0.4, 0.7)


def test_unknown_risk() -> None:
    with pytest.raises(InputError, match=r"the risk has to be one of 0.01, 0.02, 0.05, 0.1, 0.2; what came is 0.3"):
        at_risk(calibrate(*labelled(400)), 0.3)


def test_the_distance_knows_its_own_and_strangers() -> None:
    rng = np.random.default_rng(1)
    mixing = rng.normal(size=(6, 40))
    known = rng.normal(size=(800, 6)) @ mixing + 0.1 * rng.normal(size=(800, 40))
    model = fit_ood_model(known, np.arange(800))
    same = rng.normal(size=(300, 6)) @ mixing + 0.1 * rng.normal(size=(300, 40))
    passed = np.mean([ood_reason(row, model) is None for row in same])
    assert passed > 0.95
    assert model.median == pytest.approx(1.0, abs=0.2)
    strange = same + 3 * rng.normal(size=40)
    assert all(ood_reason(row, model) for row in strange)
    assert "99% of those lie below" in str(ood_reason(strange[0], model))


def test_the_blur_cut_is_where_the_auc_falls() -> None:
    rng = np.random.default_rng(0)
    sharp = {blur: np.full(50, 1.0 - blur / 5) for blur in (0.0, 1.0, 2.0)}
    scores = {blur: (rng.normal(0, 1, 200), rng.normal(2 - blur, 1, 200)) for blur in sharp}
    cut, rows = sharpness_limit(sharp, scores)
    assert cut == pytest.approx(0.6)
    assert [row.blur for row in rows] == [0.0, 1.0, 2.0]
    assert sharpness_limit(sharp, dict.fromkeys(sharp, scores[0.0]))[0] == 0.0


def test_a_calibration_is_kept_for_its_weights_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, random_detector: Detector, crop: Array
) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    bare = random_detector.verdict(crop)
    assert (bare.calibrated, bare.band) == (False, UNCALIBRATED[bare.label == "fake"])
    save_calibration(random_detector, calibrate(*labelled(400)))
    found = calibrated(random_detector)
    verdict = found.verdict(crop)
    assert verdict.calibrated
    assert verdict.p_fake == pytest.approx(
        probability(float(verdict.logits[1] - verdict.logits[0]), some(found.calibration))
    )
    low, high = verdict.interval or (0, 0)
    assert 0 <= low < high <= 1
    assert found.version != random_detector.version
    other = Detector("random", random_detector.model, replace(random_detector.card, sha256="1" * 64))
    assert calibrated(other).calibration is None
    user_calibration_path("random").write_text("{")
    with pytest.raises(InputError, match=r"the calibration random.json is damaged"):
        calibrated(random_detector)
    assert delete_calibration("random")
    assert calibrated(random_detector).calibration is None


@pytest.mark.slow
def test_a_strange_face_is_inconclusive_and_says_why(
    random_detector: Detector, crop: Array, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    _, features = random_detector.features(crop)
    near = features + 1e-4 * np.random.default_rng(0).normal(size=(200, len(features)))
    known = fit_ood_model(near, np.arange(200))
    save_calibration(random_detector, replace(calibrate(*labelled(400)), ood=known))
    found = calibrated(random_detector)
    assert found.verdict(crop).abstained is None
    noise = np.random.default_rng(0).integers(0, 256, crop.shape).astype(np.uint8)
    verdict = found.verdict(noise)
    assert verdict.band == "Inconclusive"
    assert "too unlike the 200 faces" in str(verdict.abstained)


def test_blurred_and_turned_faces_get_no_verdict(portrait: Array) -> None:
    face = samples.portrait_face()
    assert rejection.rejection_reason(face, RejectionLimits(0.0, 10.0)) is None
    assert "too blurred" in str(rejection.rejection_reason(face, RejectionLimits(10.0)))
    assert "turned too far aside" in str(rejection.rejection_reason(face, RejectionLimits(turned=-1.0)))


def test_sharpness_falls_with_blur_and_turn_rises_with_the_nose(portrait: Array) -> None:
    import cv2

    crop = samples.portrait_face().crop
    values = [rejection.sharpness(cv2.GaussianBlur(crop, (0, 0), s) if s else crop) for s in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    frontal = np.asarray([[0, 0], [10, 0], [5, 5], [1, 10], [9, 10]], np.float32)
    yaw_ratio = frontal.copy()
    yaw_ratio[2, 0] = 8
    assert rejection.yaw_ratio(frontal) == pytest.approx(0)
    assert rejection.yaw_ratio(yaw_ratio) == pytest.approx(0.6)
    tilt = cv2.getRotationMatrix2D((0, 0), 30, 2.0)
    assert rejection.yaw_ratio(cv2.transform(yaw_ratio[None], tilt)[0]) == pytest.approx(0.6, abs=1e-4)


def test_every_method_is_known() -> None:
    assert fit.METHODS == ("temperature", "platt", "isotonic")


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.calibration.json")), ids=lambda path: path.stem)
def test_what_ships_is_read_and_written_as_it_is(path: Path) -> None:
    values = json.loads(path.read_text("utf-8"))
    found = calibration_from(values)
    assert found.ood
    assert bool(found.rows) == (found.detector in DETECTORS)  # a detector's bands can be drawn anew from them
    assert json.loads(json.dumps(calibration_values(found))) == values


@pytest.mark.parametrize(
    "broken",
    [{"map": {"method": "platt", "intercept": 0.0}}, {"map": {"method": "magic"}}, {"weights_sha256": None}],
    ids=["no slope", "no such method", "of no weights"],
)
def test_a_calibration_that_lacks_something_is_damaged(broken: dict[str, Any], tmp_path: Path) -> None:
    values = {**calibration_values(made_calibration()), "weights_sha256": "0", **broken}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
    with pytest.raises(InputError, match=r"the calibration mine.json is damaged"):
        read_calibration(path)


def test_a_calibration_is_read_again_once_its_file_has_changed(tmp_path: Path) -> None:
    path, values = tmp_path / "mine.json", {**calibration_values(made_calibration()), "weights_sha256": "0"}
    path.write_text(json.dumps(values))
    first = read_calibration(path)
    assert read_calibration(path) is first
    path.write_text(json.dumps({**values, "weights_sha256": "another"}))
    again = read_calibration(path)
    assert again
    assert again.weights_sha256 == "another"


@pytest.mark.parametrize("method", fit.METHODS)
def test_a_calibration_comes_back_from_its_file(method: str) -> None:
    found = calibrate(*labelled(400), method=method)
    assert calibration_from(json.loads(json.dumps(calibration_values(found)))) == found
