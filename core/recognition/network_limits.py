"""Bound what a person's ONNX network may be, before it is run."""

from __future__ import annotations

from ..types import InputError, limits


def check_bytes(name: str, size: int) -> None:
    """Refuse more weights than are read."""
    if size > limits.NETWORK_BYTES:
        most = f"networks of up to {limits.NETWORK_BYTES >> 20} MiB are read"
        raise InputError(f"{name} is too large ({size / 2**20:,.0f} MiB and more of weights): {most}")


def check_length(name: str, steps: int) -> None:
    """Refuse more operators than any network has."""
    if steps > limits.MAX_OPERATORS:
        raise InputError(f"{name} has {steps:,} operators; a network of at most {limits.MAX_OPERATORS:,} is read")
