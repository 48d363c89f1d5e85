"""Bound what one checkpoint may cost before its tensors are read."""

from __future__ import annotations

from ..types import InputError

MAX_BYTES = 2_000_000_000  # bytes, of the file and of what is unpacked from it
_HUGE = 10**15  # bytes beyond which nobody counts
MAX_RATIO = 100  # bytes unpacked from each byte of the file: trained weights hardly compress
FREE_BYTES = 1_000_000  # unpacked whatever the ratio
MAX_TENSORS = 10_000  # the largest layout has a tenth of it
MAX_HEADER = 10_000_000  # bytes of what lists the tensors, read before they are counted
MAX_STEPS = 50 * MAX_TENSORS  # opcodes of a pickle: PyTorch writes 34 a tensor
MAX_TUPLE = 1_000  # opcodes of one tuple: PyTorch writes 34 for all that a tensor is made from
MAX_DIMENSIONS = 16  # of a tensor: some work grows with their square, or is undefined beyond 64
MAX_KEY = 1_000  # letters of a tensor's key, groups included
MAX_CHUNKS = 100_000  # pieces in which all tensors of a file are stored: each costs memory and time, however small


def check_unpacked(name: str, size: int, unpacked: int) -> None:
    """Refuse a file of `size` bytes that claims to hold `unpacked` bytes."""
    allowed = min(MAX_BYTES, FREE_BYTES + MAX_RATIO * size)
    if unpacked > allowed:
        most, came = _words(allowed), _words(unpacked)
        if most == came:
            most, came = f"{allowed:,} bytes", f"{unpacked:,} bytes"
        raise InputError(f"{name} unpacks to at least {came}; at most {most} is read from a file of {size:,} bytes")


def _words(size: int) -> str:
    if size >= _HUGE:  # of a claim, which can have any number of digits
        return f"{_HUGE // 10**9:,} GB"
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def check_count(name: str, tensors: int) -> None:
    """Refuse more tensors than any network has: each costs time, however small."""
    if tensors > MAX_TENSORS:
        raise InputError(f"{name} lists at least {tensors:,} tensors; a checkpoint of at most {MAX_TENSORS:,} is read")


def check_header(name: str, length: int) -> None:
    """Refuse a list of tensors that is too long to be looked at."""
    if length > MAX_HEADER:
        most = f"{MAX_HEADER / 1e6:.0f} MB"
        raise InputError(f"{name} lists its tensors in {length / 1e6:.0f} MB; a list of at most {most} is read")


def check_steps(name: str, steps: int) -> None:
    """Refuse a pickle of more opcodes than tensors need."""
    if steps > MAX_STEPS:
        raise InputError(
            f"{name} takes more than {MAX_STEPS:,} steps to be made; a checkpoint of at most so many is read"
        )


def check_tuple(name: str, steps: int) -> None:
    """Refuse a tuple longer than all that a tensor is made from."""
    if steps > MAX_TUPLE:
        raise InputError(f"{name} has a tuple of {steps:,} steps; a tensor is made from at most {MAX_TUPLE:,}")


def check_key(name: str, key: str) -> None:
    """Refuse a key that is too long to be shown."""
    if len(key) > MAX_KEY:
        raise InputError(f"{name} has a key of {len(key):,} letters; a key of at most {MAX_KEY:,} is read")


def check_dimensions(name: str, dimensions: int) -> None:
    """Refuse a tensor of more dimensions than any network has."""
    if dimensions > MAX_DIMENSIONS:
        raise InputError(f"{name} has a tensor of {dimensions:,} dimensions; one of at most {MAX_DIMENSIONS} is read")


def check_chunks(name: str, chunks: int) -> None:
    """Refuse more stored pieces than any checkpoint has."""
    if chunks > MAX_CHUNKS:
        raise InputError(f"{name} is stored in {chunks:,} pieces; a checkpoint of at most {MAX_CHUNKS:,} is read")
