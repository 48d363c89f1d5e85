"""Hold what the page Signatures was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SignatureSettings:
    """Hold the picked reference.

    picked: its index, None before; picks: how often one was picked on the plane.
    """

    picked: int | None = None
    picks: int = 0

    def pick(self, index: int) -> None:
        """Pick a reference; the table is drawn anew, with its row chosen."""
        self.picked, self.picks = index, self.picks + 1
