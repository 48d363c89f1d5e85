"""What was measured of maps, on the pages: in words, with its weights, and nothing of other weights."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.explain.methods.lrp import CONVOLUTIONS
from core.reports.measured_tables import conservation_rows, critical_table, quality_table
from core.storage.measured_files import MAPS
from core.types.measured_results import MeasuredConservation, MeasuredCritical, MeasuredMaps
from core.types.measurement import Measurement
from pages.parts.widgets import map_measurements

SHA = "ab" * 32


def spread(low: float, middle: float, high: float) -> dict[str, float]:
    return {"min": low, "median": middle, "max": high}


def figure(median: float, gain: list[float] | None = None, degenerate: int = 0) -> dict[str, Any]:
    than = {"than_chance": {"mean": sum(gain) / 2, "interval": gain, "n": 20}} if gain else {}
    return {
        "better": "lower",
        "degenerate": degenerate,
        "n": 20 - degenerate,
        "mean": median,
        "median": median,
        "interval": [median, median + 1],
        "iqr": [median, median],
        **than,
    }


def kept(mean: float) -> dict[str, Any]:
    return {name: {"n": 20, "mean": mean, "interval": [mean - 0.1, mean + 0.1]} for name in ("fall", "part", "real")}


def results() -> dict[str, dict[str, Any]]:
    rules = {
        rule: {"with_biases": spread(0.994, 1, 1.001), "without_biases": spread(-1.5, 0.3, 0.6), "near": 0.95, "n": 20}
        for rule in CONVOLUTIONS
    }
    maps = {
        "lrp": {"deletion AUC": figure(0.5, [0.1, 0.2]), "insertion AUC": figure(0.8, [0.1, 0.3], 2)},
        "saliency": {"deletion AUC": figure(0.7, [-0.1, 0.2]), "insertion AUC": figure(0.7, [-0.3, -0.1])},
        "random map": {"deletion AUC": figure(0.75), "insertion AUC": figure(0.75)},
    }
    row = {"purpose": "attack detection", "share": 0.05, "critical": kept(0.3), "moved": kept(0.2), "random": kept(0.1)}
    row |= {name: {"n": 20, "mean": 0.1, "interval": [0.05, 0.15]} for name in ("than_moved", "than_random")}
    return {
        "conservation": {"rules": rules},
        "worth": {"faces": 20, "maps": maps},
        "critical": {"faces": 20, "attack": "pgd", "n": 20, "whole_attack": kept(0.9), "rows": [row]},
    }


def measured(weights: str = SHA) -> list[Measurement]:
    return [Measurement(kind, MAPS, result, data="some_faces", weights=weights) for kind, result in results().items()]


def test_rows_say_what_was_measured() -> None:
    conservation, worth, critical = (one.result for one in measured())
    assert isinstance(conservation, MeasuredConservation)
    assert isinstance(worth, MeasuredMaps)
    assert isinstance(critical, MeasuredCritical)
    rows = conservation_rows(conservation)
    assert len(rows) == len(CONVOLUTIONS)
    assert rows[0] == {
        "composite": "EpsilonPlusFlat (present A flat)",
        "biases counted": "1.000 (0.994 to 1.001)",
        "without biases": "0.300 (-1.500 to 0.600)",
        "within 5%": "19 of 20 faces",
    }
    lrp, saliency, chance = quality_table(worth)
    assert lrp["map"] == "LRP"
    assert lrp["deletion AUC (lower is better)"] == "0.500, better"
    assert lrp["insertion AUC (higher is better)"] == "0.800, better, 2 degenerate"
    assert saliency["deletion AUC (lower is better)"] == "0.700, no better"
    assert saliency["insertion AUC (higher is better)"] == "0.700, worse"
    assert chance["deletion AUC (lower is better)"] == "0.750"
    assert chance["max-sensitivity (lower is better)"] == ""
    assert critical_table(critical) == [
        {
            "critical for": "attack detection",
            "pixels": "5%",
            "critical pixels": "0.300 (0.200 to 0.400)",
            "moved elsewhere": "0.200 (0.100 to 0.300)",
            "random pixels": "0.100 (0.000 to 0.200)",
        }
    ]


@pytest.mark.parametrize(
    ("weights", "tail"),
    [
        (SHA, "faces of some_faces."),
        ("random, seed 0", "some_faces, with random weights of its layout, seed 0."),
        ("cd" * 32, "some_faces, with the weights of SHA-256 cdcdcdcdcdcd…."),
    ],
)
def test_one_sentence_says_what_lrp_conserves_and_with_which_weights(weights: str, tail: str) -> None:
    said = map_measurements.conserved(measured(weights), SHA, "epsilon-gamma-box")
    assert said is not None
    assert said.startswith("LRP by EpsilonGammaBox: 0.994 to 1.001 of the output conserved, biases counted, on 20")
    assert said.endswith(tail)


def test_what_was_not_measured_says_nothing() -> None:
    assert map_measurements.conserved([], SHA, "epsilon-plus-flat") is None
    assert map_measurements.against_chance([], SHA, ["lrp"]) is None
    assert map_measurements.conserved(measured(), SHA, "another") is None
    assert map_measurements.against_chance(measured(), SHA, ["lime"]) is None


def test_maps_against_chance_are_those_of_these_very_weights() -> None:
    assert map_measurements.against_chance(measured(), SHA, ["saliency", "lrp", "lime"]) == (
        "On 20 other faces with output “manipulated”, better than a random map, by deletion and by insertion: LRP; "
        "not shown to be: Saliency."
    )
    assert map_measurements.against_chance(measured("cd" * 32), SHA, ["lrp"]) is None


def shown(test: AppTest) -> str:
    assert not test.exception
    return " ".join(str(one.value) for kind in (test.markdown, test.caption, test.table) for one in kind)


def test_all_parts_are_drawn() -> None:
    def draw() -> None:
        from test_map_measurements import measured  # type: ignore[import-not-found]

        from pages.parts.widgets import measurements

        measurements.draw(measured(), key="test")

    words = shown(AppTest.from_function(draw, default_timeout=30).run())
    for expected in (
        "relevance conserved",
        "beside a random map",
        "Critical pixels",
        "PGD on 20 faces",
        "abababababab",
        "takes 0.900",
        "EpsilonAlpha2Beta1Flat",
    ):
        assert expected in words, expected


def test_the_page_of_maps_says_it_of_the_columns_that_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts.explain import quality_panel

    said: list[str] = []
    monkeypatch.setattr("pages.parts.explain.quality_panel.st.caption", lambda words, **_: said.append(words))
    columns = [
        SimpleNamespace(method=name, maps=[SimpleNamespace(settings=settings)])
        for name, settings in (("lrp", {"rule": "epsilon-plus-flat"}), ("saliency", {}))
    ]
    detector = SimpleNamespace(name="any", card=SimpleNamespace(sha256=SHA))
    for known in (measured(), []):
        monkeypatch.setattr("pages.parts.explain.quality_panel.status.measurements_of", lambda _, known=known: known)
        scene: Any = SimpleNamespace(session=SimpleNamespace(detector=detector), columns=columns)
        quality_panel._elsewhere(scene)
    assert len(said) == 1
    assert "present A flat" in said[0]
    assert "random map" in said[0]
