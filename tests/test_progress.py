"""How work tells and stops: parts, counters, jobs and lines; and one way only in all of core."""

from __future__ import annotations

import ast
import re
import threading
from pathlib import Path

import pytest
from recorded_progress import RecordedProgress, after_steps, at_once

from core.cli.line_progress import DownloadLine, LineProgress
from core.engine.jobs import Job
from core.progress import NO_PROGRESS, ForwardedProgress, Progress
from core.types import InputError, StopRequested

CORE = Path(__file__).resolve().parents[1] / "core"
OLD = {"should_stop", "on_query", "on_point", "report", "say", "tick"}


def test_nobody_is_told_and_nothing_stops() -> None:
    NO_PROGRESS.tell(1, 2, "words")
    NO_PROGRESS.emit("words")
    NO_PROGRESS.check_stop()
    assert not NO_PROGRESS.should_stop()


def test_a_part_counts_behind_what_was_before() -> None:
    whole = RecordedProgress(lambda at: len(at.emitted) == 1)
    part = whole.nested(3, 7, "maps")
    part.tell(1, 2, "other words")
    part.tell(5)
    whole.nested(6, 7).tell(1, 1, "own words")
    assert whole.told == [(4, 7, "maps"), (7, 7, "maps"), (7, 7, "own words")]
    part.check_stop()
    part.emit(3.5)
    assert whole.emitted == [3.5]
    with pytest.raises(StopRequested):
        part.nested(0, 1).check_stop()


def test_a_named_part_is_told_in_its_name() -> None:
    whole = RecordedProgress(at_once)
    named = whole.named("frames")
    named.tell(1, 2, "own words")
    named.emit("value")
    assert (whole.told, whole.emitted, named.should_stop()) == ([(1, 2, "frames")], ["value"], True)


def test_what_is_quiet_stops_and_tells_nothing() -> None:
    whole = RecordedProgress(at_once)
    quiet = whole.quiet()
    quiet.tell(1, 2, "words")
    quiet.emit(1)
    assert (whole.told, whole.emitted) == ([], [])
    assert quiet.should_stop()


def test_what_is_forwarded_comes_as_it_was() -> None:
    whole = RecordedProgress()
    forwarded = ForwardedProgress(whole)
    forwarded.tell(1, None, "words")
    forwarded.emit("value")
    assert (whole.told, whole.emitted, forwarded.should_stop()) == ([(1, None, "words")], ["value"], False)


def test_steps_are_counted_told_and_stopped() -> None:
    progress = RecordedProgress(after_steps(2))
    steps = progress.counter(3, "steps")
    steps.step()
    with pytest.raises(StopRequested):
        steps.step(5)
    assert progress.told == [(1, 3, "steps"), (3, 3, "steps")]
    progress.check_monotone()


def test_each_item_is_a_step_and_a_place_to_stop() -> None:
    progress, done = RecordedProgress(after_steps(2)), []
    letters = progress.each("abc", "letters")
    for item in letters:
        done.append(item)
        if item == "b":
            break
    assert progress.told == [(1, 3, "letters")]
    with pytest.raises(StopRequested):
        next(letters)
    assert (done, progress.told) == (["a", "b"], [(1, 3, "letters"), (2, 3, "letters")])


def test_a_job_is_the_progress_of_its_work() -> None:
    job, told = Job("count", "Counting"), threading.Event()

    def work(progress: Progress) -> None:
        for number in range(1, 4):
            progress.tell(number, 10, "Counting sheep")
            progress.emit(number)
        told.set()
        while True:
            progress.check_stop()

    job.start(work)
    assert told.wait(30)
    assert not job.finished
    assert (job.done, job.total, job.part, job.trail) == (3, 10, 0.3, [1, 2, 3])
    assert job.line.startswith("Counting sheep: 3 of 10")
    job.stop()
    assert job.thread
    job.thread.join(30)
    assert job.finished
    assert job.problem is None
    assert job.line == "Counting sheep: 3 of 10. Stopping; what there is will be kept."


WAITS = [(8.2, "about 8 s left"), (90, "about 90 s left"), (91, "about 2 min left"), (600, "about 10 min left")]


@pytest.mark.parametrize(("seconds", "said"), WAITS)
def test_long_waits_are_told_in_minutes(seconds: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engine.jobs.time.monotonic", lambda: 1000.0)
    job = Job("count", "Counting", done=3, total=4, begun=1000.0 - 2 * seconds)
    assert job.line == f"Counting: 3 of 4, {said}"


class PanicError(BaseException):
    """What a library in Rust raises where it has a fault: no `Exception`."""


ERRORS = [
    ZeroDivisionError("why"),
    MemoryError(),
    RuntimeError("x" * 9000),
    KeyError("a"),
    PanicError("a"),
    SystemExit(3),
]


@pytest.mark.parametrize("error", ERRORS)
def test_whatever_ends_a_job_becomes_one_sentence_with_a_reference(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.storage.error_log.platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "logs"))
    job = Job("fail", "Failing")

    def work(_: Progress) -> None:
        raise error

    job.start(work)
    assert job.thread
    job.thread.join(30)
    assert job.problem
    assert type(error).__name__ in job.problem
    assert len(job.problem) < 400
    (reference,) = re.findall(r"under ([0-9a-f]{8}) in", job.problem)
    noted = (tmp_path / "logs" / "errors.log").read_text()
    assert reference in noted
    assert "Traceback" in noted


def test_bad_input_in_a_job_is_said_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.storage.error_log.platformdirs.user_log_dir", lambda *_, **__: str(tmp_path / "logs"))
    job = Job("fail", "Failing")

    def work(_: Progress) -> None:
        raise InputError("what came is 3")

    job.start(work)
    assert job.thread
    job.thread.join(30)
    assert job.problem == "what came is 3"
    assert not (tmp_path / "logs").exists()


def test_a_job_reads_whole_from_any_thread() -> None:
    """The steps of one stage are never shown with the total of another."""
    job = Job("race", "first", total=10)

    def work(progress: Progress) -> None:
        for number in range(20_000):
            if number % 2:
                progress.tell(1_000, 1_000, "second")
            else:
                progress.tell(10, 10, "first")

    job.start(work)
    while not job.finished:
        assert job.line.partition(",")[0] in ("first", "first: 0 of 10", "first: 10 of 10", "second: 1000 of 1000")
        assert job.part in (0.0, 1.0)


def test_a_line_for_each_tenth_and_each_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    stop = threading.Event()
    line = LineProgress(stop)
    for done in range(51):
        line.tell(done, 50, "faces")
    line.emit("50 faces judged")
    line.emit(3.5)
    line.tell(1, 2, "maps")
    line.tell(1, 2, "maps")
    said = capsys.readouterr().err.splitlines()
    assert said == [*(f"faces: {5 * n} of 50" for n in range(1, 11)), "50 faces judged", "maps: 1 of 2"]
    assert not line.should_stop()
    stop.set()
    assert line.should_stop()


def test_a_download_is_told_in_megabytes(capsys: pytest.CaptureFixture[str]) -> None:
    line = DownloadLine("weights")
    for done in (0, 100_000, 2_000_000, 2_050_000, 4_000_000):
        line.tell(done, 4_000_000)
    DownloadLine("other").tell(5_000_000, 0)
    said = capsys.readouterr().err.splitlines()
    assert said == ["weights:   0% of 4.0 MB", "weights:  50% of 4.0 MB", "weights: 100% of 4.0 MB", "other: 5.0 MB"]


def test_core_has_one_way_to_tell_and_to_stop() -> None:
    for path in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.arg):
                kind = ast.unparse(node.annotation) if node.annotation else ""
                assert not (node.arg in OLD and "Callable" in kind), f"{path.name}: {node.arg}: {kind}"
                assert node.arg != "progress" or kind == "Progress", f"{path.name}: progress: {kind}"
