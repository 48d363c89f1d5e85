"""Name where networks compute."""

from __future__ import annotations

from enum import StrEnum


class Device(StrEnum):
    """Name where networks compute; auto is a GPU where there is one."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
