"""The self-test's short form finds nothing here, and what harms is found by it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.selftest import file_checks, hostile_media, process_checks, self_test
from core.selftest.tally import Tally
from core.types import InputError


def tally(wanted: int) -> Tally:
    return Tally("check", "what", wanted, float("inf"))


@pytest.mark.slow
def test_the_short_form_passes() -> None:
    result = CliRunner().invoke(app, ["selftest", "--json"])
    found = json.loads(result.stdout)
    # Not how long it took: a test must not depend on what else the machine does.
    harmed = [row["check"] for row in found["checks"] if row["tracebacks"] or row["over_512_mb"] or row["wrong"]]
    assert harmed == [], result.stdout
    assert result.exit_code == (0 if found["passed"] else 1)
    assert [row["tried"] for row in found["checks"]] == [check.short for check in self_test.CHECKS if check.short]


def test_damage_is_seeded_and_changes_the_file() -> None:
    one, two = ([hostile_media.damaged(hostile_media.pictures(), rng) for _ in range(20)] for rng in generators())
    assert one == two
    sound = set(hostile_media.pictures().values())
    assert sum(data not in sound for _, data in one) >= 18


def generators() -> list[np.random.Generator]:
    return [np.random.default_rng(3) for _ in range(2)]


def test_a_traceback_a_slow_and_a_large_trial_are_counted() -> None:
    counts = tally(3)
    for _ in counts.trials():
        with counts.measured("trial"):
            raise ZeroDivisionError
    counts.check_cost("slow", 2.1, 0)
    counts.check_cost("large", 0.0, 2**30)
    row = counts.row()
    assert (row.tried, row.tracebacks, row.over_2_s, row.over_512_mb, row.passed) == (3, 3, 1, 1, False)
    assert "ZeroDivisionError" in row.examples[0]


def test_a_refusal_is_no_failure() -> None:
    counts = tally(1)
    for _ in counts.trials():
        with counts.measured("trial"):
            raise InputError("no")
    assert counts.row().passed


def test_time_that_is_up_leaves_one_trial() -> None:
    counts = Tally("check", "what", 9, 0.0)
    assert list(counts.trials()) == [0]
    assert (counts.row().tried, counts.row().wanted) == (1, 9)


def test_a_bomb_that_is_read_makes_the_command_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_checks, "read_checkpoint", lambda _: {})
    monkeypatch.setattr(self_test, "CHECKS", tuple(c for c in self_test.CHECKS if c.name == "checkpoint bombs"))
    result = CliRunner().invoke(app, ["selftest"])
    assert result.exit_code == 1
    assert "FAILED  checkpoint bombs" in result.stdout
    assert "was read" in result.stdout


def test_a_writer_in_place_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def half(folder: Path, rng: np.random.Generator) -> None:
        (folder / "alone.txt").write_text("half")

    monkeypatch.setattr(process_checks, "_kill_one", half)
    counts = tally(1)
    process_checks.kills_while_writing(counts, 0)
    assert counts.row().wrong == 1
