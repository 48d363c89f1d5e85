"""Hold what the page Signatures was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class SignatureSettings:
    """Hold the picked reference, and those that a lasso selected.

    picked: its index, None before; picks: how often one was picked on the plane; selected: indices.
    """

    picked: int | None = None
    picks: int = 0
    selected: list[int] = field(default_factory=list)

    def pick(self, index: int) -> None:
        """Pick a reference; the table is drawn anew, with its row chosen."""
        self.picked, self.picks = index, self.picks + 1
