"""The bench of the maps: its JSON, its counts, and that it works where no weights are installed."""

from __future__ import annotations

import json

import pytest
import torch
from checkpoints import narrowed
from typer.testing import CliRunner

from core.__main__ import app
from core.bench import map_bench, map_peers
from core.bench.timing import time_in_turn
from core.detectors import Detector
from core.detectors.random_init import installed_or_random
from core.types import InputError

ROW = {
    "map",
    "detector",
    "cost",
    "peer",
    "peer_cost",
    "ratio",
    "interval",
    "passes",
    "quality",
    "peer_quality",
}


def test_works_are_done_in_turn_and_once_before() -> None:
    done: list[str] = []
    times = time_in_turn({name: lambda name=name: done.append(name) for name in "abc"}, rounds=3)  # type: ignore[misc]
    assert "".join(done) == "abc" + "abc" + "bca" + "cab"
    assert [sorted(time) for time in times] == [["a", "b", "c"]] * 3


def test_maps_without_a_peer_are_refused() -> None:
    assert map_bench.names_of("all")[0] == map_bench.TOGETHER
    assert map_bench.names_of("lrp, shap") == ("lrp", "shap")
    with pytest.raises(InputError, match="no library is timed against 'heat'; maps with a peer are"):
        map_bench.names_of("heat")


def narrow(name: str, seed: int) -> tuple[Detector, str]:
    """The detector on images of 112 pixels inside where it can: counts are the same, in a third of the time."""
    found, weights = installed_or_random(name, seed)
    narrowed(found.model, 112)
    return found, weights


@pytest.mark.slow
def test_the_json_of_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_bench, "SMALL_SAMPLES", 4)
    monkeypatch.setattr(map_bench, "FINE", {False: 8, True: 8})
    monkeypatch.setattr(map_peers, "STEPS", 16)
    monkeypatch.setattr(map_bench, "LARGE", 1_000_000)  # the first is a large one, the second a small one
    monkeypatch.setattr(map_bench, "installed_or_random", narrow)
    names = "saliency,lrp,integrated-gradients,shap,verdict+saliency+input-x-gradient"
    arguments = [
        "bench",
        "maps",
        "--pairs",
        "2",
        "--detectors",
        "efficientnet-lite0,meso4-df",
        "--maps",
        names,
        "--json",
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert {"rows", "pipeline", "self_ratio"} <= found.keys()
    assert len(found["rows"]) == 10
    rows = {(row["map"], row["detector"]): row for row in found["rows"]}
    for row in rows.values():
        assert row.keys() >= ROW
        low, high = row["interval"]
        assert 0 < low <= row["ratio"] <= high
        assert row["cost"] > 0
    assert {row["weights"] for (_, name), row in rows.items() if name == "efficientnet-lite0"} == {"installed"}
    for name in ("efficientnet-lite0", "meso4-df"):
        assert rows["saliency", name]["passes"] == rows["lrp", name]["passes"] == 1
        together = rows[map_bench.TOGETHER, name]
        assert (together["passes"], together["backwards"]) == (1, 1)
        assert (together["peer_passes"], together["peer_backwards"]) == (3, 2)
        integrated = rows["integrated-gradients", name]
        assert integrated["passes"] <= 10
        assert integrated["quality"] <= integrated["peer_quality"] + 1e-4
        samples = map_bench.LARGE_SAMPLES if name == "efficientnet-lite0" else map_bench.SMALL_SAMPLES
        assert rows["shap", name]["backwards"] == samples
        assert rows["shap", name]["peer_backwards"] == 2 * samples, "shap explains both classes"
        assert rows["lrp", name]["difference"] < 1e-4
        assert rows["saliency", name]["difference"] < 1e-5
    assert found["pipeline"].keys() == {"saliency", "lrp", "integrated-gradients", "shap"}
    assert found["pipelines"]["efficientnet-lite0"] == found["pipeline"]


@pytest.mark.slow
def test_random_weights_where_none_are_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(tmp_path))
    found, weights = installed_or_random("xception-deepfakebench", 0)
    again, _ = installed_or_random("xception-deepfakebench", 0)
    assert weights == "random"
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(found.model(x), again.model(x))
        assert torch.isfinite(found.model(x)).all()
