"""Read a case's state off its log: what was received, done, noted and concluded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..types import InputError
from ..types.foreign_json import parse_json
from .chain import START, Json, LogEntry

ACTIONS = ("create", "add", "analyse", "fail", "record", "note", "mark", "conclude", "review")
PLACE = re.compile(r"(original|results)(/[A-Za-z0-9_.-]+)+")  # where a case's files may lie
MARKS = ("manipulated", "not manipulated", "look again")


@dataclass(frozen=True, slots=True, eq=False)
class CaseFacts:
    """Hold what a case was opened with.

    id: random, 32 hexadecimal digits; question: who asked what, "" where nobody said; client: who asked; created: UTC.
    """

    id: str
    title: str
    question: str
    client: str
    examiner: str
    created: str


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """Hold a file that was received.

    number: from 1 on; sha256, bytes: of the file; path: of the original in the case; received: UTC; actor: who added;
    scan: for malware, the fields of `MalwareScan` and its time, UTC; empty in cases of versions that noted none.
    """

    number: int
    sha256: str
    name: str
    bytes: int
    path: str
    received: str
    actor: str
    scan: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return its name in reports: E1, E2 and so on."""
        return f"E{self.number}"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NewResult:
    """Hold an analysis that is to be kept.

    settings: all of them; versions: of programs and packages; weights: SHA-256 by model; machine: what it ran on;
    started, ended: UTC; zone: the local time zone; sha256_before, sha256_after: of the exhibit's file, about the
    analysis; detector: what is known of it: title, scope, error rates; failed: why there is no result, None where
    there is one.
    """

    settings: Json
    versions: Mapping[str, str]
    weights: Mapping[str, str]
    machine: Mapping[str, str]
    started: str
    ended: str
    zone: str
    sha256_before: str
    sha256_after: str
    detector: Json
    failed: str | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CaseResult(NewResult):
    """Hold one analysis of an exhibit that is kept.

    sequence: of its log entry; folder: of its files in the case; files: SHA-256 by path.
    """

    sequence: int
    actor: str
    exhibit: str
    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class RunEnvironment:
    """Hold what something was computed with.

    versions: of programs and packages; machine: what it ran on; zone: the local time zone.
    """

    versions: Mapping[str, str]
    machine: Mapping[str, str]
    zone: str


@dataclass(frozen=True, slots=True, eq=False)
class CaseRecord:
    """Hold what a page showed of an exhibit, or of none.

    sequence: of its log entry; exhibit: SHA-256, "" for none; kind: what was done; words: the conclusion, one
    sentence; settings: all of them; place: of its JSON in the case; files: SHA-256 by path, the JSON's too;
    versions, machine, zone: as in `CaseResult`; weights: SHA-256 by model, where its page knew them: none in cases of
    older versions.
    """

    sequence: int
    utc: str
    actor: str
    exhibit: str
    kind: str
    words: str
    settings: Json
    place: str
    files: Mapping[str, str]
    versions: Mapping[str, str]
    machine: Mapping[str, str]
    zone: str
    weights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Remark:
    """Hold a note, or a mark on an exhibit ("" for notes on the whole case)."""

    sequence: int
    utc: str
    actor: str
    text: str
    exhibit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Conclusion:
    """Hold a person's conclusion, and the tool's words at that time beside it.

    scale: of `verbal_scale.SCALE`; proposition: what it speaks for; tool: (exhibit, file, the tool's words).
    """

    sequence: int
    utc: str
    actor: str
    reviewer: str
    scale: str
    proposition: str
    words: str
    tool: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """Hold that somebody reviewed a conclusion.

    actor: the reviewer; conclusion: hash of its log entry; session: who worked when the review was logged.
    """

    sequence: int
    utc: str
    actor: str
    conclusion: str
    session: str


@dataclass(frozen=True, slots=True, eq=False)
class CaseState:
    """Hold all that a case's log says.

    marks: the last one by exhibit; conclusion: the last one; head: hash of the last entry; problems: entries that say
    nothing readable, as (sequence, why); review: of the conclusion by the reviewer that it names, None where the log
    holds none; records: what pages showed.
    """

    facts: CaseFacts
    exhibits: tuple[Exhibit, ...]
    results: tuple[CaseResult, ...]
    notes: tuple[Remark, ...]
    marks: Mapping[str, Remark]
    conclusion: Conclusion | None
    entries: tuple[LogEntry, ...]
    problems: tuple[tuple[int, str], ...] = ()
    review: Review | None = None
    records: tuple[CaseRecord, ...] = ()

    @property
    def head(self) -> str:
        """Return the hash of the last entry."""
        return self.entries[-1].hash if self.entries else START

    @property
    def files(self) -> dict[str, str]:
        """Return the SHA-256 of every original and result, by path in the case."""
        found = {one.path: one.sha256 for one in self.exhibits}
        for files in [*(one.files for one in self.results), *(one.files for one in self.records)]:
            found |= files
        return found

    @property
    def made(self) -> tuple[CaseResult | CaseRecord, ...]:
        """Return all that was computed: analyses, then what pages showed."""
        return (*self.results, *self.records)

    def exhibit(self, sha256: str) -> Exhibit | None:
        """Return the exhibit with this hash, or None."""
        return next((one for one in self.exhibits if one.sha256 == sha256), None)

    def result_of(self, sha256: str) -> CaseResult | None:
        """Return the last result of an exhibit that did not fail, or None."""
        return next((one for one in reversed(self.results) if one.exhibit == sha256 and one.failed is None), None)


def read_state(entries: Iterable[LogEntry]) -> CaseState:
    """Fold a log into the state of its case.

    Entries that cannot be read are named under `problems`; a log without a readable first entry raises `InputError`.
    """
    entries = tuple(entries)
    facts: CaseFacts | None = None
    names = ("add", "analyse", "record", "note", "mark", "conclude", "review")
    kept: dict[str, list[Any]] = {name: [] for name in names}
    problems: list[tuple[int, str]] = []
    for entry in entries:
        try:
            said = parse_json(entry.text)
            if entry.action == "create":
                facts = facts or CaseFacts(**_texts(said), created=entry.utc)
            elif entry.action == "fail":
                kept["analyse"].append(_result(entry, said))
            else:
                kept[entry.action].append(_READERS[entry.action](entry, said))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append((entry.sequence, f"{type(error).__name__}: {error}"))
    if facts is None:
        raise InputError("the log has no readable first entry, which says what case it is")
    exhibits = tuple(Exhibit(number, *one) for number, one in enumerate(kept["add"], 1))
    marks = {one.exhibit: one for one in kept["mark"]}
    conclusion = kept["conclude"][-1] if kept["conclude"] else None
    results, notes = tuple(kept["analyse"]), tuple(kept["note"])
    review, records = _review_of(conclusion, entries, kept["review"]), tuple(kept["record"])
    return CaseState(facts, exhibits, results, notes, marks, conclusion, entries, tuple(problems), review, records)


def check_relative(path: str) -> str:
    """Return a path of a file under original/ or results/, or raise `ValueError`."""
    if not PLACE.fullmatch(path) or ".." in path.split("/"):
        raise ValueError(f"{path!r} is no place of a case's file")
    return path


def _texts(said: Json) -> dict[str, str]:
    return {name: str(said[name]) for name in ("id", "title", "question", "client", "examiner")}


def _exhibit(entry: LogEntry, said: Json) -> tuple[str, str, int, str, str, str, dict[str, str]]:
    path = check_relative(said["path"])
    scan = {str(name): str(value) for name, value in said.get("scan", {}).items()}
    return str(said["sha256"]), str(said["name"]), int(said["bytes"]), path, entry.utc, entry.actor, scan


def _result(entry: LogEntry, said: Json) -> CaseResult:
    for path in said["files"]:
        check_relative(path)
    return CaseResult(sequence=entry.sequence, actor=entry.actor, **said)


def is_same_name(one: str, other: str) -> bool:
    """Return whether two typed names are one person's, whatever their case and blanks."""
    first, second = ("".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in (one, other))
    return first == second


def _record(entry: LogEntry, said: Json) -> CaseRecord:
    said = {**said, "weights": {str(name): str(sha256) for name, sha256 in dict(said.get("weights", {})).items()}}
    for path in (said["place"], *said["files"]):
        check_relative(path)
    return CaseRecord(entry.sequence, entry.utc, entry.actor, **said)


def _remark(entry: LogEntry, said: Json) -> Remark:
    return Remark(entry.sequence, entry.utc, entry.actor, str(said["text"]), str(said.get("exhibit", "")))


def _conclusion(entry: LogEntry, said: Json) -> Conclusion:
    return Conclusion(
        entry.sequence,
        entry.utc,
        entry.actor,
        str(said["reviewer"]),
        str(said["scale"]),
        str(said["proposition"]),
        str(said["words"]),
        tuple((str(a), str(b), str(c)) for a, b, c in said["tool"]),
    )


def _review(entry: LogEntry, said: Json) -> Review:
    return Review(entry.sequence, entry.utc, entry.actor, str(said["conclusion"]), str(said["session"]))


def _review_of(found: Conclusion | None, entries: Iterable[LogEntry], reviews: Iterable[Review]) -> Review | None:
    """Return the review of a conclusion by the reviewer that it names."""
    if found is None:
        return None
    of = next(entry.hash for entry in entries if entry.sequence == found.sequence)
    return next((one for one in reviews if (one.conclusion, one.actor) == (of, found.reviewer)), None)


_READERS = {
    "add": _exhibit,
    "analyse": _result,
    "record": _record,
    "note": _remark,
    "mark": _remark,
    "conclude": _conclusion,
    "review": _review,
}
