"""Freed memory: large blocks are taken again from what was freed, where there is glibc."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from core.training.freed_memory import keep_freed_memory

FAULTS = """
import resource
import torch
from core.training.freed_memory import keep_freed_memory


def faults():
    x = torch.ones(16_000_000)
    y = x + 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        y = x + y
        del x
        x = y * 0.5
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


before = faults()
assert keep_freed_memory()
print(faults(), before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_freed_blocks_are_used_again() -> None:
    """Of the pages that ten steps with fresh tensors of 64 MB have to be given, in one process, before and after."""
    found = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    kept, before = map(int, found.stdout.split())
    assert kept < 0.7 * before


def test_without_glibc_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.freed_memory.ctypes.CDLL", lambda _: object())
    assert not keep_freed_memory()
