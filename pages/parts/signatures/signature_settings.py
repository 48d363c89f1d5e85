"""Hold what the page Signatures was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SignatureSettings:
    """Hold the index of the reference that was picked on the plane or in the table, and how often one was."""

    picked: int | None = None
    picks: int = 0

    def pick(self, index: int) -> None:
        """Pick a reference; the table is drawn anew, with its row chosen."""
        self.picked, self.picks = index, self.picks + 1
