"""Bound what one checkpoint may cost before its tensors are read."""

from __future__ import annotations

from ..types import InputError

MAX_BYTES = 2_000_000_000  # bytes, of the file and of what is unpacked from it
MAX_RATIO = 100  # bytes unpacked from each byte of the file: trained weights hardly compress
FREE_BYTES = 1_000_000  # unpacked whatever the ratio
MAX_TENSORS = 10_000  # the largest layout has a tenth of it
MAX_HEADER = 10_000_000  # bytes of what lists the tensors, read before they are counted


def check_unpacked(name: str, size: int, unpacked: int) -> None:
    """Refuse a file of `size` bytes that claims to hold `unpacked` bytes."""
    allowed = min(MAX_BYTES, FREE_BYTES + MAX_RATIO * size)
    if unpacked > allowed:
        most = f"{allowed / 1e9:.1f} GB" if allowed >= 1e9 else f"{allowed / 1e6:.1f} MB"
        raise InputError(f"{name} unpacks to more than {most}, more than is read from a file of {size:,} bytes")


def check_count(name: str, tensors: int) -> None:
    """Refuse more tensors than any network has: each costs time, however small."""
    if tensors > MAX_TENSORS:
        raise InputError(f"{name} lists more than {MAX_TENSORS:,} tensors; a checkpoint of at most so many is read")


def check_header(name: str, length: int) -> None:
    """Refuse a list of tensors that is too long to be looked at."""
    if length > MAX_HEADER:
        most = f"{MAX_HEADER / 1e6:.0f} MB"
        raise InputError(f"{name} lists its tensors in {length / 1e6:.0f} MB; a list of at most {most} is read")
