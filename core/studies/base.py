"""Register studies: the registry, and what a study says of itself and is handed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..progress import NO_PROGRESS, Progress
from ..registry import Registry
from ..types import InputError
from ..types.study_tables import StudyTable

ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}


@dataclass(frozen=True, slots=True)
class NeededFile:
    """Name a file that a study needs.

    name: in the data folder; form: what is in it; get: where it comes from; folder: whether it is one, and no file;
    instead: other files or folders, any of which will do.
    """

    name: str
    form: str
    get: str
    folder: bool = False
    instead: tuple[str, ...] = ()

    def lies_in(self, data: Path) -> bool:
        """Tell whether it is there, or what will do instead."""
        path = data / self.name
        return (path.is_dir() if self.folder else path.is_file()) or any((data / one).exists() for one in self.instead)


@dataclass(frozen=True, slots=True)
class StudyPart:
    """Name a table or figure of a paper, with its title."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """Hold what is known of a study beside its source.

    about: what the paper claims and what is measured, in a sentence.
    parts: its tables and figures, the main one first.
    needs: the files of its data folder.
    """

    about: str
    parts: tuple[StudyPart, ...]
    needs: tuple[NeededFile, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StudyContext:
    """Hold what a study works with.

    data: folder of the needed files.
    cache: the study's own folder, for models and results that it goes on from.
    seed: of every random choice.
    minutes: after which no further examples are begun; None: all are measured.
    progress: told the steps; a stop raises `StopRequested` and loses no finished block.
    begun: when the work began, of `time.monotonic`.
    """

    data: Path
    cache: Path
    seed: int = 0
    minutes: float | None = None
    progress: Progress = NO_PROGRESS
    begun: float = field(default_factory=time.monotonic)

    def out_of_time(self) -> bool:
        """Tell whether the minutes are over."""
        return self.minutes is not None and time.monotonic() - self.begun >= 60 * self.minutes


# A study takes its context, the name of one of its parts, and its settings by keyword.
Study = Callable[..., StudyTable]
STUDIES: Registry[Study, StudyFacts] = Registry("study", StudyFacts)


def part_of(study: str, asked: str | None) -> StudyPart:
    """Return a part of a study by its number.

    "table 3", "table III" and "Figure5" are understood; None is the main one.
    """
    parts = STUDIES[study].facts.parts
    if asked is None:
        return parts[0]
    words = re.fullmatch(r"([a-z]+)\W*([0-9]+|[ivx]+)", " ".join(asked.lower().split()))
    name = f"{words[1]} {ROMAN.get(words[2], words[2])}" if words else asked
    for part in parts:
        if part.name == name:
            return part
    raise InputError(f"the study {study} has no {asked.strip()}; it has: {', '.join(part.name for part in parts)}")


def check_files(study: str, data: Path) -> None:
    """Refuse a folder without the files that a study needs.

    The error says which, in what form, and where they come from.
    """
    if not data.is_dir():
        raise InputError(f"there is no folder {str(data)!r}; the study {study} reads its data from a folder")
    missing = [one for one in STUDIES[study].facts.needs if not one.lies_in(data)]
    if missing:
        said = "; ".join(f"{one.name} ({one.form}; from {one.get})" for one in missing)
        raise InputError(f"the study {study} needs files that are missing from {data.name or data}/: {said}")
