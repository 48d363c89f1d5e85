"""Find a case's files inside of its folder, never through a link."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..output.shown_record import Content
from ..storage.files import atomic_path, atomic_write, sha256_of
from ..types import InputError
from ..types.foreign_json import parse_json

LOG = "case.sqlite"
ORIGINAL, WORKING, RESULTS, INCOMING = "original", "working", "results", "incoming"
PLAN = "plan.json"  # where the files of an unfinished entry go
OWNER = re.compile(r"(.+)~(\d+)~[0-9a-f]+")  # host, process


def name_of(root: Path) -> str:
    """Return a folder's name, also of one that is given as "."."""
    return Path(os.path.abspath(root)).name or str(root)


def inside(root: Path, relative: str) -> Path:
    """Return a path under a case's folder; refuse one that leads through a link."""
    path = root
    for part in Path(relative).parts:
        path = path / part
        if path.is_symlink():
            raise InputError(
                f'{relative} in the case "{name_of(root)}" is a link; files of a case lie in its own folder'
            )
    return path


def files_under(root: Path, folder: str) -> Iterator[str]:
    """Yield files and links below a folder of a case, sorted."""
    for where, folders, names in os.walk(root / folder):
        folders.sort()
        linked = [name for name in folders if (Path(where) / name).is_symlink()]
        for name in sorted([*names, *linked]):
            yield (Path(where) / name).relative_to(root).as_posix()


@contextlib.contextmanager
def staging(root: Path) -> Iterator[Path]:
    """Yield a folder for the files of an entry that is not logged yet. It is removed at the end."""
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname()) or "host"
    made = inside(root, INCOMING) / f"{host}~{os.getpid()}~{secrets.token_hex(6)}"
    made.mkdir(parents=True)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def plan(staged: Path, finals: list[str]) -> None:
    """Note where an entry's files go, before the first is moved there."""
    atomic_write(staged / PLAN, json.dumps(finals))


def stage(staged: Path, files: Mapping[str, Content]) -> dict[str, str]:
    """Write files into a staging folder; return their SHA-256 by name."""
    for name, content in files.items():
        if isinstance(content, Path):
            with atomic_path(staged / name) as partial:
                shutil.copyfile(content, partial)
        else:
            atomic_write(staged / name, content if isinstance(content, bytes) else content())
    return {name: sha256_of(staged / name) for name in files}


def planned(root: Path) -> dict[Path, list[str]]:
    """Return the unfinished entries' folders, with the places their files were to go to."""
    found: dict[Path, list[str]] = {}
    for folder in sorted((root / INCOMING).glob("*~*~*")):
        try:
            said = parse_json((folder / PLAN).read_text("utf-8"))
        except (OSError, ValueError):
            said = []
        found[folder] = [place for place in said if isinstance(place, str)] if isinstance(said, list) else []
    return found


def is_abandoned(staged: Path) -> bool:
    """Tell whether the process that made a staging folder on this machine has ended."""
    owner = OWNER.fullmatch(staged.name)
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname()) or "host"
    if owner is None or owner[1] != host:
        return False
    try:
        os.kill(int(owner[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
