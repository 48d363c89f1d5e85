"""The queue measured against plain loops, on four small pictures without a face."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.engine import queue_speed
from core.engine.executor import FileLimits, FileWork
from core.engine.queue_speed import RowTimes, seconds_a_file
from core.media_attack import samples
from core.progress import NO_PROGRESS
from core.types import InputError
from core.types.file_rows import FileOutcome, FileTask
from core.types.queue_times import AimedRow


def test_an_aim_is_met_missed_or_left_open() -> None:
    overhead = [AimedRow("overhead", 0.04, ends, 0.05).met for ends in ((0.03, 0.045), (0.06, 0.07), (0.03, 0.06))]
    assert overhead == [True, False, None]
    won = [AimedRow("won", 0.92, ends, 0.9, most=False).met for ends in ((0.91, 0.93), (0.8, 0.85), (0.85, 0.95))]
    assert won == [True, False, None]
    assert AimedRow("first row", 3.1, None, 3.0).met is False


def test_seconds_a_file_are_those_while_all_judge() -> None:
    one = np.array([[0.0, 2], [2, 4], [4, 6], [6, 8]])
    assert seconds_a_file([one]) == 2
    late = np.array([[3.0, 5], [5, 7]])  # from 3 to 7 both judge, two files each
    assert seconds_a_file([one, late]) == 1
    assert seconds_a_file([one[:1], late]) == pytest.approx(7 / 3)  # never at once: all of the time


@pytest.mark.parametrize(
    ("noted", "clock"),
    [("1 0 4 0 4\n", 1.0), ("1 0 2 0 2\n2 0 2 0 2\n", 0.5), ("".join(f"1 {i} {i + 1} 0 1\n" for i in range(4)), 1.0)],
    ids=["one loop", "two loops", "one by one"],
)
def test_a_loop_counts_as_all_its_files(noted: str, clock: float, tmp_path: Path) -> None:
    queue_speed._make_pictures(tmp_path / "media", 4, 0)
    batch: Any = SimpleNamespace(places=[tmp_path / "media"])
    notes = tmp_path / "notes"

    def call() -> float:
        notes.write_text(noted)
        return 0.0

    assert queue_speed._sample(call, notes, batch).clock == clock


class Slow:
    """Stand in for workers that judge no file in time."""

    limits: ClassVar[list[FileLimits]] = []
    room, ready = 2, True

    def __init__(self, work: FileWork, count: int, limits: FileLimits) -> None:
        self.limits.append(limits)

    def submit(self, task: FileTask) -> None:
        pass

    def poll(self, seconds: float) -> list[FileOutcome]:
        return [FileOutcome("loop", None, "it took longer than it may")]

    def close(self) -> None:
        pass


def test_a_loop_has_the_time_of_its_files_and_a_failed_one_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_speed, "LocalWorkers", Slow)
    with pytest.raises(InputError, match="a loop over 6 files ended early: it took longer than it may"):
        queue_speed.measure_queue(files=6, rounds=3)
    assert [one.seconds for one in Slow.limits] == [6 * FileLimits().seconds] * 2


def test_the_rows_of_a_batch_are_timed_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = RowTimes(NO_PROGRESS)
    assert rows.largest_gap == 0
    for clock, done, total in ((1.0, 3, 0), (2.0, 0, 5), (4.0, 1, 5), (5.0, 1, 5), (11.0, 3, 5), (12.0, 5, 5)):
        monkeypatch.setattr(time, "monotonic", lambda now=clock: now)
        rows.tell(done, total)
    assert rows.times == [4.0, 11.0, 12.0], "files that are listed, or done before, are no rows"
    assert rows.largest_gap == 7.0
    assert not rows.should_stop()


@pytest.mark.slow
@pytest.mark.usefixtures("_forked_workers")
def test_the_queue_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "portrait", lambda: np.full((64, 64, 3), 128, np.uint8))
    monkeypatch.setattr(queue_speed, "DROPPED", 6)
    monkeypatch.setattr(queue_speed, "EMPTY", 12)
    answer = CliRunner().invoke(app, ["bench", "queue", "--files", "4", "--rounds", "3", "--json"])
    assert answer.exit_code == 0, (answer.output, answer.exception)
    found = json.loads(answer.stdout)
    assert (found["files"], found["rounds"], found["dropped"]) == (4, 3, 6)
    assert found["plain_efficiency_interval"][0] <= found["plain_efficiency"] <= found["plain_efficiency_interval"][1]
    assert found["first_row"] < found["all_rows"]
    assert 0 < found["largest_gap"] < found["all_rows"]
    assert min(found[name] for name in ("loop_cpu", "queue_cpu", "one_worker", "two_workers", "first_row")) > 0
    assert found["task_cpu"] > 0
    for row, name in zip(found["rows"], ("overhead", "task_share", "efficiency"), strict=False):
        low, high = found[f"{name}_interval"]
        assert low <= found[name] <= high
        assert (row["value"], row["interval"]) == (found[name], [low, high])
        assert row["met"] in (True, False, None)
