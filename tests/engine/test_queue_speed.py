"""The queue measured against a plain loop, on six pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.engine.queue_speed import seconds_a_file
from core.types.queue_times import QueueTimes


def test_shares_are_those_of_the_times() -> None:
    times = QueueTimes(4, 1.0, 1.1, 0.6, 2.0, 2.1, 2.2, 40, 2.5)
    assert (round(times.overhead, 3), round(times.efficiency, 3)) == (0.1, 0.917)
    assert [(row.aim, row.met) for row in times.rows] == [(0.05, False), (0.9, True), (3.0, True)]


def test_seconds_a_file_are_those_while_all_judge() -> None:
    one = np.array([[0.0, 2], [2, 4], [4, 6], [6, 8]])
    assert seconds_a_file([one]) == 2
    late = np.array([[3.0, 5], [5, 7]])  # from 3 to 7 both judge, two files each
    assert seconds_a_file([one, late]) == 1
    assert seconds_a_file([one[:1], late]) == pytest.approx(7 / 3)  # never at once: all of the time


@pytest.mark.slow
def test_the_queue_is_measured() -> None:
    found = json.loads(CliRunner().invoke(app, ["bench", "queue", "--files", "6", "--json"]).stdout)
    assert found["files"] == 6
    assert min(found[f"{run}{cpu}"] for run in ("loop", "one_worker", "two_workers") for cpu in ("", "_cpu")) > 0
    assert found["efficiency"] == pytest.approx(found["one_worker"] / found["two_workers"] / 2, abs=0.01)
    assert found["dropped"] == 40
    assert [row["met"] for row in found["rows"]] == [
        found["overhead"] <= 0.05,
        found["efficiency"] >= 0.9,
        0 < found["first_row"] <= 3,
    ]
