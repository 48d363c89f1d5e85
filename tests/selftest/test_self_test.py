"""The self-test's short form finds nothing here, and what harms is found by it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.media.open import open_media
from core.sandbox.sandbox import Sandbox
from core.selftest import (
    case_checks,
    file_checks,
    hostile_media,
    process_checks,
    queue_checks,
    self_test,
    server_checks,
)
from core.selftest.hostile_checkpoints import CHECKPOINTS
from core.selftest.hostile_pictures import PICTURES, even_picture
from core.selftest.tally import Tally
from core.types import InputError

batch = queue_checks._batch


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


class ParserTelling:
    """A parser that tells one cost after another."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)

    def run(self, *request: object) -> list[tuple[dict[str, object], None]]:
        return [({"outcome": "read", "words": "", "seconds": self.seconds.pop(0), "memory": 0}, None)]


@pytest.mark.parametrize(
    ("seconds", "failed", "left"),
    [((2.5, 0.1, 9.0), 0, 1), ((2.5, 2.4, 2.3, 0.1), 1, 1), ((0.1, 9.0), 0, 1)],
)
def test_what_costs_too_much_is_measured_again(seconds: tuple[float, ...], failed: int, left: int) -> None:
    parser, counts = ParserTelling(*seconds), tally(1)
    for _ in counts.trials():
        file_checks._measure(cast(Sandbox, parser), counts, "file", ("read", {}, 0, file_checks.BOUNDS))
    assert (counts.row().over_2_s, counts.row().wrong, len(parser.seconds)) == (failed, 0, left)


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
    monkeypatch.setattr(file_checks, "form_of", lambda _: "torch")
    monkeypatch.setattr(file_checks, "_measure", lambda *_: None)
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


def test_a_change_that_verify_misses_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_checks, "TAMPERS", {"nothing": lambda *_: ("edited", ["manifest.json: case/title"])})
    counts = tally(1)
    case_checks.tampered_bundles(counts, 0)
    assert counts.row().wrong == 1
    assert "nothing: edited at ['manifest.json: case/title']" in counts.row().examples[0]


def test_a_case_writer_that_tells_before_it_keeps_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_checks, "_kill_writer", lambda *_: {"add never"})
    counts = tally(1)
    case_checks.kills_of_case_writers(counts, 0)
    assert "lost: ['add never']" in counts.row().examples[0]


def test_a_table_that_differs_after_kills_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_checks, "FILES", 1)
    monkeypatch.setattr(queue_checks, "_make_files", lambda folder, _: (folder.mkdir(), (folder / "1").write_text("1")))
    monkeypatch.setattr(queue_checks, "_kill_runner", lambda batch, _: (batch.places[0] / "2").write_text("2") > 0)
    monkeypatch.setattr(queue_checks, "_batch", lambda *given: replace(batch(*given), executor="inline"))
    counts = tally(1)
    queue_checks.kills_of_batch_runners(counts, 0)
    assert counts.row().examples == ("the table differs from that of the undisturbed run", "2 rows for 1 files")


def test_there_are_as_many_media_bombs_as_aimed_at_and_each_is_small_and_a_picture() -> None:
    assert len(hostile_media.BOMBS) == 74
    assert [check.short for check in self_test.CHECKS if check.name == "media bombs"] == [8]
    small = [even_picture(kind, "RGB", (32, 16), turned=True) for kind in ("PNG", "JPEG", "WEBP", "TIFF")]
    assert [open_media(data).size for data in small] == [(16, 32)] * 4
    assert len(PICTURES["RGBA WEBP of 5,400 x 5,400, turned"]()) < 1000


def test_there_are_as_many_checkpoint_bombs_as_aimed_at_and_the_short_form_takes_some_of_each_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(CHECKPOINTS) >= 84
    made: list[int] = []

    def make(number: int) -> bytes:
        made.append(number)
        return b"no"

    monkeypatch.setattr(file_checks, "CHECKPOINTS", {str(n): partial(make, n) for n in range(100)})
    counts = tally(4)
    file_checks.checkpoint_bombs(counts, 0)
    assert made == [0, 25, 50, 75]
    assert counts.row().passed


@pytest.mark.slow
def test_uploads_through_a_started_server_are_measured() -> None:
    counts = tally(3)
    server_checks.memory_after_uploads(counts, 0)
    row = counts.row()
    assert (row.tried, row.tracebacks, row.wrong) == (3, 0, 0), row
    assert row.ratio is not None
    assert 0.5 < row.ratio < 2  # three uploads: what the first ones leave is not collected yet
