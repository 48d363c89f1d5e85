"""Hold what the page Signatures was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.signatures import DEFAULT_SET, ReferenceSet


@dataclass(slots=True)
class SignatureSettings:
    """Hold the chosen reference set, the picked reference, and those that a lasso selected.

    references: name of the set; picked: its index, None before; selected: indices; of: SHA-256 of the set that both
    are of, "" before one was shown; folder: of faces, as it was typed last.
    """

    references: str = DEFAULT_SET
    picked: int | None = None
    selected: list[int] = field(default_factory=list)
    of: str = ""
    folder: str = ""

    def now_of(self, references: ReferenceSet) -> None:
        """Forget what was picked of another set, or of this one before it changed."""
        sha256 = str(references.card.sha256)
        if self.of not in ("", sha256):
            self.picked, self.selected = None, []
        self.of = sha256
