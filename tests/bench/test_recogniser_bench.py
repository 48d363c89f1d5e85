"""The bench of recognisers: its rows and its numbers beside the peers'; never its times."""

from __future__ import annotations

import json

import pytest
from made_people import tiny_recogniser
from typer.testing import CliRunner

from core.__main__ import app
from core.bench.recogniser_bench import measure
from core.recognition import load_recogniser as loading
from core.types import InputError


def test_the_packages_network_gives_dlibs_numbers() -> None:
    pytest.importorskip("dlib", reason="dlib itself is not installed")
    found = json.loads(CliRunner().invoke(app, ["bench", "recogniser", "--pairs", "2", "--json"]).stdout)
    embed, identify = found["rows"]
    assert (embed["job"], identify["job"]) == ("embed", "identify")
    assert embed["peer"].startswith("dlib ")
    assert embed["difference"] < 1e-5
    assert identify["peer"].startswith("scikit-learn ")
    assert identify["difference"] < 1e-5
    assert all(row["ratio"]["value"] > 0 for row in found["rows"])


def test_without_a_peer_there_is_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load_recogniser", lambda name="tiny": tiny_recogniser())
    asked = ["bench", "recogniser", "--pairs", "2", "--people", "5"]
    shown = CliRunner().invoke(app, asked, catch_exceptions=False).stdout
    assert "no peer" in shown
    assert "in scikit-learn" in shown
    with pytest.raises(InputError, match="5 people or more; what came is 4"):
        measure(tiny_recogniser(), people=4)
