"""Keep the memory that tensors free, instead of handing it back to the system."""

from __future__ import annotations

import ctypes

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1  # numbers of glibc's parameters, see malloc.h
LARGEST = 2**30  # bytes: blocks up to here are taken from what was freed


def keep_freed_memory() -> bool:
    """Let this process reuse large freed blocks; tell whether it can.

    By default glibc maps each block of more than 32 MiB anew, as a training step has dozens, and fills its pages with
    zeros before they are written. Where there is no glibc, nothing is changed.
    """
    try:
        set_parameter = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all(set_parameter(name, LARGEST) == 1 for name in (MMAP_THRESHOLD, TRIM_THRESHOLD))
