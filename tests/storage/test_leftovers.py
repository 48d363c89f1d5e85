"""What killed processes leave behind is swept; what living ones are writing is not."""

from __future__ import annotations

import contextlib
import os
import random
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.storage import files, leftovers
from core.storage.files import atomic_path, atomic_write, atomic_write_all
from core.storage.leftovers import new_temporary_folder, sweep, sweep_at_start, temporary_folder

ROOT = Path(__file__).resolve().parents[2]
LENGTH = 400_000
DIES = """
import os, signal, sys
from pathlib import Path
from core.storage.files import atomic_path
from core.storage.leftovers import new_temporary_folder

with atomic_path(Path(sys.argv[1]) / "a.txt") as partial:
    partial.write_text("half")
    (new_temporary_folder() / "clip.mp4").write_text("half")
    if len(sys.argv) > 2:
        print("writing", flush=True)
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""
PAIRS = """
import itertools, sys
from pathlib import Path
from core.storage.files import atomic_write_all

folder = Path(sys.argv[1])
for number in itertools.count():
    text = str(number % 10) * int(sys.argv[2])
    atomic_write_all({folder / name: text for name in ("b.pdf", "a.png", "c.json")})
    print(number, flush=True)
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_next_start_sweeps_what_a_killed_process_left_and_no_more(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights"
    (weights / "own").mkdir(parents=True)
    monkeypatch.setenv("PROSOPON_WEIGHTS", str(weights))
    kept = {"model.pth.partial", "model.pth.partial.json", ".hidden", "prosopon-notes"}
    for name in kept:
        (weights / "own" / name).write_text("a download that goes on, and files of other names")
    with subprocess.Popen(
        [sys.executable, "-c", DIES, str(weights / "own"), "wait"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as living:
        assert living.stdout
        living.stdout.readline()
        sweep_at_start()
        assert len(names(weights / "own")) == len(kept) + 1, "it is being written"
        assert len(names(temporary)) == 1
        living.kill()
    sweep_at_start()
    assert names(weights / "own") == kept
    assert names(temporary) == set()


def test_a_folder_is_swept_when_it_is_first_written_to(tmp_path: Path) -> None:
    gone = leftovers.temporary_name(".partial").replace(f"-{os.getpid()}-", "-99999999-")
    (tmp_path / gone).write_text("half")
    files._swept.discard(tmp_path)
    atomic_write(tmp_path / "a.txt", "whole")
    assert names(tmp_path) == {"a.txt"}


def test_a_number_that_was_given_again_is_another_process(tmp_path: Path) -> None:
    mine = leftovers.temporary_name(".partial")
    born = leftovers._born(os.getpid())
    other = mine.replace(f"-{os.getpid()}-{born}-", f"-{os.getpid()}-{born + 1}-")
    for name in (mine, other):
        (tmp_path / name).write_text("half")
    sweep(tmp_path)
    assert names(tmp_path) == {mine} if born else {mine, other}


def test_files_of_another_machine_or_of_no_owner_have_to_be_old(tmp_path: Path) -> None:
    mine = leftovers.temporary_name(".partial")
    foreign = f".{'f' * 6 if mine[1:7] != 'f' * 6 else '0' * 6}-99999999-1-ab.partial"
    for age, names_ in ((0, (foreign, f".{'0' * 16}.partial")), (2 * leftovers.OLD, (f".{'1' * 16}.partial",))):
        for name in names_:
            (tmp_path / name).write_text("half")
            stamp = (tmp_path / name).stat().st_mtime - age
            os.utime(tmp_path / name, (stamp, stamp))
    sweep(tmp_path)
    assert names(tmp_path) == {foreign, f".{'0' * 16}.partial"}


def test_a_killed_process_leaves_all_files_of_a_group_or_none(tmp_path: Path) -> None:
    rng = random.Random(0)
    for _ in range(4):
        command = [sys.executable, "-c", PAIRS, str(tmp_path), str(LENGTH)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout
            process.stdout.readline()
            with contextlib.suppress(subprocess.TimeoutExpired):  # a random part of the next group
                process.wait(rng.uniform(0, 0.02))
            process.kill()
        sweep(tmp_path)
        assert names(tmp_path) == {"a.png", "b.pdf", "c.json"}
        assert len({(tmp_path / name).read_text() for name in names(tmp_path)}) == 1


@pytest.fixture
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a process died that had moved one of two files."""
    folder = tmp_path / "unfinished"
    folder.mkdir()
    atomic_write_all({folder / "a": "old", folder / "b": "old"})

    def dies(staged: Path) -> None:
        os.replace(staged / "0" / "a", folder / "a")
        dead = staged.with_name(staged.name.replace(f"-{os.getpid()}-", "-99999999-"))
        staged.rename(dead)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(files, "finish_group", dies)
        with pytest.raises(KeyboardInterrupt):
            atomic_write_all({folder / "a": "new", folder / "b": "new"})
    assert (folder / "b").read_text() == "old"
    return folder


def test_a_complete_group_is_finished_by_the_next_process(unfinished: Path) -> None:
    sweep(unfinished)
    assert [(unfinished / name).read_text() for name in ("a", "b")] == ["new", "new"]
    assert names(unfinished) == {"a", "b"}


def test_a_group_replaces_nothing_that_was_written_since(unfinished: Path) -> None:
    (unfinished / "b").write_text("newer")
    later = (unfinished / "b").stat().st_mtime + 1
    os.utime(unfinished / "b", (later, later))
    sweep(unfinished)
    assert [(unfinished / name).read_text() for name in ("a", "b")] == ["new", "newer"]
    assert names(unfinished) == {"a", "b"}


@pytest.mark.skipif(os.name != "posix", reason="pipes have a place among files there")
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path.with_name("a"))])
def test_a_group_replaces_only_a_file(unfinished: Path, make: Callable[[Path], None]) -> None:
    (unfinished / "b").unlink()
    make(unfinished / "b")
    kind = stat.S_IFMT((unfinished / "b").lstat().st_mode)
    sweep(unfinished)
    assert stat.S_IFMT((unfinished / "b").lstat().st_mode) == kind
    assert (unfinished / "a").read_text() == "new"
    assert names(unfinished) == {"a", "b"}


def test_temporary_folders_name_their_owner_and_go(temporary: Path) -> None:
    with temporary_folder() as folder:
        assert folder.parent == temporary
        assert f"-{os.getpid()}-" in folder.name
        sweep(temporary)
        assert folder.is_dir()
    kept = new_temporary_folder()
    assert names(temporary) == {kept.name}
    with atomic_path(kept / "a") as partial:
        assert f"-{os.getpid()}-" in partial.name
        partial.write_text("a")


@pytest.mark.parametrize("name", ["202403-17-0042-meyer", "240315-004-2024-2", "prosopon-notes", ".hidden"])
def test_a_folder_that_a_person_named_is_never_swept(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "evidence.mp4").write_text("kept")
    os.utime(tmp_path / name, (0, 0))
    sweep(tmp_path)
    assert (tmp_path / name / "evidence.mp4").read_text() == "kept"


def test_a_strangers_leftover_goes_with_time(tmp_path: Path) -> None:
    for name in (".abcdef-1-4-0a.staged", ".abcdef-17-42-0a.partial", "prosopon-abcdef-17-42-x"):
        (tmp_path / name).mkdir()
        if "-17-" in name:
            os.utime(tmp_path / name, (0, 0))
    sweep(tmp_path)
    assert names(tmp_path) == {".abcdef-1-4-0a.staged"}


HAVE_AN_OWNER = {
    "core/storage/leftovers.py",
    "core/sandbox/shared_regions.py",  # a file without a name
    "pages/parts/attack/long_results.py",  # inside of such a folder
}


def test_all_temporary_files_name_their_owner() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for top in ("core", "pages")
        for path in (ROOT / top).rglob("*.py")
        if re.search(r"tempfile\.(?!gettempdir)", path.read_text("utf-8"))
    }
    assert found == HAVE_AN_OWNER


@pytest.mark.skipif(os.name != "posix", reason="other systems have no owners of files here")
def test_what_somebody_else_planted_among_temporary_files_is_left_alone(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "kept.txt").write_text("kept")
    name = f".{leftovers._host()}-999999999-0-x"
    (temporary / f"{name}.partial").symlink_to(own)
    planted = temporary / f"{name}.commit"
    (planted / "notanumber").mkdir(parents=True)
    (planted / "0").mkdir()
    (planted / "0" / "a.txt").write_text("theirs")
    monkeypatch.setattr(os, "getuid", lambda: planted.stat().st_uid + 1)
    sweep_at_start()
    assert names(temporary) == {f"{name}.partial", planted.name}
    monkeypatch.undo()
    sweep(temporary)
    assert names(temporary) == {f"{name}.partial", "a.txt"}, "one's own group is finished, whatever else lies in it"
    assert names(own) == {"kept.txt"}
