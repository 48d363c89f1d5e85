"""Measure new processes: the start of commands, and the peak of memory."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from .pipeline_rows import PipelineRow, ratio_row
from .timing import time_pairs

ROOT = Path(__file__).resolve().parents[2]
HELP = ("-m", "core", "analyse", "--help")
PAGE = ("-c", "import torch, streamlit")
ANALYSE = ("-c", "import core.reports.file_analysis")
TORCH = ("-c", "import torch")
JUDGE = """import sys
from pathlib import Path
from core import pipeline
from core.detectors.video_rules import file_verdict
detector, frames = pipeline.load_detector(sys.argv[2]), int(sys.argv[3])
media = pipeline.open_searched(Path(sys.argv[1]), frames=frames)
judged = pipeline.analyse(media, detector, frames=frames)
file_verdict(judged, detector.band_thresholds, still=media.kind == "image")"""
# A process begins with the peak of the one that forked it, so a small one stands between.
PEAK = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of `ru_maxrss`


def start_rows(pairs: int) -> list[PipelineRow]:
    """Time the start of `analyse --help` and the imports of `analyse`."""
    help_times = time_pairs(partial(run_python, HELP), partial(run_python, PAGE), pairs=pairs, clock=time.perf_counter)
    times = time_pairs(partial(run_python, ANALYSE), partial(run_python, TORCH), pairs=pairs, clock=time.perf_counter)
    return [
        ratio_row("start of python -m core analyse --help", "importing torch and streamlit", help_times),
        ratio_row("importing what analyse needs (core.reports.file_analysis)", "importing torch", times),
        ratio_row(
            "the same beyond torch", "importing torch", [(ours - torch, torch) for ours, torch in times], aim=0.6
        ),
    ]


def memory_row(what: str, path: Path, detector: str, frames: int, *, pairs: int) -> PipelineRow:
    """Measure the peak of memory (MB) of judging a file over importing torch's.

    It is the largest of the processes that take part, as the system counts them.

    Args:
        what: the row's name.
        path: of the file.
        detector: the name of the one that judges.
        frames: that are judged.
        pairs: of processes.
    """
    judge = ("-c", JUDGE, str(path), detector, str(frames))
    found = [(peak_megabytes(judge), peak_megabytes(TORCH)) for _ in range(pairs)]
    return ratio_row(what, "importing torch", found, unit="MB")


def flat_memory_row(what: str, path: Path, detector: str, frames: tuple[int, int], *, pairs: int) -> PipelineRow:
    """Compare the peaks of memory (MB) of judging more frames of a video, and fewer.

    Args:
        what: the row's name.
        path: of the video.
        detector: the name of the one that judges.
        frames: the larger number, and the smaller one.
        pairs: of processes.
    """
    more, fewer = (("-c", JUDGE, str(path), detector, str(count)) for count in frames)
    found = [(peak_megabytes(more), peak_megabytes(fewer)) for _ in range(pairs)]
    return ratio_row(what, f"judging {frames[1]} of them", found, unit="MB")


def peak_megabytes(arguments: tuple[str, ...]) -> float:
    """Run Python and return its peak of memory in MB."""
    found = run_python(("-c", PEAK, sys.executable, *arguments))
    return int(found) * MAXRSS_BYTES / 1e6


def run_python(arguments: tuple[str, ...]) -> str:
    """Run Python on the project in a new process and return what it prints."""
    run = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    return run.stdout
