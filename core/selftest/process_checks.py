"""Try kills while writing, and races of detectors."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from .. import attacks, explain
from ..detectors import Detector
from ..detectors.random_init import installed_or_random
from ..storage.leftovers import sweep, temporary_folder
from ..types import Array
from .tally import Tally

LENGTH = 1_000_000  # bytes: long enough that a kill hits the middle of a file
THREADS = 8
DETECTOR = "meso4-df"
_ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("a.json", "b.png", "c.pdf")
_WRITER = """
import itertools, sys
from pathlib import Path
from core.storage.files import atomic_write, atomic_write_all

folder, names = Path(sys.argv[1]), sys.argv[3:]
for number in itertools.count():
    text = str(number % 10) * int(sys.argv[2])
    atomic_write(folder / "alone.txt", text)
    atomic_write_all({folder / name: text for name in names})
    print(number, flush=True)
"""
Call = Callable[[Detector, int], bytes]


def kills_while_writing(tally: Tally, seed: int) -> None:
    """Kill writers at random moments.

    Each file is whole, of one group are all of one time, nothing is left over.
    """
    rng = np.random.default_rng(seed)
    with temporary_folder() as place:
        folder = place
        for _ in tally.trials():
            _kill_one(folder, rng)
            sweep(folder)  # as the next start does
            contents = {path.name: path.read_bytes() for path in folder.iterdir()}
            bad = [name for name, data in contents.items() if (len(data), len(set(data))) != (LENGTH, 1)]
            group = {contents.get(name, b"")[:1] for name in _NAMES}
            extra = sorted(set(contents) - {"alone.txt", *_NAMES})
            if bad or extra or len(group) > 1:
                tally.fail("wrong", f"half: {bad}, left over: {extra}, versions in one group: {len(group)}")


def _kill_one(folder: Path, rng: np.random.Generator) -> None:
    command = [sys.executable, "-c", _WRITER, str(folder), str(LENGTH), *_NAMES]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        assert process.stdout
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):  # a random part of the next writing
            process.wait(rng.uniform(0, 0.03))
        process.kill()


def races_of_detectors(tally: Tally, seed: int) -> None:
    """Run seeded methods of two detectors in eight threads.

    Each result is that of running alone.
    """
    detectors = [installed_or_random(DETECTOR, number)[0] for number in (1, 2)]
    face = np.random.default_rng(seed).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    calls = _calls(face)
    before = _random_states()
    alone: dict[tuple[int, int], bytes] = {}
    jobs: list[tuple[int, int]] = []
    for number in tally.trials():
        job = (number % len(calls), number // len(calls) % 4)
        jobs.append(job)
        if job not in alone:
            alone[job] = calls[job[0]](detectors[job[1] % 2], job[1])
        if len(jobs) == 4 * THREADS or number == tally.wanted - 1:
            _race(tally, calls, detectors, jobs, alone)
            jobs = []
    if _random_states() != before:
        tally.fail("wrong", "the global generators have changed")


def _random_states() -> tuple[object, ...]:
    """Return the states of the global generators of Python, NumPy and PyTorch."""
    return random.getstate(), repr(np.random.get_state(legacy=False)), torch.get_rng_state().numpy().tobytes()


def _race(
    tally: Tally,
    calls: list[Call],
    detectors: list[Detector],
    jobs: list[tuple[int, int]],
    alone: dict[tuple[int, int], bytes],
) -> None:
    """Repeat the jobs beside each other, and compare.

    Args:
        tally: counts what differs.
        calls: the methods.
        detectors: two.
        jobs: of each its method and its seed.
        alone: the results without others.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        for job, found in zip(
            jobs, pool.map(lambda job: calls[job[0]](detectors[job[1] % 2], job[1]), jobs), strict=True
        ):
            if found != alone[job]:
                tally.fail("wrong", f"method {job[0]}, seed {job[1]}: another result beside others than alone")


def _calls(face: Array) -> list[Call]:
    few = {
        "nes": {"steps": 2, "samples": 4},
        "square": {"queries": 12},
        "one-pixel": {"population": 6, "steps": 2},
        "pgd": {"steps": 2},
        "robust": {"steps": 2, "samples": 2},
        "adaptive-map": {"steps": 2},
    }

    def attack(name: str) -> Call:
        known = attacks.ATTACKS[name].settings()
        settings = {key: value for key, value in few[name].items() if key in known}

        def call(detector: Detector, seed: int) -> bytes:
            target = "real" if detector.verdict(face).label == "fake" else "fake"
            return attacks.run(name, detector, face, settings, target=target, seed=seed).png

        return call

    def smooth(detector: Detector, seed: int) -> bytes:
        return explain.run("smoothgrad", detector, face, {"samples": 4}, seed=seed, quality=False).map.tobytes()

    return [*(attack(name) for name in few), smooth]
