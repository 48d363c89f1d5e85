"""Hold files of a batch: a task, its outcome, its row, and the counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from .arrays import check

STATES = ("waiting", "running", "done", "failed", "skipped")


@dataclass(frozen=True, slots=True, eq=False)
class FileTask:
    """Hold one file to judge.

    key: of its content, the detector, the settings and the code; sha256: of its content; path: where it lies; name: to
        show; content: its bytes, for workers that cannot read the path; table: of the jobs, where one of another
        detector has kept the file's faces, else None.
    """

    key: str
    sha256: str
    path: Path
    name: str
    content: bytes | None = field(default=None, repr=False)
    table: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FileFindings:
    """Hold what was found in one file.

    kind: image or video; faces: of an image, or persons of a video; band: the verdict's word; label: "real", "fake",
        None without a verdict; p_fake, p_low, p_high: mean score of the face that stands for the file, with its 95 %
        interval: the calibration's in an image, None where there is none, over frames in a video; attack_label: one of
        `ANSWERS` to "was it attacked?", of the file as it came, None without a verdict; provenance: in a word; record:
        everything as JSON; artefacts: files by name; judged_by: the detector's version, "" where none judged.
    """

    kind: str
    faces: int
    band: str
    label: str | None
    p_fake: float | None
    p_low: float | None
    p_high: float | None
    attack_label: str | None
    provenance: str
    record: str = "{}"
    reason: str | None = None
    artefacts: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    judged_by: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FileOutcome:
    """Hold how a task ended.

    findings: None where it failed; reason: why, in a sentence; died: whether it took its worker with it, which may
        happen by accident once.
    """

    key: str
    findings: FileFindings | None
    reason: str | None = None
    died: bool = False

    def __post_init__(self) -> None:
        check((self.findings is None) == bool(self.reason), "a task has findings or a reason for none", self.reason)


@dataclass(frozen=True, slots=True, eq=False)
class FileRow:
    """Hold one file's row of a batch.

    The first twelve fields are the columns of an export.
    """

    sha256: str | None
    name: str
    kind: str | None
    faces: int | None
    label: str | None
    p_fake: float | None
    p_low: float | None
    p_high: float | None
    attack_label: str | None
    provenance: str | None
    state: str
    reason: str | None
    band: str | None = None
    key: str | None = None
    mark: str = ""
    note: str = ""
    path: Path | None = None

    def __post_init__(self) -> None:
        check(self.state in STATES, f"the state of a file is one of {', '.join(STATES)}", self.state)


COLUMNS = tuple(one.name for one in fields(FileRow))[:12]


@dataclass(frozen=True, slots=True, eq=False)
class BatchCounts:
    """Count the files of one run.

    done, failed: in this run; skipped: finished before this run, or not followed; left: not reached, as the run was
        stopped; seconds: of the run.
    """

    files: int
    done: int
    failed: int
    skipped: int
    left: int
    seconds: float
