"""Bound what a person's ONNX network may be, before it is run."""

from __future__ import annotations

from ..types import InputError

LIMIT_BYTES = 512 * 2**20  # of the file, and of its weights once they are unpacked
MAX_STEPS = 20_000  # operators
PROBES = 4  # different faces on which it is run, and that have to give different vectors


def check_bytes(name: str, size: int) -> None:
    """Refuse more weights than are read."""
    if size > LIMIT_BYTES:
        most = f"networks of up to {LIMIT_BYTES >> 20} MiB are read"
        raise InputError(f"{name} is too large ({size / 2**20:,.0f} MiB and more of weights): {most}")


def check_length(name: str, steps: int) -> None:
    """Refuse more operators than any network has."""
    if steps > MAX_STEPS:
        raise InputError(f"{name} has {steps:,} operators; a network of at most {MAX_STEPS:,} is read")
