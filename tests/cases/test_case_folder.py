"""A case's folder: what it keeps, what it refuses in one sentence, what survives a crash."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

import pytest
from made_cases import keep

from core.cases import case_folder, case_log, places
from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder, is_case, new_case, open_case
from core.cases.case_values import RunEnvironment
from core.cases.replay import replay
from core.cases.signing import own_signer
from core.cases.verification import verify
from core.output.shown_record import ShownRecord
from core.output.value_records import value_record
from core.types import InputError


def test_a_case_holds_what_was_done(case: CaseFolder) -> None:
    state = case.state()
    assert (state.facts.title, state.facts.question, state.facts.client) == (
        "A made case",
        "Is one.png manipulated?",
        "Court of tests",
    )
    assert [one.name for one in state.exhibits] == ["one.png", "two\nlines.png"]
    assert [entry.action for entry in state.entries] == [
        "create",
        *("add", "analyse") * 2,
        *("note", "note", "mark", "conclude", "review"),
    ]
    assert state.conclusion
    assert (state.conclusion.scale, state.conclusion.actor, state.conclusion.reviewer) == ("moderate", "Ada", "Bela")
    review = state.review
    assert review
    assert (review.actor, review.session, state.entries[-1].actor) == ("Bela", "Ada", "Bela")
    assert review.conclusion == state.entries[-2].hash
    assert state.conclusion.tool[0] == ("E1", "one.png", "Likely manipulated")
    original = case.original(state.exhibits[0])
    assert stat.S_IMODE(original.stat().st_mode) == 0o444
    assert original.stem == state.exhibits[0].sha256
    assert value_record(verify(case.root)) == {"ok": True, "findings": [], "entries": 10, "head": state.head}


def test_an_entry_is_on_the_disk_before_it_is_told(case: CaseFolder) -> None:
    full = 2  # as SQLite numbers PRAGMA synchronous
    with case_log.writing(case.root / places.LOG) as log:
        assert log.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert log.execute("PRAGMA synchronous").fetchone() == (full,)


def test_a_folder_that_may_not_be_entered_hides_no_case(case: CaseFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    (case.root.parent / "lost+found").mkdir()

    def looked(path: Path) -> bool:
        if path.name == "lost+found":
            raise PermissionError
        return is_case(path)

    monkeypatch.setattr(case_folder, "is_case", looked)
    assert case_folder.cases_in(case.root.parent) == [case.root]


def test_a_file_is_kept_once(case: CaseFolder, tmp_path: Path) -> None:
    (tmp_path / "again.png").write_bytes(b"first" * 40)
    exhibit, new = case.add_file(tmp_path / "again.png")
    assert (exhibit.number, new, len(case.state().entries)) == (1, False, 10)


def test_a_changed_working_copy_is_kept_beside_a_new_one(case: CaseFolder) -> None:
    exhibit = case.state().exhibits[0]
    copy = case.working_copy(exhibit)
    copy.write_bytes(b"worked on")
    assert case.working_copy(exhibit).read_bytes() == b"first" * 40
    assert b"worked on" in [path.read_bytes() for path in copy.parent.iterdir()]
    assert verify(case.root).ok


CHANGES = {
    "edited": ("original", lambda path: (path.chmod(0o644), path.write_bytes(b"x" * path.stat().st_size))),
    "truncated": ("original", lambda path: (path.chmod(0o644), path.write_bytes(b"first"))),
    "deleted": ("results", lambda path: path.unlink()),
    "inserted": ("results", lambda path: path.with_name("more.png").write_bytes(b"")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_is_named_and_not_exported(what: str, case: CaseFolder, tmp_path: Path) -> None:
    folder, change = CHANGES[what]
    path = next(path for path in sorted((case.root / folder).rglob("*.png")) if path.is_file())
    change(path)
    (found,) = verify(case.root).findings
    place = path.with_name("more.png") if what == "inserted" else path
    assert (found.what, found.where) == (what, place.relative_to(case.root).as_posix())
    if what != "inserted":
        with pytest.raises(InputError, match=r"so the case is not exported"):
            export_case(case, tmp_path / "out.zip")
        assert not (tmp_path / "out.zip").exists()


def changed_log(case: CaseFolder, *statements: str) -> set[tuple[str, str]]:
    log = sqlite3.connect(case.root / places.LOG)
    for statement in statements:
        log.execute(statement)
    log.commit()
    log.close()
    return {(one.what, one.where) for one in verify(case.root).findings}


def test_a_changed_log_is_found_without_a_bundle(case: CaseFolder) -> None:
    kept = case.root.with_name("kept")
    shutil.copytree(case.root, kept)
    other = CaseFolder(kept, "Ada")
    where = f"{places.LOG}: entry"
    assert ("edited", f"{where} 4") in changed_log(case, "UPDATE entries SET actor = 'Eve' WHERE sequence = 4")
    # the chain alone does not show that its end is gone: the seal beside it does
    assert ("truncated", f"{where} 10") in changed_log(other, "DELETE FROM entries WHERE sequence = 10")


def test_a_key_is_private_made_once_and_missed(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "own"))
    key = own_signer().key
    secret = tmp_path / "own" / "signing.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert own_signer().key == key
    secret.chmod(0o644)
    with pytest.raises(InputError, match="has mode 644, so others can read it"):
        own_signer()
    secret.chmod(0o600)
    data = secret.read_bytes()
    secret.write_text("no key")
    with pytest.raises(InputError, match="is damaged"):
        own_signer()
    secret.unlink()
    with pytest.raises(InputError, match="is missing, though signing.pub is there"):
        new_case(tmp_path / "case", "T")
    assert data != b"no key"


def test_bad_input_is_one_sentence(case: CaseFolder, tmp_path: Path) -> None:
    refused = {
        "does not exist; a folder is wanted": lambda: open_case(tmp_path / "none"),
        "is no case: it has no case.sqlite": lambda: open_case(tmp_path),
        "is a case already": lambda: new_case(case.root, "Again"),
        "is not empty": lambda: new_case(tmp_path, "T"),
        "a case has a title": lambda: new_case(tmp_path / "x", " \n"),
        "'none.png' does not exist": lambda: case.add_file(tmp_path / "none.png"),
        "a note has words": lambda: case.note(" "),
        "a mark is one of": lambda: case.mark(case.state().exhibits[0].sha256, "so-so"),
        "is no word of the verbal scale; its words are: inconclusive, weak": lambda: case.conclude(
            "sure", "B", tool=[]
        ),
        "the reviewer is somebody else": lambda: case.conclude("weak", "ada", tool=[]),
        "both are Ada": lambda: case.conclude("weak", " A\u00a0DA ", tool=[]),
        "than who examines or concludes": lambda: open_case(case.root, actor="Cyd").conclude("weak", "AdA", tool=[]),
        "a conclusion has a reviewer": lambda: case.conclude("weak", " ", tool=[]),
        "a conclusion is about one of": lambda: case.conclude("weak", "B", tool=[], proposition="true"),
    }
    for words, call in refused.items():
        with pytest.raises(InputError) as error:
            call()
        assert words in str(error.value)
        assert "\n" not in str(error.value)
    assert verify(case.root).entries == 10


def test_a_conclusion_is_about_something(tmp_path: Path) -> None:
    case = new_case(tmp_path / "empty", "T", actor="Ada")
    with pytest.raises(InputError, match='about exhibits or results of pages; the case "empty" holds neither'):
        case.conclude("weak", "Bela", tool=[])
    assert [entry.action for entry in case.entries()] == ["create"]
    case.keep_record(ShownRecord("sweep", "It turns.", {}, {}), RunEnvironment({}, {}, "UTC (+0000)"))
    assert case.conclude("weak", "Bela", tool=[]).reviewer == "Bela"


def test_sentences_name_the_folder_also_from_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = new_case(tmp_path / "empty", "T", actor="Ada").root
    monkeypatch.chdir(root)
    case = open_case(Path())
    with pytest.raises(InputError, match='the case "empty" holds neither'):
        case.conclude("weak", "Bela", tool=[])
    with pytest.raises(InputError, match='the case "empty" has no exhibit 000000000000'):
        case.mark("0" * 64, "look again")
    with pytest.raises(InputError, match="empty has no log"):
        replay(Path(), lambda *_: pytest.fail("analysed"), None)
    (root / "results").rename(tmp_path / "results")
    (root / "results").symlink_to(tmp_path / "results")
    with pytest.raises(InputError, match='results in the case "empty" is a link'):
        open_case(Path())


def test_a_link_out_of_the_folder_is_refused(case: CaseFolder, tmp_path: Path) -> None:
    exhibit = case.state().exhibits[0]
    original = case.original(exhibit)
    original.rename(tmp_path / "moved")
    original.symlink_to(tmp_path / "moved")
    with pytest.raises(InputError, match="is a link"):
        export_case(case, tmp_path / "out.zip")
    assert [(one.what, one.where) for one in verify(case.root).findings] == [("edited", exhibit.path)]
    (case.root / "results").rename(tmp_path / "results")
    (case.root / "results").symlink_to(tmp_path / "results")
    with pytest.raises(InputError, match='results in the case "case" is a link'):
        open_case(case.root)


def test_a_newer_case_and_a_damaged_log_are_refused(case: CaseFolder) -> None:
    log = sqlite3.connect(case.root / places.LOG)
    log.execute("PRAGMA user_version = 7")
    log.close()
    with pytest.raises(InputError, match="format 7, made by a newer version"):
        open_case(case.root)
    with pytest.raises(InputError, match="format 7, made by a newer version"):
        case.note("x")
    for path in case.root.glob("case.sqlite*"):
        path.write_bytes(b"no database at all" * 99)
    with pytest.raises(InputError, match="is no log of a case"):
        open_case(case.root)
    assert not verify(case.root).ok


def test_a_locked_log_is_one_sentence_and_nothing_is_lost(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_log, "WAIT", 0.05)
    (tmp_path / "new.png").write_bytes(b"new")
    with case_log.writing(case.root / places.LOG):
        with pytest.raises(InputError, match="is being written by another program; nothing was changed"):
            case.add_file(tmp_path / "new.png")
        assert verify(case.root).ok
    case.add_file(tmp_path / "new.png")
    assert verify(case.root).entries == 11


def fill(case: CaseFolder) -> None:
    with case_log.writing(case.root / places.LOG) as log:
        log.execute("PRAGMA max_page_count = 1")
        log.execute("INSERT INTO subjects VALUES ('x', ?)", ("long" * 9999,))


def test_a_full_disk_is_one_sentence_and_nothing_is_lost(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new.png").write_bytes(b"new" * 9)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    words = 'the case "case" could not be written: No space left on device; what was logged before is kept'
    for module, name in ((shutil, "copyfile"), (case_folder, "replace_with"), (case_folder, "append_entry")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, full)
            with pytest.raises(InputError, match=words):
                case.add_file(tmp_path / "new.png")
        assert verify(case.root).entries == 10
        assert verify(case.root).ok
        assert not list((case.root / places.INCOMING).iterdir())
    with pytest.raises(InputError, match="the disk is full; nothing was changed"):
        fill(case)
    case.note("goes on")
    assert verify(case.root).ok


def test_two_writers_at_once_lose_nothing(case: CaseFolder) -> None:
    def work(name: str) -> None:
        mine = open_case(case.root, actor=name)
        for number in range(8):
            mine.note(f"{name} {number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(case.state().notes) == 2 + 24
    assert verify(case.root).ok


def test_two_processes_write_one_case(case: CaseFolder) -> None:
    writers = []
    for name in ("a", "b"):
        writers.append(os.fork())
        if not writers[-1]:
            try:
                for number in range(8):
                    open_case(case.root, actor=name).note(f"{name} {number}")
                os._exit(0)
            finally:
                os._exit(1)
    assert [os.waitpid(one, 0)[1] for one in writers] == [0, 0]
    assert {note.text for note in case.state().notes} >= {f"{name} {number}" for name in "ab" for number in range(8)}
    assert verify(case.root).ok


def write_on(case: CaseFolder, file: Path, told: int) -> NoReturn:
    """Add and keep without end; tell each by a line."""
    while True:
        file.write_bytes(os.urandom(5000))
        exhibit, _ = case.add_file(file)
        os.write(told, f"add {exhibit.sha256}\n".encode())
        keep(case, exhibit)
        os.write(told, f"keep {exhibit.sha256}\n".encode())


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_and_leaves_nothing_half(tmp_path: Path, config: Path) -> None:
    case = new_case(tmp_path / "case", "K", actor="w")
    told: set[str] = set()
    for number in range(3):
        reading, writing = os.pipe()
        writer = os.fork()
        if not writer:
            try:
                write_on(open_case(case.root, actor="w"), tmp_path / "file", writing)
            finally:
                os._exit(1)
        os.close(writing)
        with open(reading) as lines:
            told.add(lines.readline().strip())
            time.sleep(0.013 * number)  # wherever it is by then
            os.kill(writer, signal.SIGKILL)
            told |= set(lines.read().split("\n")[:-1])
        assert os.waitstatus_to_exitcode(os.waitpid(writer, 0)[1]) == -signal.SIGKILL
        assert verify(case.root).ok
        case.note("after")
        assert verify(case.root).ok
        assert not [path for path in (case.root / places.INCOMING).iterdir() if places.is_abandoned(path)]
    state = case.state()
    done = {f"add {one.sha256}" for one in state.exhibits} | {f"keep {one.exhibit}" for one in state.results}
    assert told <= done


def test_what_a_killed_writer_moved_but_did_not_log_is_put_away(case: CaseFolder, config: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = next(iter(os.uname().nodename.split()))
    left = case.root / places.INCOMING / f"{host}~{ended.pid}~ab"
    left.mkdir(parents=True)
    moved = f"results/00010-{'0' * 12}/x.png"
    (left / places.PLAN).write_text(json.dumps([moved]))
    (case.root / moved).parent.mkdir()
    (case.root / moved).write_bytes(b"half")
    assert verify(case.root).ok
    keep(case, case.state().exhibits[0])
    assert not (case.root / moved).exists()
    assert not left.exists()
    assert verify(case.root).ok
