"""Write files atomically, and compute their SHA-256."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..types import InputError
from .leftovers import COMMIT, finish_group, sweep, temporary_name

Content = bytes | str | Path  # a path: a copy of its file
MAX_NAME = 255  # bytes of a file's name
_swept: set[Path] = set()  # folders that were written to before
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def file_state(path: Path) -> tuple[int, ...]:
    """Tell one state of a file from another without reading it.

    Empty where there is no file, or none that can be looked at.
    """
    try:
        facts = path.stat()
    except OSError:
        return ()
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def atomic_write(to: Path, content: Content) -> None:
    """Write bytes, or text as UTF-8, to a file, whole or not at all."""
    atomic_write_all({to: content})


def write_json(to: Path, value: object) -> None:
    """Write what JSON can hold to a file, whole or not at all."""
    atomic_write(to, json.dumps(value))


def atomic_write_all(files: Mapping[Path, Content]) -> None:
    """Write several files; while one of them cannot be written, none is replaced.

    Those of one folder are all replaced or none, also where the process is killed: they are moved there together once
    they are complete, by the next process that writes there where this one cannot. An `OSError` names the file that
    could not be written.
    """
    targets = {to: to.resolve() for to in files}
    if len(files) > 1 and len({target.parent for target in targets.values()}) == 1:
        _write_group({targets[to]: content for to, content in files.items()})
        return
    with contextlib.ExitStack() as stack:
        # The last one entered is the first one replaced: they are replaced in the order given.
        partial = {to: stack.enter_context(atomic_path(to)) for to in reversed(list(files))}
        for to, content in files.items():
            with named_errors(to):
                _put(partial[to], content)


def write_once(to: Path, content: Content) -> None:
    """Write a file, whole or not at all, unless it is there.

    Of several writers the first one counts. Where the disk has no hard links, the file is there before it is whole.
    """
    partial = to.with_name(temporary_name(".partial"))
    try:
        _put(partial, content)
        try:
            os.link(partial, to)
        except FileExistsError:
            pass
        except OSError:  # as FAT and some network disks have no hard links
            _copy_once(partial, to)
    finally:
        partial.unlink(missing_ok=True)


def _copy_once(partial: Path, to: Path) -> None:
    """Copy a file's bytes to a file that is not there yet."""
    try:
        file = to.open("xb")
    except FileExistsError:
        return
    try:
        with file:
            file.write(partial.read_bytes())
        _flush(to)
    except BaseException:
        to.unlink(missing_ok=True)
        raise


def _write_group(files: Mapping[Path, Content]) -> None:
    """Write files of one folder, complete once their staging folder is renamed."""
    folder = next(iter(files)).parent
    _sweep_once(folder)
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(next(iter(files))))
    staged, complete = folder / temporary_name(".staged"), folder / temporary_name(COMMIT)
    try:
        for number, (to, content) in enumerate(files.items()):
            with named_errors(to):
                _check_replaceable(to)
                partial = staged / str(number) / to.name
                partial.parent.mkdir(parents=number == 0)
                _put(partial, content)
                _keep_permissions(partial, to)
        with named_errors(folder):
            _flush_folder(staged)
            os.rename(staged, complete)
            finish_group(complete)
        _flush_folder(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _put(to: Path, content: Content) -> None:
    if isinstance(content, Path):
        shutil.copyfile(content, to)
    else:
        to.write_bytes(content.encode() if isinstance(content, str) else content)
    _flush(to)


def _sweep_once(folder: Path) -> None:
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)


def safe_name(stem: str, ending: str) -> str:
    """Make a file's name of foreign text; cut the stem to what fits."""
    stem, ending = (
        re.sub(r"[/\\]", "_", "".join(c if c.isprintable() else "_" for c in part)) for part in (stem, ending)
    )
    stem = stem.encode()[: MAX_NAME - len(ending.encode())].decode(errors="ignore")
    return stem + ending if stem and stem + ending not in (".", "..") else f"file{ending}"


def check_place(to: Path) -> None:
    """Refuse a path at which no file can be written.

    A regular file is replaced; a folder, device, pipe or socket never is, nor where a link leads to one.
    """
    if "\0" in str(to):
        raise InputError(f"{to.name!r} cannot be written: a name has no NUL")
    try:
        kind, there = _kind_at(to), to.parent.is_dir()
    except OSError as error:
        raise InputError(f"{to.name[:40]}... cannot be written: {error.strerror}") from error
    except UnicodeEncodeError as error:
        raise InputError(f"{to.name!r} cannot be written: a name is text that a disk can hold") from error
    if kind:
        raise InputError(f"{to} is {kind}; a new name, or that of a regular file, is needed")
    if not there:
        raise InputError(f"the folder {to.parent} does not exist; the file is written into a folder that is there")


def _kind_at(path: Path) -> str:
    """Name what lies at a path, links followed; "" where a file can go."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return "" if stat.S_ISREG(mode) else next((said for is_kind, said in _KINDS if is_kind(mode)), "no regular file")


def _check_replaceable(to: Path) -> None:
    """Raise `OSError` where a rename would replace anything but a regular file."""
    kind = _kind_at(to)
    if kind == "a folder":
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(to))
    if kind:
        raise OSError(errno.EINVAL, f"it is {kind}, and only a regular file is replaced", str(to))


@contextlib.contextmanager
def written_or_said(kept: str, name: str = "") -> Iterator[None]:
    """Turn an error of the disk into a sentence.

    It ends with what is `kept`, and names the file that could not be written, or `name` where that says more to people.
    """
    try:
        yield
    except OSError as error:
        said = name or Path(os.fsdecode(error.filename or "a file")).name
        shown = "".join(letter if letter.isprintable() else "_" for letter in said)
        raise InputError(f"{shown} could not be written: {error.strerror or error}; {kept}") from error


@contextlib.contextmanager
def atomic_path(to: Path) -> Iterator[Path]:
    """Yield a temporary path whose file replaces `to` at the end of the block.

    The path lies in the same folder. If the block raises, its file is removed and `to` stays as it was. A link stays a
    link: the file that it points to is replaced. The folder has to be there.
    """
    target = to.resolve()
    _check_replaceable(target)
    _sweep_once(target.parent)
    partial = target.with_name(temporary_name(".partial"))
    try:
        yield partial
        replace_with(partial, target)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def replace_with(partial: Path, to: Path) -> None:
    """Move a finished file of the same folder to `to`, keeping the old permissions."""
    with named_errors(to):
        _flush(partial)
        _check_replaceable(to)  # again: the work may have taken hours
        _keep_permissions(partial, to)
        os.replace(partial, to)
    _flush_folder(to.parent)


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def named_errors(to: Path) -> Iterator[None]:
    """Let an error about a temporary file name the file that was meant."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(to)) from error


def _flush(path: Path) -> None:
    """Wait until a file's bytes are on the disk.

    A crash right after the replacement would else leave it empty.
    """
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _keep_permissions(partial: Path, to: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        partial.chmod(stat.S_IMODE(to.stat().st_mode))


def _flush_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every system opens folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
