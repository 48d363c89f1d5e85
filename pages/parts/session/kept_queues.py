"""Find the queues on this machine, and keep how each is looked at."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.engine.job_table import JobTable
from core.storage.files import write_json, written_or_said
from core.types import InputError
from core.types.foreign_json import parse_json
from pages.parts.session.queue_order import ALL, FILTERS, FIRST, ORDERS

TOKEN = r"[0-9a-f]{32}"  # names of folders that are queues
PLACES, TABLE, _VIEW = "places.json", "jobs.db", "view.json"
_LOOK = 0.2  # seconds to wait for another program that writes the table


@dataclass(frozen=True, slots=True)
class QueueView:
    """Hold how a queue is looked at.

    shown: the filter; order: of the rows; current: path of the current row, None for the top one.
    """

    shown: str = ALL
    order: str = FIRST
    current: str | None = None


@dataclass(frozen=True, slots=True)
class KeptQueue:
    """Hold a queue that lies on this machine.

    token: names its folder; changed: when files were put into it last; files: in its table, None where it cannot be
    read; whole: whether it can be opened.
    """

    token: str
    changed: datetime
    files: int | None
    whole: bool

    @property
    def words(self) -> str:
        """Name it by its date and the number of files."""
        count = "files that cannot be counted" if self.files is None else f"{self.files} file{'s' * (self.files != 1)}"
        return f"{self.changed:%d %B %Y, %H:%M} UTC, {count}"


def kept_queues(folder: Path, known: Mapping[str, KeptQueue]) -> dict[str, KeptQueue]:
    """Return the queues in a folder by their tokens, newest first.

    Args:
        folder: of all queues.
        known: what was found before; a queue to which no file came since is not counted again.
    """
    found = []
    with contextlib.suppress(OSError):
        for one in folder.iterdir():
            if not re.fullmatch(TOKEN, one.name):
                continue
            with contextlib.suppress(OSError):  # it was deleted meanwhile
                found.append(_kept(one, known.get(one.name)))
    return {one.token: one for one in sorted(found, key=lambda one: one.changed, reverse=True)}


def _kept(folder: Path, before: KeptQueue | None) -> KeptQueue:
    whole = (folder / PLACES).is_file()
    seconds = (folder / PLACES if whole else folder).stat().st_mtime
    changed = datetime.fromtimestamp(seconds, UTC)
    if before and before.changed == changed and before.files:
        return before
    files: int | None = 0
    if (folder / TABLE).is_file():
        try:
            with JobTable(folder / TABLE, busy=_LOOK) as table:
                files = table.files()
        except InputError:
            files = None
    return KeptQueue(folder.name, changed, files, whole)


def write_view(folder: Path, view: QueueView) -> None:
    """Write how a queue is looked at into its folder."""
    with written_or_said("the queue is as it was"):
        write_json(folder / _VIEW, asdict(view))


def read_view(folder: Path) -> QueueView:
    """Return how a queue was looked at.

    That of a new one where its folder does not say.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = parse_json((folder / _VIEW).read_text("utf-8"))
        current = found["current"]
        if found["shown"] in FILTERS and found["order"] in ORDERS and (current is None or isinstance(current, str)):
            return QueueView(found["shown"], found["order"], current)
    return QueueView()
