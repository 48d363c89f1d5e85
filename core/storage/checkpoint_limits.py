"""Bound what one checkpoint may cost before its tensors are read."""

from __future__ import annotations

from ..types import InputError, limits

_HUGE = 10**15  # bytes beyond which nobody counts


def check_unpacked(name: str, size: int, unpacked: int) -> None:
    """Refuse a checkpoint of `size` bytes that claims to hold `unpacked` bytes."""
    _check_most(name, size, unpacked, min(limits.CHECKPOINT_BYTES, _allowed(size)))


def check_unpacked_archive(name: str, size: int, unpacked: int) -> None:
    """Refuse an archive of `size` bytes that claims to hold `unpacked` bytes."""
    _check_most(name, size, unpacked, _allowed(size))


def _allowed(size: int) -> int:
    return limits.FREE_UNPACKED_BYTES + limits.UNPACKED_RATIO * size


def _check_most(name: str, size: int, unpacked: int, allowed: int) -> None:
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
    if tensors > limits.MAX_TENSORS:
        raise InputError(
            f"{name} lists at least {tensors:,} tensors; a checkpoint of at most {limits.MAX_TENSORS:,} is read"
        )


def check_header(name: str, length: int) -> None:
    """Refuse a list of tensors that is too long to be looked at."""
    if length > limits.MAX_HEADER_BYTES:
        most = f"{limits.MAX_HEADER_BYTES / 1e6:.0f} MB"
        raise InputError(f"{name} lists its tensors in {length / 1e6:.0f} MB; a list of at most {most} is read")


def check_steps(name: str, steps: int) -> None:
    """Refuse a pickle of more opcodes than tensors need."""
    if steps > limits.MAX_OPCODES:
        raise InputError(
            f"{name} takes more than {limits.MAX_OPCODES:,} steps to be made; a checkpoint of at most so many is read"
        )


def check_tuple(name: str, steps: int) -> None:
    """Refuse a tuple longer than all that a tensor is made from."""
    if steps > limits.MAX_TUPLE_OPCODES:
        raise InputError(
            f"{name} has a tuple of {steps:,} steps; a tensor is made from at most {limits.MAX_TUPLE_OPCODES:,}"
        )


def check_key(name: str, key: str) -> None:
    """Refuse a key that is too long to be shown."""
    if len(key) > limits.MAX_KEY_LETTERS:
        raise InputError(
            f"{name} has a key of {len(key):,} letters; a key of at most {limits.MAX_KEY_LETTERS:,} is read"
        )


def check_dimensions(name: str, dimensions: int) -> None:
    """Refuse a tensor of more dimensions than any network has."""
    if dimensions > limits.MAX_DIMENSIONS:
        raise InputError(
            f"{name} has a tensor of {dimensions:,} dimensions; one of at most {limits.MAX_DIMENSIONS} is read"
        )


def check_chunks(name: str, chunks: int) -> None:
    """Refuse more stored pieces than any checkpoint has."""
    if chunks > limits.MAX_CHUNKS:
        raise InputError(
            f"{name} is stored in {chunks:,} pieces; a checkpoint of at most {limits.MAX_CHUNKS:,} is read"
        )
