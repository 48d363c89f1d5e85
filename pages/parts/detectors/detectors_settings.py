"""Hold what the page Detectors was set to, while the page is left."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.detectors.ensemble import DetectorComparison

TAB_KEY = "detectors-tab"


@dataclass(slots=True)
class DetectorsSettings:
    """Hold the open tab, the detector in view, and the comparison.

    tab: its name; filled: those that were open since the page was;
    shown: a detector without weights that is in view, None for the one in use; together: the names of
        those chosen for a comparison; compared: the last comparison; weights: SHA-256 of its
        models, by name; frames: in how many of a video its faces were looked for.
    """

    tab: str | None = None
    filled: tuple[str, ...] = ()
    shown: str | None = None
    together: tuple[str, ...] = ()
    compared: DetectorComparison | None = None
    weights: dict[str, str] = field(default_factory=dict)
    frames: int = 0
