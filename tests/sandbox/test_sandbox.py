"""Parsers of foreign files: what comes out, how they die, and what they may not do."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recorded_progress import RecordedProgress, at_once

from core.progress import followed_by
from core.sandbox.channel import Channel
from core.sandbox.reading_place import chosen_reader, reads_inside
from core.sandbox.sandbox import Answer, Bounds, ParserStopped, Sandbox, _Talk
from core.sandbox.shared_regions import AHEAD, HeldBytes, Region
from core.sandbox.zygote import _answer
from core.types import Array, InputError, StopRequested

BOUNDS = Bounds(memory=2**28, processor_s=30, answer_s=60, array=2**22)
HELD = HeldBytes(b"what is in the file")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    box = Sandbox("faulty_parser")
    yield box
    box.close()


def run(box: Sandbox, task: str, bounds: Bounds = BOUNDS, **values: object) -> list[Answer]:
    return list(box.run(task, values, HELD.number, bounds))


def works(box: Sandbox) -> bool:
    return run(box, "content")[0].values == {"content": "what is in the file"}


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int64"])
def test_arrays_of_any_sizes_come_out_in_order(sandbox: Sandbox, dtype: str) -> None:
    sizes = [1, 5000, 3, 40_000, 40_000, 40_000, 40_000, 40_000, 40_000, 0, 7]
    found = run(sandbox, "arrays", sizes=sizes, dtype=dtype)
    for number, (values, array) in enumerate(found):
        assert values == {"number": number}
        assert array is not None
        assert (array.dtype, array.shape) == (np.dtype(dtype), (sizes[number], 3))
        assert (array == number).all()
        assert array.flags.writeable


def test_an_array_made_in_strips_comes_out_without_a_copy(sandbox: Sandbox) -> None:
    (_, array), (after, _) = run(sandbox, "whole", sizes=[5, 0, 70_000, 1])
    assert array is not None
    assert [int((array == number).all(axis=1).sum()) for number in range(4)] == [5, 0, 70_000, 1]
    assert not array.flags.writeable
    assert after == {"after": True}
    with pytest.raises(ParserStopped, match="no reader answers"):
        run(sandbox, "whole", sizes=[BOUNDS.array])


LENT = replace(BOUNDS, lent=True)


def test_arrays_that_are_let_go_are_shown_where_they_lie(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Region, "take", lambda *_: pytest.fail("copied"))
    values = {"sizes": [50_000] * 40, "dtype": "uint8"}
    for number, (_, array) in enumerate(sandbox.run("arrays", values, HELD.number, LENT)):
        assert array is not None
        assert not array.flags.writeable
        assert (array == number).all()


def test_what_is_kept_of_lent_arrays_stays_as_it_came(sandbox: Sandbox) -> None:
    values = {"sizes": [50_000] * 40, "dtype": "uint8"}
    answers = sandbox.run("arrays", values, HELD.number, LENT)
    kept = [array[7:9] for _, array in answers if array is not None]
    assert [part.tolist() for part in kept] == [[[number] * 3] * 2 for number in range(40)]
    few = {}
    for number, (_, array) in enumerate(sandbox.run("arrays", values, HELD.number, LENT)):
        if number in (0, 11, 12, 30):
            assert array is not None
            few[number] = array[7:9].T
    assert {number: set(part.reshape(-1).tolist()) for number, part in few.items()} == {n: {n} for n in few}


def test_a_parser_goes_on_while_an_answer_is_looked_at_until_its_places_are_full() -> None:
    ours, theirs = socket.socketpair()
    made = list[int]()

    def parsed() -> Iterator[tuple[dict[str, object], Array]]:
        for number in range(30):
            made.append(number)
            yield {}, np.full((100, 3), number, np.uint8)

    worker = threading.Thread(target=_answer, args=(parsed(), Channel(theirs)))
    worker.start()
    with ours, theirs:
        answers = _Talk(ours, BOUNDS).answers()
        next(answers)
        for _ in range(2000):
            if len(made) > AHEAD:
                break
            time.sleep(0.01)
        assert len(made) == AHEAD + 1, "as many as have a place, and the one that waits for it"
        assert len(list(answers)) == 29
        worker.join()


ENDS = [
    ("crash", BOUNDS, r"it crashed \(Segmentation fault\)"),
    ("later crash", BOUNDS, r"it crashed \(Segmentation fault\)"),
    ("end", BOUNDS, "it ended early"),
    ("memory", BOUNDS, r"more than 0.2 GB of memory"),
    ("fail", BOUNDS, r"failed by itself \(ZeroDivisionError: no number\)"),
    ("objects", BOUNDS, "answered what no reader answers"),
    ("sleep", replace(BOUNDS, answer_s=0.2), "no answer for 0.2 s"),
    ("spin", replace(BOUNDS, processor_s=1), "more than 1 s of processor time"),
]


@pytest.mark.parametrize(("task", "bounds", "words"), ENDS, ids=[row[0] for row in ENDS])
def test_a_parser_that_stops_harms_nobody(sandbox: Sandbox, task: str, bounds: Bounds, words: str) -> None:
    with pytest.raises(ParserStopped, match=words):
        run(sandbox, task, bounds)
    assert works(sandbox)


def test_a_refusal_passes_and_an_array_over_its_bound_does_not(sandbox: Sandbox) -> None:
    with pytest.raises(InputError, match="this file is not wanted"):
        run(sandbox, "refuse")
    with pytest.raises(ParserStopped, match="no reader answers"):
        run(sandbox, "arrays", sizes=[BOUNDS.array], dtype="uint8")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have bounds only")
def test_a_parser_opens_writes_starts_and_reaches_nothing(sandbox: Sandbox) -> None:
    assert run(sandbox, "tries")[0].values == {"open": []}


@pytest.mark.parametrize("task", ["sleep", "spin", "later sleep"])
def test_a_stop_ends_the_parser(sandbox: Sandbox, task: str) -> None:
    with followed_by(RecordedProgress(at_once)), pytest.raises(StopRequested):
        run(sandbox, task)
    assert works(sandbox)


def test_a_run_given_up_ends_and_runs_go_on_beside_each_other(sandbox: Sandbox) -> None:
    one = sandbox.run("arrays", {"sizes": [9] * 50, "dtype": "uint8"}, HELD.number, BOUNDS)
    assert next(one).values == {"number": 0}
    assert works(sandbox)
    assert next(one).values == {"number": 1}
    del one
    assert works(sandbox)


def test_the_process_that_starts_parsers_is_started_again() -> None:
    box = Sandbox("faulty_parser")
    try:
        assert works(box)
        assert box._zygote is not None
        old = box._zygote.process
        os.kill(old.pid, signal.SIGKILL)
        assert works(box)
        assert box._zygote.process.pid != old.pid
    finally:
        box.close()
    with pytest.raises(ParserStopped, match="does not start"):
        run(Sandbox("no_such_module"), "content")


def test_no_module_takes_the_place_of_pythons_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inspect.py").write_text("raise ImportError('a page of that name')")
    monkeypatch.syspath_prepend(tmp_path)
    box = Sandbox("faulty_parser")
    try:
        assert works(box)
    finally:
        box.close()


def test_many_threads_share_it(sandbox: Sandbox) -> None:
    def one(number: int) -> bool:
        if number % 3:
            return works(sandbox)
        with pytest.raises(ParserStopped, match="crashed"):
            run(sandbox, "crash")
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(40)))
    assert threading.active_count() < 20


def test_held_bytes_cannot_be_changed_and_go_with_their_holder(tmp_path: Path) -> None:
    held = HeldBytes(b"abc")
    assert os.pread(held.number, 9, 0) == b"abc"
    if sys.platform.startswith("linux"):
        with pytest.raises(PermissionError):
            os.write(held.number, b"d")
    number = held.number
    del held
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(number)


def test_files_are_parsed_apart_unless_somebody_asks_for_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROSOPON_READER")
    assert not reads_inside()
    assert chosen_reader() == "apart"
    monkeypatch.setenv("PROSOPON_READER", "inside")
    assert reads_inside()
