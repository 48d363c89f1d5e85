"""The bench of the pipeline: its JSON, its fits and its processes; never its times."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from checkpoints import narrowed
from typer.testing import CliRunner

from core import explain
from core.__main__ import app
from core.bench import (
    bench_media,
    map_waits,
    page_reruns,
    pipeline_bench,
    pipeline_processes,
    pipeline_waits,
    reading_bench,
    running_server,
    started_server,
)
from core.bench.pipeline_growth import GrowthRow, exponent, growth_row
from core.bench.pipeline_rows import ratio_row
from core.bench.timing import Clock, Work, time_pairs
from core.detectors import DEFAULT, Detector
from core.detectors.random_init import installed_or_random
from core.faces.detection import find_faces
from core.media_attack import samples
from core.reports.speed_tables import about, growth_rows, wait_rows
from core.sandbox.reading_place import APART, CHOICE, INSIDE
from core.storage import paths
from core.storage.measured_files import read_measurements
from core.storage.paths import MODELS
from core.types import InputError
from core.types.measured_results import MeasuredPipeline

ROW = {"what", "value", "over", "ratio", "interval"}
GROWTH = {"what", "over", "exponent", "interval"}
DIFFERENCES = ("the time that this adds", "the same beyond torch")  # an end of their intervals may be below zero


def test_rows_are_ratios_of_pairs() -> None:
    row = ratio_row("this", "that", [(2.0, 1.0), (6.0, 2.0), (4.0, 1.0)])
    assert (row.value, row.over_value, row.ratio, row.pairs) == (4.0, 1.0, 3.0, 3)
    assert row.interval == (2.0, 4.0)


def test_pairs_begin_in_turn_after_a_warm_up() -> None:
    done: list[str] = []
    clock = iter((0.0, 1.0, 1.0, 4.0, 4.0, 9.0, 9.0, 16.0))
    times = time_pairs(lambda: done.append("a"), lambda: done.append("b"), pairs=2, clock=lambda: next(clock))
    assert "".join(done) == "ab" + "ba" + "ab"
    assert times == [(3.0, 1.0), (5.0, 7.0)], "ours first, whoever began"


def test_exponents_are_those_of_powers() -> None:
    counts = (16, 64, 256)
    assert exponent(counts, 3 * np.asarray(counts) ** 1.5) == pytest.approx(1.5)
    done: list[int] = []
    found = growth_row("this", "calls", {n: lambda n=n: done.append(n) for n in (4, 1)}, rounds=2)  # type: ignore[misc]
    assert (found.counts, found.rounds, sorted(done)) == ((1, 4), 2, [1] * 3 + [4] * 3)


def test_new_processes_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HELP", "PAGE", "ANALYSE", "TORCH"):
        monkeypatch.setattr(pipeline_processes, name, ("-S", "-c", "pass"))
    monkeypatch.setattr(pipeline_processes, "JUDGE", "held = bytearray(100_000_000); print(len(held))")
    rows = pipeline_processes.start_rows(2)
    assert [row.pairs for row in rows] == [2] * 3
    assert rows[0].over == "importing torch and streamlit"
    peak = pipeline_processes.memory_row("peak", Path("video.mp4"), "meso4-df", 4, pairs=2)
    assert peak.unit == "MB"
    assert peak.value is not None
    assert peak.over_value is not None
    assert 80 < peak.value - peak.over_value < 120
    assert peak.over_value < 60, "this process holds more, and its peak is not handed on"


def test_made_scenes_have_the_faces() -> None:
    picture = bench_media.scene((320, 240), [(0.25, 0.5, 100), (0.75, 0.5, 100)])
    assert picture.shape == (240, 320, 3)
    assert len(find_faces(picture)) == 2


def test_unknown_parts_are_refused() -> None:
    assert pipeline_bench.parts_of("all") == pipeline_bench.PARTS
    assert pipeline_bench.parts_of("files, growth") == ("files", "growth")
    with pytest.raises(InputError, match="no part 'clouds'; its parts are: files, apart, faces"):
        pipeline_bench.parts_of("clouds")
    with pytest.raises(InputError, match="no part of the bench came"):
        pipeline_bench.parts_of(",")


def test_what_was_measured_is_kept_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in MODELS.glob(f"{DEFAULT}.*"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(paths, "MODELS", tmp_path)
    pairs = [(4.0, 2.0), (6.0, 2.0), (8.0, 2.0)]
    rows = (
        ratio_row("this", "that", pairs, aim=2.5),
        ratio_row("it", "that", pairs, aim=3.0),
        ratio_row("all", "it", pairs),
    )
    grown = GrowthRow("judging", "files", 1.02, (0.9, 1.1), (1, 16), (1.0, 16.0), 3)
    facts = {"detector": DEFAULT, "pairs": 3, "threads": 1, "torch": "2", "timed": "seconds", "steady": True}
    found = pipeline_bench.PipelineBench(rows, (grown,), 1.01, (0.99, 1.02), **facts)  # type: ignore[arg-type]
    monkeypatch.setattr(pipeline_bench, "measure", lambda *_, **__: found)
    asked = ["bench", "pipeline", "--pairs", "3", "--record", "of a test", "--json"]
    printed = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert [row["aim"] for row in json.loads(printed.stdout)["rows"]] == [2.5, 3.0, None]
    (kept,) = (one for one in read_measurements(DEFAULT, folder=tmp_path) if one.label == "of a test")
    assert kept.kind == "bench-pipeline"
    assert str(kept.command).endswith("bench pipeline --pairs 3")
    assert isinstance(kept.result, MeasuredPipeline)
    first, second, third = wait_rows(kept.result.rows)
    assert [*first.values()] == ["this", "that", "3 (2 to 4)", "2.5, missed"]
    assert (second["aim, at most"], third["aim, at most"]) == ("3", "")
    assert [*growth_rows(kept.result.growth)[0].values()] == ["judging", "files", "1 to 16", "1.02 (0.9 to 1.1)"]
    assert "3 pairs of runs in turn, 1 thread(s); a way to the verdict over itself: 1.01 (0.99 to 1.02)" in about(
        kept.result
    )


def test_a_try_with_small_media_is_not_recorded() -> None:
    with pytest.raises(InputError, match="--short and --record do not go together"):
        CliRunner().invoke(app, ["bench", "pipeline", "--short", "--record", "x"], catch_exceptions=False)


@pytest.mark.slow
def test_pages_are_rerun_and_servers_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_reruns, "_opened", lambda: None)  # the page of methods needs no open file
    bare, row = page_reruns.rerun_rows(("methods",), pairs=2, reruns=1)
    assert bare.what == row.what
    assert row.what.startswith("a rerun of the page methods with everything computed")
    assert bare.over == "a bare rerun"
    assert int(row.over.split()[3]) > 10, "as many elements as the page has"
    script = tmp_path / "title.py"
    script.write_text("import streamlit as st\nif not st.button('Go', key='go'):\n    st.button('Stay', key='stay')\n")
    started_server.first_page(script)
    with pytest.raises(InputError, match="does not start"):
        started_server.first_page(tmp_path / "missing.py")
    with running_server.running_server(script=script) as server:  # one for both visits
        monkeypatch.setattr(started_server, "running_server", lambda *, script: contextlib.nullcontext(server))
        with pytest.raises(InputError, match=r"title.py has no button sample-portrait"):
            started_server.first_page(script, click="sample-portrait")
        with pytest.raises(InputError, match=r"has the button go still, after it was pressed"):
            started_server.first_page(script, click="go")


def test_reading_apart_is_timed_over_reading_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()
    monkeypatch.setenv(CHOICE, "inside")
    monkeypatch.setattr(reading_bench, "IDLE", 0.0)
    monkeypatch.setattr("core.pipeline.open_media", lambda _: asked.append(os.environ[CHOICE]))
    opened, added = reading_bench.apart_rows({"a picture": tmp_path}, {}, str, pairs=2)
    assert asked == [INSIDE, APART, APART, INSIDE, INSIDE, APART]
    assert os.environ[CHOICE] == "inside"
    assert (opened.pairs, added.over_value) == (2, reading_bench.PICTURE_AIM)


class TimedOnce:
    """Time a call and its peer as one pair, whatever number was asked for, without a warm-up; the same peer once."""

    def __init__(self) -> None:
        self.peers: dict[tuple[object, ...], float] = {}

    def __call__(self, ours: Work, peer: Work, *, pairs: int, clock: Clock) -> list[tuple[float, float]]:
        assert pairs == 2
        begun = clock()
        ours()
        took = clock() - begun
        assert isinstance(peer, partial)
        if (peer.func, *peer.args) not in self.peers:
            begun = clock()
            peer()
            self.peers[(peer.func, *peer.args)] = clock() - begun
        return [(took, self.peers[(peer.func, *peer.args)])]


def narrow_or_random(name: str, seed: int) -> tuple[Detector, str]:
    """The detector on smaller images inside: its maps are timed the same."""
    found, weights = installed_or_random(name, seed)
    narrowed(found.model, 112)
    return found, weights


@pytest.mark.slow
@pytest.mark.usefixtures("_narrow")
def test_all_parts_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "quick", lambda: ("saliency",))
    monkeypatch.setattr(reading_bench, "IDLE", 0.0)
    once = TimedOnce()
    for module in (map_waits, pipeline_processes, started_server):  # a call takes seconds
        monkeypatch.setattr(module, "time_pairs", once)
    monkeypatch.setattr(map_waits, "installed_or_random", narrow_or_random)
    monkeypatch.setattr(pipeline_waits, "MEMORY_PAIRS", 1)
    peaks, numbers, measured = dict[str, float](), list[str](), pipeline_processes.peak_megabytes

    def peak(given: tuple[str, ...]) -> float:  # a process judges once, not each of the three numbers of frames
        numbers.append(given[-1])
        return peaks.get(given[1]) or peaks.setdefault(given[1], measured(given))

    monkeypatch.setattr(pipeline_processes, "peak_megabytes", peak)
    # Peers: a process that imports nothing, and a page that imports no torch; `test_imports` imports what analyse does.
    for name in ("PAGE", "ANALYSE", "TORCH"):
        monkeypatch.setattr(pipeline_processes, name, ("-S", "-c", "pass"))
    monkeypatch.setattr(started_server, "BARE", "import streamlit as st\nst.title('Bare')\n")
    first, *others = samples.SAMPLES
    monkeypatch.setattr(samples, "SAMPLES", (*others, first))  # a forgery first, whose attack ends early
    asked = ["bench", "pipeline", "--short", "--pairs", "2", "--threads", "1", "--json"]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["self_ratio"] > 0
    assert (len(found["rows"]), len(found["growth"])) == (32, 4)
    check_rows(found["rows"])
    for row in found["growth"]:
        assert row.keys() >= GROWTH
        assert len(row["counts"]) == len(row["seconds"]) == 2, "as many faces are judged as were made"
    assert {row["over"] for row in found["growth"]} == {"frames judged", "faces", "pixels", "files"}
    judged, more, fewer = (int(number) for number in numbers if number.isdigit())
    assert more > fewer > 0 < judged, "memory is of different numbers of frames"


def check_rows(found: list[dict[str, Any]]) -> None:
    """What the rows of all parts say, each with its interval."""
    for row in found:
        assert row.keys() >= ROW
        if "beyond torch" not in row["what"]:
            assert row["value"] > 0
            assert row["ratio"] > 0
        if row["what"] not in DIFFERENCES:
            low, high = row["interval"]
            assert 0 < low <= row["ratio"] <= high
    whole = [row["ratio"] for row in found if row["over"].startswith("decoding")]
    assert len(whole) == 4, "three of videos, and one of a picture"
    assert min(whole) > 1, "a verdict decodes the file, and does more"
    words = {what for row in found for what in row["what"].split(", ")}
    for said in (
        "to the verdict of 2",
        "finding the faces of a frame of 192 x 144",
        "the attack answer",
        "LRP",
        "start of python -m core analyse --help",
        "start of the server to its first page",
        "start of the server to a first verdict",
        "a rerun of the page inspect with everything computed",
        "a rerun of the page methods with everything computed",
    ):
        assert said in words, said
    assert sum(row["unit"] == "MB" for row in found) == 2
