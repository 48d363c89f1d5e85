"""What the attack page remembers: its settings, and what came of long attacks, with their files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.media.write import CRF, QUALITY
from core.registry import Value

Of = tuple[str, str, str]  # "whole", "sweep" or "check"; the SHA-256 of a medium; the version of the detector


@dataclass(slots=True)
class AttackChoice:
    """The settings on the attack page, shared by one face and the whole file."""

    method: str = "pgd"
    values: dict[str, Value] = field(default_factory=dict)
    seed: int = 0
    factor: int = 8
    stop_at: float | None = None  # the score of "real" at which an attack ends; None: none ends early
    asks: str = "some"  # how often the attack detector is asked while an attack runs: "none", "some", "each" step
    tab: str | None = None


@dataclass(slots=True)
class WholeChoice:
    """What is attacked of a file, and how it is written."""

    frames: int | None = 16  # of a video; None: all
    lossy: bool = True
    crf: int = CRF
    quality: int = QUALITY
    shown: int | None = None  # the frame that is looked at


@dataclass(slots=True)
class SweepChoice:
    """The settings of a sweep."""

    attacks: tuple[str, ...] = ("fgsm", "pgd", "noise")
    epsilons: str = "0, 1, 2, 4, 8, 16"
    which: str = "fake"  # faces called fake, or "all"
    most: int = 8
    steps: int = 20
    queries: int = 300
    seed: int = 0


@dataclass(eq=False)
class Attacked:
    """What a session keeps of long attacks: the last of each kind, medium and detector; its files go when it goes."""

    kept: dict[Of, Any] = field(default_factory=dict)
    root: Path | None = None
    folders: dict[Of, Path] = field(default_factory=dict)

    def folder(self) -> Path:
        """A new folder for the files of one attack."""
        if self.root is None:
            self.root = Path(tempfile.mkdtemp(prefix="prosopon-"))
            weakref.finalize(self, shutil.rmtree, self.root, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self.root))

    def keep(self, of: Of, what: Any, folder: Path | None = None) -> None:
        """Keep a result and the folder of its files; the one that it replaces goes with its files."""
        self.kept[of] = what
        if before := self.folders.pop(of, None):
            shutil.rmtree(before, ignore_errors=True)
        if folder:
            self.folders[of] = folder
