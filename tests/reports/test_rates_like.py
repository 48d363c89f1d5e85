"""Error rates are those measured on the file's kind, named; where there are none, that is said."""

from __future__ import annotations

from made_measurements import CONDITION

from core.detectors.checkpoints import status
from core.reports.rates_like import rates_like
from core.types.file_traits import FileTraits
from core.types.measurement import Measurement


def measured(label: str, n: int, frames: int, wrong: int) -> Measurement:
    verdicts = {
        "real": {"Likely manipulated": wrong, "Likely not manipulated": n - wrong},
        "swap": {"Likely manipulated": n - 2 * wrong, "Likely not manipulated": 2 * wrong},
    }
    kinds = {kind: {"n": n, "n_frames": frames * n} for kind in verdicts}
    return Measurement("detector", label, {"n": {"real": n, "swap": n}, "kinds": kinds, "verdicts": verdicts})


def conditions() -> Measurement:
    tested = [("JPEG 95", "JPEG", 95, 0.1), ("JPEG 50", "JPEG", 50, 0.2), ("96 pixels", "size", 96, 0.3)]
    rows = [
        {**CONDITION, "condition": name, "kind": kind, "value": value, "n_real": 60, "n_forged": 50}
        | {"called_fake_real": rate, "called_fake_real_interval": (rate - 0.1, rate + 0.1)}
        | {"called_fake_forged": 1 - rate, "called_fake_forged_interval": (0.9 - rate, 1.1 - rate)}
        for name, kind, value, rate in tested
    ]
    return Measurement("conditions", "conditions, in short", {"conditions": rows})


FILMS, SNAPS, FEW = measured("films", 10, 16, 1), measured("snaps", 40, 1, 4), measured("few snaps", 20, 1, 1)


def test_a_picture_and_a_video_have_rates_of_their_own_kind() -> None:
    films = rates_like([SNAPS, FEW, FILMS], FileTraits("video"))
    assert films[0].startswith(
        "Chosen because it is the largest measurement on videos: films. Of 10 real videos it called 1 manipulated, 10"
    )
    assert "of 10 manipulated ones it called 2 not manipulated, 20.0%" in films[0]
    assert "snaps" not in " ".join(films)
    snaps = rates_like([FEW, FILMS, SNAPS], FileTraits("image"))
    assert "largest measurement on pictures: snaps. Of 40 real pictures it called 4 manipulated" in snaps[0]
    assert snaps[1:] == [
        "Also measured on pictures: few snaps: wrong on 5.0% of 20 real and on 10.0% of 20 manipulated ones."
    ]


def test_where_none_fits_it_is_said() -> None:
    assert rates_like([FILMS, conditions()], FileTraits("image")) == [
        "No error rate was measured on pictures like this: this detector was measured on other data only: films."
    ]
    assert rates_like([measured("four", 4, 1, 0)], FileTraits("image")) == [
        "No error rate was measured on pictures like this: there is no measurement of it."
    ]


def test_the_nearest_tested_compression_and_size_are_named() -> None:
    said = rates_like([SNAPS, conditions()], FileTraits("image", quality=60, side=80))
    assert said[1:] == [
        "This file's JPEG quality is about 60; the nearest that was measured is JPEG 50 (conditions): 20.0% (10.0% to "
        "30.0%) of 60 real faces and 80.0% (70.0% to 90.0%) of 50 forged ones had the larger output for manipulated.",
        "The smallest judged face is 80 pixels wide or high; the nearest that was measured is 96 pixels (conditions): "
        "30.0% (20.0% to 40.0%) of 60 real faces and 70.0% (60.0% to 80.0%) of 50 forged ones had the "
        "larger output for manipulated.",
    ]
    assert len(rates_like([SNAPS, conditions()], FileTraits("image", side=400))) == 1
    assert len(rates_like([FILMS, conditions()], FileTraits("video", quality=60, side=80))) == 2


def test_the_default_detector_was_measured_on_both_kinds() -> None:
    known = status.measurements_of("efficientnet-lite0")
    assert "FaceForensics++ c40" in rates_like(known, FileTraits("video"))[0]
    assert "largest measurement on pictures: DFDC test" in rates_like(known, FileTraits("image"))[0]
