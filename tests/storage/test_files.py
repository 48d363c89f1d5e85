"""Files are written whole or not at all: errors, a killed process, permissions, links, and every writer there is."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from known_models import CARD, LinearModel
from made_calibrations import made_calibration

from core.detectors import Detector
from core.detectors.calibration.store import save_calibration
from core.detectors.checkpoints import user_checkpoints
from core.media.write import write_media, write_together
from core.media_attack import samples
from core.storage.cards import save_model, write_card
from core.storage.files import (
    atomic_path,
    atomic_write,
    atomic_write_all,
    check_place,
    safe_name,
    sha256_of,
    write_once,
)
from core.storage.leftovers import finish_group
from core.storage.measured_files import record_measurements
from core.training.detector_trainer import Run
from core.training.trained_networks import supervised
from core.types import InputError
from core.types.measurement import Measurement

ROOT = Path(__file__).resolve().parents[2]
LENGTH = 3_000_000  # bytes: long enough that a kill hits the middle of a file
REWRITE = """
import itertools, sys
from pathlib import Path
from core.storage.files import atomic_write

for number in itertools.count():
    atomic_write(Path(sys.argv[1]), str(number % 10) * int(sys.argv[2]))
    print(number, flush=True)
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.txt"
    path.write_text("as it was")
    return path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_bytes_text_and_a_path(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a", b"\x00\xff")
    atomic_write(tmp_path / "b", "Gesichter, für alle\n")
    with atomic_path(tmp_path / "c") as partial:
        assert partial.parent == tmp_path
        partial.write_bytes(b"from a writer that wants a path")
        assert not (tmp_path / "c").exists()
    assert (tmp_path / "a").read_bytes() == b"\x00\xff"
    assert (tmp_path / "b").read_text("utf-8") == "Gesichter, für alle\n"
    assert names(tmp_path) == {"a", "b", "c"}
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"\x00\xff").hexdigest()


@pytest.mark.parametrize("error", [OSError, ValueError, KeyboardInterrupt])
def test_an_error_in_the_middle_leaves_what_was_there(error: type[BaseException], old: Path) -> None:
    def write_half() -> None:
        with atomic_path(old) as partial:
            partial.write_text("half of wh")
            raise error

    with pytest.raises(error):
        write_half()
    assert old.read_text() == "as it was"
    assert names(old.parent) == {"old.txt"}


def test_a_killed_process_leaves_a_whole_file(tmp_path: Path) -> None:
    to, rng = tmp_path / "file.txt", np.random.default_rng(0)
    command = [sys.executable, "-c", REWRITE, str(to), str(LENGTH)]
    for _ in range(10):
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout
            for _ in range(rng.integers(1, 4)):
                process.stdout.readline()
                seen = to.read_bytes()  # while it is written again
                assert (len(seen), len(set(seen))) == (LENGTH, 1)
            with contextlib.suppress(subprocess.TimeoutExpired):  # a random part of the next rewriting
                process.wait(rng.uniform(0, 0.01))
            process.kill()
        left = to.read_bytes()
        assert (len(left), len(set(left))) == (LENGTH, 1)


IN_PLACE = re.compile(
    r"""\.write_(text|bytes)\(|open\((?:[^()]*, *)?(?:mode=)?["'][wax+rb]*[wax+][wax+rbt]*["']"""
    r"""|\.save\((?!buffer|path|checkpoint|model)"""
)
HANDED_A_PARTIAL = {"storage/files.py", "media/write.py"}
HANDED_A_PARTIAL |= {"training/detector_trainer.py", "cases/bundle.py", "cases/signing.py"}
APPENDED = {
    "storage/file_locks.py",
    "storage/downloads.py",
    "storage/error_log.py",
}  # parts, a log, a lock
IN_MEMORY = {
    "storage/checkpoint_process.py",
    "media/reader_process.py",
    "media_attack/samples.py",
    "engine/file_judging.py",
    "cases/report/page_frame.py",
}
IN_TEMPORARY = {"cases/replay.py", "cases/verification.py", "cases/bundle_reader.py"}
IN_TEMPORARY |= {
    f"selftest/{name}.py" for name in ("hostile_media", "tally", "file_checks", "bundle_tampers", "resigned_bundle")
}
IN_TEMPORARY |= {
    "selftest/case_checks.py",
    "selftest/queue_checks.py",
    "selftest/stub_work.py",
    "engine/queue_speed.py",
}


def test_what_is_written_once_is_never_replaced(tmp_path: Path) -> None:
    write_once(tmp_path / "facts.json", "first")
    write_once(tmp_path / "facts.json", "second")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("facts.json", "first")]


def test_what_is_written_once_needs_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    write_once(tmp_path / "facts.json", "first")
    write_once(tmp_path / "facts.json", "second")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("facts.json", "first")]


def test_no_other_file_is_written_in_place() -> None:
    core = ROOT / "core"
    found = {path.relative_to(core).as_posix() for path in core.rglob("*.py") if IN_PLACE.search(path.read_text())}
    assert found == HANDED_A_PARTIAL | APPENDED | IN_MEMORY | IN_TEMPORARY


def test_permissions_are_those_of_the_old_file_or_the_usual_ones(old: Path) -> None:
    old.chmod(0o640)
    atomic_write(old, "new")
    before = os.umask(0o027)
    try:
        atomic_write(old.with_name("fresh.txt"), "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(old.with_name("fresh.txt").stat().st_mode) == 0o640


def test_a_link_stays_a_link(old: Path) -> None:
    link = old.with_name("link.txt")
    link.symlink_to(old)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert old.read_text() == "new"


def test_of_several_files_none_is_replaced_where_one_cannot_be_written(old: Path) -> None:
    with pytest.raises(OSError, match="No such file") as caught:
        atomic_write_all({old: "new", old.parent / "nowhere" / "b.txt": "new"})
    assert Path(caught.value.filename).name == "b.txt"
    assert old.read_text() == "as it was"
    assert names(old.parent) == {"old.txt"}


@pytest.mark.parametrize(
    ("stem", "ending", "name"),
    [
        ("clip", "-attacked.mkv", "clip-attacked.mkv"),
        ("\U0001f600" * 80, "-attacked.png", "\U0001f600" * 60 + "-attacked.png"),
        ("é" * 200, ".h5", "é" * 126 + ".h5"),
        ("n" * 300, "", "n" * 255),
        ("..", "", "file"),
        (".", "", "file"),
        ("", ".pth", "file.pth"),
        ("../a\\b\0c", ".pth", ".._a_b_c.pth"),
        ("\udcff", ".png", "_.png"),
    ],
)
def test_a_name_made_of_foreign_text(stem: str, ending: str, name: str, tmp_path: Path) -> None:
    assert safe_name(stem, ending) == name
    assert len(name.encode()) <= 255
    atomic_write(tmp_path / name, "it can be written")
    assert names(tmp_path) == {name}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("..", "is a folder"),
        (".", "is a folder"),
        ("n" * 300, "cannot be written: File name too long"),
        ("\U0001f600" * 80, "cannot be written: File name too long"),
        (f"{'n' * 300}/a.png", "cannot be written: File name too long"),
        ("a\0b.png", "a name has no NUL"),
        ("\ud800.csv", "a name is text that a disk can hold"),
        ("gone/a.png", "does not exist"),
    ],
)
def test_where_no_file_can_be_written_is_a_sentence(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        check_place(tmp_path / name)


def fifo(to: Path) -> None:
    os.mkfifo(to)


def listening(to: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(to.parent):  # a socket's path has about 100 bytes
        made.bind(to.name)


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link"])
@pytest.mark.parametrize(("make", "kind"), [(fifo, "a pipe"), (listening, "a socket")])
def test_what_is_no_regular_file_is_never_replaced(
    make: Callable[[Path], None], kind: str, linked: bool, tmp_path: Path
) -> None:
    make(tmp_path / "special")
    to = tmp_path / "special"
    if linked:
        to = tmp_path / "link"
        to.symlink_to("special")
    with pytest.raises(InputError, match=f"{to.name} is {kind}; a new name, or that of a regular file, is needed"):
        check_place(to)
    before = names(tmp_path)
    for write in (lambda: atomic_write(to, "new"), lambda: atomic_write_all({tmp_path / "other": "new", to: "new"})):
        with pytest.raises(OSError, match=f"it is {kind}, and only a regular file is replaced") as caught:
            write()
        assert Path(caught.value.filename).name in {to.name, "special"}
    assert names(tmp_path) == before
    assert not (tmp_path / "special").is_file()


def test_what_became_a_pipe_while_the_file_was_made_is_not_replaced(tmp_path: Path) -> None:
    def work() -> None:
        with atomic_path(tmp_path / "late") as partial:
            partial.write_text("made")
            os.mkfifo(tmp_path / "late")

    with pytest.raises(OSError, match="it is a pipe"):
        work()
    assert (tmp_path / "late").is_fifo()
    assert names(tmp_path) == {"late"}


def test_a_circle_of_links_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("a.csv")
    with pytest.raises(InputError, match="cannot be written: Too many levels"):
        check_place(tmp_path / "a.csv")


def checkpoint(to: Path) -> None:
    model = supervised("resnet-blend")
    Run(model, model, torch.optim.AdamW(model.parameters()), 1e-3).save(to)


def sample(to: Path) -> None:
    samples.sample("portrait.png", Detector("any", LinearModel(), CARD))


OLD = '{"title": "old", "measurements": []}'
WRITERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "card": ("a.json", lambda to: write_card("a", CARD, to.parent)),
    "measurements": (
        "a.measured.json",
        lambda to: record_measurements("a", [Measurement("detector", "label", {"auc": {"all": 1}})], folder=to.parent),
    ),
    "weights": ("a.safetensors", lambda to: save_model("a", {"w": torch.zeros(3)}, CARD, to.parent)),
    "card of weights": ("a.json", lambda to: save_model("a", {"w": torch.zeros(3)}, CARD, to.parent)),
    "calibration": ("a.json", lambda to: save_calibration(Detector("a", LinearModel(), CARD), made_calibration(), to)),
    "own checkpoint": ("a.pth", lambda to: user_checkpoints.copy(Path(__file__), to, CARD)),
    "card of an own one": (
        "a.json",
        lambda to: user_checkpoints.copy(Path(__file__), to.with_suffix(".pth"), CARD),
    ),
    "sample": ("samples/2/portrait.png", sample),
    "medium": ("a.png", lambda to: write_media([np.zeros((4, 4, 3), np.uint8)], to)),
    "figure": ("a.pdf", lambda to: write_together({to: b"new"})),
    "training": ("a.pt", checkpoint),
}


def test_an_own_checkpoint_never_stays_without_its_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[object] = []

    def killed(source: Path, to: Path) -> None:
        if moved:
            raise KeyboardInterrupt
        moved.append(to)
        replaced(source, to)

    replaced = os.replace
    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        user_checkpoints.copy(Path(__file__), tmp_path / "a.pth", CARD)
    monkeypatch.undo()
    assert (tmp_path / "a.pth").read_bytes() == Path(__file__).read_bytes()
    (complete,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    finish_group(complete)  # as the next process that writes there does
    assert names(tmp_path) == {"a.pth", "a.json"}
    assert json.loads((tmp_path / "a.json").read_text())["sha256"] == sha256_of(Path(__file__))


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_leaves_what_was_there_when_the_disk_fails(
    writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    name, write = WRITERS[writer]
    monkeypatch.setenv("PROSOPON_CACHE", str(tmp_path))
    if writer != "sample":  # one that is there is not made again
        (tmp_path / name).write_text(OLD)
    monkeypatch.setattr("core.storage.files.os.fsync", full)
    with pytest.raises((OSError, InputError), match="No space left on device"):
        write(tmp_path / name)
    if writer == "sample":
        assert list((tmp_path / name).parent.iterdir()) == []
    else:
        assert (tmp_path / name).read_text() == OLD
        assert names(tmp_path) == {name}
