"""Hold what the page Studies was set to, and the table it shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.registry import Value
from core.types.study_tables import StudyTable


@dataclass(slots=True)
class StudiesSettings:
    """Hold the settings of the page.

    study: chosen, by name; part: its table or figure, by name; folder: of the data, as written; minutes: of a run, 0
    for all examples; given: settings of the study, by name; shown: the table on the page, None before one was measured
    or opened; stopped: whether the last run was left before it had a table; kept: the tables of earlier
    runs by study and part, with the state of the file that each was read from.
    """

    study: str = "arif"
    part: str = "table 3"
    folder: str = ""
    minutes: float = 5.0
    given: dict[str, Value] = field(default_factory=dict)
    shown: StudyTable | None = None
    stopped: bool = False
    kept: dict[tuple[str, str], tuple[tuple[int, ...], StudyTable | None]] = field(default_factory=dict, repr=False)
