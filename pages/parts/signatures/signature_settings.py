"""Hold what the page Signatures was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SignatureSettings:
    """Hold the picked reference, and those that a lasso selected.

    picked: its index, None before; selected: indices.
    """

    picked: int | None = None
    selected: list[int] = field(default_factory=list)
