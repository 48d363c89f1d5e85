"""Hold what the page Methods was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class MethodsSettings:
    """Hold the words that were searched for, the kinds, and the chosen method.

    words: as typed; kinds: those that are listed, none of them means all; chosen: its kind and name.
    """

    words: str = ""
    kinds: tuple[str, ...] = ()
    chosen: tuple[str, str] | None = None
