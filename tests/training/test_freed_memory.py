"""Freed memory: large blocks are taken again from what was freed, where there is glibc."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from core.training.freed_memory import keep_freed_memory

FAULTS = """
import resource, sys
import torch
from core.training.freed_memory import keep_freed_memory
if "keep" in sys.argv:
    assert keep_freed_memory()
x = torch.ones(16_000_000)
y = x + 1
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    y = x + y
    del x
    x = y * 0.5
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*args: str) -> int:
    """Count the pages that ten steps with fresh tensors of 64 MB have to be given."""
    found = subprocess.run([sys.executable, "-c", FAULTS, *args], capture_output=True, text=True, check=True)
    return int(found.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_freed_blocks_are_used_again() -> None:
    assert faults("keep") < 0.7 * faults()


def test_without_glibc_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.freed_memory.ctypes.CDLL", lambda _: object())
    assert not keep_freed_memory()
