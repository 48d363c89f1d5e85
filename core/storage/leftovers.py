"""Name temporary files by their owner, and sweep those whose owner is gone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .paths import MODELS, cases_folder, config_folder, user_cache, weights_folder

# As they are made here, with one of the beginnings: a person's folder may be called 202403-17-0042-meyer.
_OWNED = re.compile(r"(\.|prosopon-)([0-9a-f]{6})-(\d+)-(\d+)-\w+(\.partial|\.staged|\.commit)?")
_UNOWNED = re.compile(r"\.[0-9a-f]{16}\.partial")  # of versions that named no owner
OLD = 24 * 3600  # seconds after which files that cannot be asked for their owner are left over
DEPTH = 3  # folders below one that is swept
SHORT = Path("/tmp")  # wherever the system's temporary files are
COMMIT = ".commit"  # ends the name of a folder whose files only have to be moved beside it


def temporary_name(ending: str) -> str:
    """Return a hidden name that nobody else has, with its owner in it."""
    return f".{_owner(os.getpid())}-{secrets.token_hex(8)}{ending}"


def new_temporary_folder() -> Path:
    """Make a folder among the system's temporary files."""
    return Path(tempfile.mkdtemp(prefix=f"prosopon-{_owner(os.getpid())}-"))


def new_short_folder(longest: int) -> Path:
    """Make a temporary folder whose path has at most `longest` bytes, if possible."""
    name = f".{_owner(os.getpid())}-{secrets.token_hex(4)}"
    places = [place for place in _places() if len(os.fsencode(place / name)) <= longest and os.access(place, os.W_OK)]
    made = (places or _places())[0] / name
    made.mkdir(mode=0o700)
    return made


def _places() -> list[Path]:
    """Return the folders of temporary files, the system's own first."""
    return [Path(tempfile.gettempdir()), *([SHORT] if SHORT.is_dir() else [])]


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a temporary folder, removed at the end of the block."""
    folder = new_temporary_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_at_start() -> None:
    """Sweep the folders that this program writes to by itself."""
    for place in _places():
        sweep(place)
    for root in {user_cache(), weights_folder(), config_folder(), cases_folder(), MODELS}:
        for folder, below, _ in os.walk(root):
            sweep(Path(folder))
            if len(Path(folder).relative_to(root).parts) >= DEPTH:
                below.clear()


def sweep(folder: Path) -> None:
    """Remove what dead processes left in a folder; finish a complete group.

    One is removed, too, where something else was written to its place since.
    Files of living processes stay, and so do downloads, `<name>.partial`, which are resumed.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _is_left_over(entry):
                path = Path(entry.path)
                if entry.name.endswith(COMMIT) and not _is_overtaken(path):
                    finish_group(path)
                else:
                    _remove(path)


def finish_group(staged: Path) -> None:
    """Move a complete group's files beside their folder, and remove it.

    Each lies in a folder of its own, whose number is its place in the order.
    """
    for numbered in sorted((path for path in staged.iterdir() if path.name.isdecimal()), key=_number):
        for file in numbered.iterdir():
            os.replace(file, staged.parent / file.name)
    shutil.rmtree(staged)


def _is_overtaken(staged: Path) -> bool:
    """Tell whether a newer file, or something else, lies where a group's go."""
    for file in staged.glob("[0-9]*/*"):
        with contextlib.suppress(FileNotFoundError):
            there = (staged.parent / file.name).lstat()
            if not stat.S_ISREG(there.st_mode) or there.st_mtime_ns > file.stat().st_mtime_ns:
                return True
    return False


def _number(path: Path) -> int:
    return int(path.name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _is_left_over(entry: os.DirEntry[str]) -> bool:
    if not _is_own(entry):
        return False
    found = _OWNED.fullmatch(entry.name)
    if found and found[2] == _host() and os.name == "posix":
        return not _lives(int(found[3]), int(found[4]))
    if found or _UNOWNED.fullmatch(entry.name):
        with contextlib.suppress(OSError):
            return time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD
    return False


def _is_own(entry: os.DirEntry[str]) -> bool:
    """Tell whether an entry is this user's. Others write to folders of temporary files, too."""
    if os.name != "posix":
        return True
    try:
        return not entry.is_symlink() and entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False


def _lives(pid: int, born: int) -> bool:
    """Return whether a process lives that was born then; numbers are given again."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return _born(pid) == born
    return _born(pid) == born


def _owner(pid: int) -> str:
    return f"{_host()}-{pid}-{_born(pid)}"


@cache
def _host() -> str:
    """Return what tells this machine or container from others that share a folder."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


def _born(pid: int) -> int:
    """Return when a process began, in ticks; 0 where nobody knows."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
        return int(facts.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0
