"""Hold what the page Impersonation was set to, its gallery, and uploaded photos."""

from __future__ import annotations

import shutil
import weakref
from dataclasses import dataclass, field
from pathlib import Path

from core.recognition.base import DEFAULT_RECOGNISER
from core.registry import Value
from core.storage.leftovers import new_temporary_folder
from core.types.impersonation_result import ImpersonationResult
from core.types.recognition import Gallery


@dataclass(slots=True)
class ImpersonationSettings:
    """Hold the settings of the page, and the gallery that was built.

    folder: of the gallery, as written; recogniser: its name; network: path of an ONNX network in its place, as written;
    gallery: the one in use, None before it is built; built_by: name or path of the recogniser that embedded it;
    tab: the open one; filled: those that were open since the page was.
    """

    folder: str = ""
    recogniser: str = DEFAULT_RECOGNISER
    network: str = ""
    gallery: Gallery | None = None
    built_by: str | None = None
    tab: str | None = None
    filled: tuple[str, ...] = ()


@dataclass(slots=True)
class RecogniserAttackSettings:
    """Hold the settings of an attack on the recogniser.

    goal: "dodging" or "impersonation"; person: to pass as; method: its name; values: its settings, where not the
    default ones; map: the name of the map.
    """

    goal: str = "dodging"
    person: str | None = None
    method: str = "pgd"
    values: dict[str, Value] = field(
        default_factory=lambda: {"eps": 4 / 255}
    )  # 16/255, PGD's own default, is plainly visible
    map: str = "integrated-gradients"


@dataclass(slots=True)
class BenchSettings:
    """Hold what the bench runs on, and its last result.

    made: fakes made of the gallery, or those of a folder; folder: as written; each: made swaps and blends a person;
    detectors: in front of the recogniser, by name, the first one alone is DD1; () before they were chosen;
    groups: path of a table of people and groups, as written; "" for none;
    kept: the last result, with its tables as CSV by the name of the file, and the SHA-256 of weights by model.
    """

    made: bool = True
    folder: str = ""
    each: int = 2
    detectors: tuple[str, ...] = ()
    groups: str = ""
    kept: tuple[ImpersonationResult, dict[str, str], dict[str, str]] | None = None


@dataclass(eq=False)
class UploadedPhotos:
    """Keep uploaded photos in a folder a person; all are deleted with the session."""

    counts: dict[str, int] = field(default_factory=dict)
    _root: Path | None = None

    @property
    def root(self) -> Path:
        """Return the folder of the uploaded gallery."""
        if self._root is None:
            self._root = new_temporary_folder()
            weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        return self._root

    def forget(self) -> None:
        """Delete what was uploaded."""
        self.counts.clear()
        if self._root:
            for folder in self._root.iterdir():
                shutil.rmtree(folder, ignore_errors=True)
