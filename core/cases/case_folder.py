"""Open a case's folder: read it, and append to it under its lock."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..media.malware_scan import scan_malware
from ..output.shown_record import ShownRecord
from ..output.value_records import value_record
from ..storage.files import atomic_path, atomic_write, replace_with, sha256_of, written_or_said
from ..types import InputError
from ..types.foreign_json import parse_json
from . import places, verbal_scale
from .case_log import append_entry, begin_log, check_format, last_entry, read_log, writing
from .case_values import MARKS, CaseState, Conclusion, Exhibit, NewResult, RunEnvironment, is_same_name, read_state
from .chain import Json, LogEntry, canonical, digest, utc_now
from .places import INCOMING, LOG, ORIGINAL, RESULTS, WORKING, inside, name_of
from .seal import SEAL, read_seal, write_seal
from .signing import own_signer

OWN = (f"{LOG}-wal", f"{LOG}-shm", LOG, SEAL, ORIGINAL, WORKING, RESULTS, INCOMING)  # all that lies in a case's folder
Build = Callable[[int], tuple[Json, Mapping[str, Path]]]  # sequence -> what is logged, staged files by their place


def default_actor() -> str:
    """Return who works here: `PROSOPON_ACTOR`, else the name of the account."""
    given = os.environ.get("PROSOPON_ACTOR", "").strip()
    if given:
        return given
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "unknown"


def is_case(root: Path) -> bool:
    """Tell whether a folder looks like a case."""
    return (root / LOG).is_file()


def new_case(
    root: Path, title: str, *, question: str = "", client: str = "", examiner: str = "", actor: str | None = None
) -> CaseFolder:
    """Make a case in a folder that is new or empty.

    Args:
        root: the folder.
        title: of the case, one line.
        question: what is asked of the exhibits.
        client: who asks.
        examiner: who examines; the actor where not given.
        actor: who makes the case; the account's name where not given.
    """
    title = " ".join(title.split())
    if not title:
        raise InputError("a case has a title; what came is empty")
    who = actor or default_actor()
    signer = own_signer()
    facts = {"title": title, "question": question, "client": client, "examiner": examiner or who}
    made = CaseFolder(root, who)
    with _in_sentences(root, "no case was made, and the same command can be given again"):
        _check_new(root)
        for name in (ORIGINAL, WORKING, RESULTS):
            (root / name).mkdir(parents=True, exist_ok=True)
        with writing(root / LOG) as log:
            if log.execute("PRAGMA user_version").fetchone() != (0,):
                raise InputError(f"{root} is a case already; a new one goes into a folder of its own")
            begin_log(log)
            append_entry(log, signer, who, "create", canonical({"id": secrets.token_hex(16), **facts}))
            made._seal(log)
    return made


def open_case(root: Path, *, actor: str | None = None) -> CaseFolder:
    """Open a case; refuse a folder that is none, or one that links elsewhere.

    Args:
        root: the folder.
        actor: who works on it; the account's name where not given.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise InputError(f'the case "{root}" {what}; a folder is wanted')
    for name in (LOG, ORIGINAL, WORKING, RESULTS, INCOMING, SEAL):
        inside(root, name)
    if not is_case(root):
        raise InputError(f"{root} is no case: it has no {LOG}; one is made with: python -m core case new")
    made = CaseFolder(root, actor or default_actor())
    made.entries()
    return made


def cases_in(folder: Path) -> list[Path]:
    """List the cases right below a folder, the one changed last first."""
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):  # one that may not be entered hides no other
                if is_case(path):
                    found.append((-path.stat().st_mtime, path))
    return [path for _, path in sorted(found)]


@dataclass(frozen=True, slots=True, eq=False)
class CaseFolder:
    """Work on an open case.

    root: its folder; actor: who does what is logged from here on.
    """

    root: Path
    actor: str

    def entries(self) -> list[LogEntry]:
        """Read the log."""
        return read_log(self.root / LOG)

    def state(self) -> CaseState:
        """Read what the log says."""
        return read_state(self.entries())

    def original(self, exhibit: Exhibit) -> Path:
        """Return the original of an exhibit, which nobody writes."""
        return inside(self.root, exhibit.path)

    def add_file(self, file: Path, name: str | None = None) -> tuple[Exhibit, bool]:
        """Keep a file as an exhibit. A read-only original named by its hash, and a working copy.

        Returns the exhibit, and whether it is new: a file that is there already is not added again. One that a malware
        scanner knows is refused; whether one has looked, and which, is logged with the file.
        """
        sha256, suffix = _hash(file), file.suffix.lower()
        if known := self.state().exhibit(sha256):
            return known, False
        kept = suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= 6 else ""
        place = f"{ORIGINAL}/{sha256}{kept}"
        said: Json = {"sha256": sha256, "name": name or file.name, "bytes": file.stat().st_size, "path": place}
        with _in_sentences(self.root), places.staging(self.root) as staged:
            with atomic_path(staged / "file") as partial:
                shutil.copyfile(file, partial)
            if sha256_of(staged / "file") != sha256:
                raise InputError(f"{file.name} changed while it was copied; it was not added")
            said["scan"] = {**asdict(scan_malware(staged / "file", name or file.name, kept=True)), "utc": utc_now()}
            self._append("add", lambda _: (said, {place: staged / "file"}))
        exhibit = self.state().exhibit(sha256)
        assert exhibit
        self.working_copy(exhibit)
        return exhibit, True

    def working_copy(self, exhibit: Exhibit) -> Path:
        """Return a working copy that equals its original. One that was changed is kept beside."""
        copy = inside(self.root, f"{WORKING}/{Path(exhibit.path).name}")
        with _in_sentences(self.root):
            if copy.is_file():
                now = sha256_of(copy)
                if now == exhibit.sha256:
                    return copy
                copy.rename(copy.with_name(f"{copy.stem[:16]}-changed-{now[:16]}{copy.suffix}"))
            copy.parent.mkdir(exist_ok=True)
            with atomic_path(copy) as partial:
                shutil.copyfile(self.original(exhibit), partial)
                partial.chmod(0o644)
        return copy

    def keep_result(self, exhibit: Exhibit, result: NewResult, files: Mapping[str, bytes]) -> None:
        """Keep an analysis of an exhibit with its files.

        Args:
            exhibit: what was analysed.
            result: what came of it.
            files: contents by name.
        """
        with _in_sentences(self.root), places.staging(self.root) as staged:
            for name, content in files.items():
                atomic_write(staged / name, content)
            hashes = {name: sha256_of(staged / name) for name in files}

            def build(sequence: int) -> tuple[Json, Mapping[str, Path]]:
                folder = f"{RESULTS}/{sequence:05d}-{exhibit.sha256[:12]}"
                named = {f"{folder}/{name}": sha256 for name, sha256 in sorted(hashes.items())}
                moves = {f"{folder}/{name}": staged / name for name in files}
                return {**value_record(result), "exhibit": exhibit.sha256, "folder": folder, "files": named}, moves

            self._append("analyse" if result.failed is None else "fail", build)

    def holds(self, record: ShownRecord, exhibit: Exhibit | None = None) -> bool:
        """Return whether it holds this very record, of an exhibit or of none."""
        about = exhibit.sha256 if exhibit else ""
        known = [one for one in self.state().records if (one.exhibit, one.kind) == (about, record.kind)]
        return bool(known) and any(one.files.get(one.place) == digest(record.text()) for one in known)

    def keep_record(self, record: ShownRecord, environment: RunEnvironment, exhibit: Exhibit | None = None) -> bool:
        """Keep what a page showed, of an exhibit or of none. Return whether it is new.

        A record that the case holds already, to the byte, is not added again.

        Args:
            record: what was shown.
            environment: what it was computed with.
            exhibit: whose record it is; None for the whole case.
        """
        if self.holds(record, exhibit):
            return False
        text, about, owner = record.text(), exhibit.sha256 if exhibit else "", exhibit.title if exhibit else "case"
        with _in_sentences(self.root), places.staging(self.root) as staged:
            hashes = places.stage(staged, {"json": text, **record.files})

            def build(_: int) -> tuple[Json, Mapping[str, Path]]:
                before = [one for one in self.state().records if (one.exhibit, one.kind) == (about, record.kind)]
                stem = f"{RESULTS}/{owner}/{record.kind}-{len(before) + 1}"
                at = {name: f"{stem}.json" if name == "json" else f"{stem}-{name}" for name in hashes}
                said = {name: value for name, value in record.record().items() if name in ("kind", "words", "settings")}
                said |= {"exhibit": about, "place": at["json"], "files": {at[one]: hashes[one] for one in sorted(at)}}
                said |= {name: getattr(environment, name) for name in ("versions", "machine", "zone")}
                said |= {"weights": dict(record.weights)} if record.weights else {}
                return said, {at[name]: staged / name for name in hashes}

            self._append("record", build)
        return True

    def note(self, text: str, exhibit: str = "") -> None:
        """Write a note, on the case or on an exhibit (its SHA-256)."""
        if not text.strip():
            raise InputError("a note has words; what came is empty")
        self._append("note", lambda _: ({"text": text, "exhibit": exhibit}, {}))

    def mark(self, exhibit: str, mark: str) -> None:
        """Mark an exhibit (its SHA-256) with one of `MARKS`; the last mark counts."""
        if mark not in MARKS:
            raise InputError(f"a mark is one of: {', '.join(MARKS)}; what came is {mark!r}")
        if self.state().exhibit(exhibit) is None:
            raise InputError(f'the case "{name_of(self.root)}" has no exhibit {exhibit[:12]}')
        self._append("mark", lambda _: ({"text": mark, "exhibit": exhibit}, {}))

    def conclude(
        self,
        scale: str,
        reviewer: str,
        *,
        tool: Sequence[tuple[str, str, str]],
        proposition: str = "manipulated",
        words: str = "",
    ) -> Conclusion:
        """Log a person's conclusion, and that somebody else reviewed it.

        The review is an entry of its own. Its actor is the reviewer, as named here; it says in whose session it was
        logged.

        Args:
            scale: a word of `verbal_scale.SCALE`.
            reviewer: who reviewed it; neither who concludes nor the case's examiner.
            tool: (exhibit, file, the tool's words), kept beside the conclusion.
            proposition: what it speaks for: manipulated, or not manipulated.
            words: the person's own, may be empty.
        """
        word, about = verbal_scale.scale_word(scale), verbal_scale.toward(proposition)
        second = " ".join(reviewer.split())
        if not second:
            raise InputError("a conclusion has a reviewer; what came is empty")
        state = self.state()
        for first in (self.actor, state.facts.examiner):
            if is_same_name(first, second):
                raise InputError(f"the reviewer is somebody else than who examines or concludes; both are {first}")
        if not state.exhibits and not state.records:
            raise InputError(
                f'a conclusion is about exhibits or results of pages; the case "{name_of(self.root)}" holds neither yet'
            )
        said = {"scale": word, "proposition": about, "reviewer": second, "words": words, "tool": [*map(list, tool)]}
        entry = self._append("conclude", lambda _: (said, {}))
        reviewed = {"conclusion": entry.hash, "session": self.actor}
        CaseFolder(self.root, second)._append("review", lambda _: (reviewed, {}))
        found = self.state().conclusion
        assert found
        return found

    def seal(self) -> None:
        """Sign the log's present end. Under its lock, so that no older end replaces a newer."""
        with _in_sentences(self.root), writing(self.root / LOG) as log:
            self._seal(log)

    def _append(self, action: str, build: Build) -> LogEntry:
        signer = own_signer()
        with _in_sentences(self.root):
            with writing(self.root / LOG) as log:
                check_format(log, LOG)
                self._settle(log)
                said, moves = build(last_entry(log)[0] + 1)
                text = canonical(said)
                try:
                    if moves:
                        places.plan(next(iter(moves.values())).parent, list(moves))
                    for place, staged in moves.items():
                        self._move(staged, place)
                    entry = append_entry(log, signer, self.actor, action, text)
                    log.commit()
                except BaseException:
                    for place in moves:
                        inside(self.root, place).unlink(missing_ok=True)
                    raise
            self.seal()
        return entry

    def _move(self, staged: Path, place: str) -> None:
        """Move a staged file to its place, for reading only."""
        to = inside(self.root, place)
        to.parent.mkdir(parents=True, exist_ok=True)
        replace_with(staged, to)
        to.chmod(0o444)

    def _settle(self, log: sqlite3.Connection) -> None:
        """Put away what writers that were killed left unlogged, and seal what they logged."""
        logged: dict[str, str] | None = None
        for staged, finals in places.planned(self.root).items():
            if not places.is_abandoned(staged):
                continue
            if logged is None:
                logged = read_state(self.entries()).files
            for place in finals:
                if place not in logged:
                    path = inside(self.root, place)
                    path.unlink(missing_ok=True)
                    with contextlib.suppress(OSError):  # a result's folder, once it is empty
                        if path.parent != self.root / ORIGINAL:
                            path.parent.rmdir()
            shutil.rmtree(staged, ignore_errors=True)
        seal = read_seal(self.root)
        if seal is None or seal.entries < last_entry(log)[0]:
            self._seal(log)

    def _seal(self, log: sqlite3.Connection) -> None:
        (text,) = log.execute("SELECT s.text FROM entries e JOIN subjects s ON s.hash = e.subject LIMIT 1").fetchone()
        count, head = last_entry(log)
        write_seal(self.root, read_case_id(text), count, head, own_signer())


def read_case_id(text: str) -> str:
    """Return the case's id from the text of its first entry."""
    return str(parse_json(text)["id"])


def _check_new(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise InputError(f"{root} is a file; a case goes into a folder")
    others = [path.name for path in root.iterdir() if path.name not in OWN] if root.is_dir() else []
    if others:
        raise InputError(f"{root} is not empty ({others[0]!r} is in it); a case goes into a new or empty folder")


def _hash(file: Path) -> str:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "does not exist" if not file.exists() else "is no regular file"
        raise InputError(f"{file.name!r} {what}; a file is wanted")
    try:
        return sha256_of(file)
    except OSError as error:
        raise InputError(f"{file.name!r} cannot be read: {error.strerror}") from error


@contextlib.contextmanager
def _in_sentences(root: Path, kept: str = "what was logged before is kept") -> Iterator[None]:
    """Turn an error of the disk into a sentence."""
    with written_or_said(kept, f'the case "{name_of(root)}"'):
        yield
