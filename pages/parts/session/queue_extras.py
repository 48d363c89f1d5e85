"""Keep which maps and signatures a queue computes, and hand them to pages."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from pathlib import Path

from core.engine.explained_pack import unpack_explained
from core.explain import EXPLAINERS
from core.storage.files import write_json
from core.types.foreign_json import parse_json
from pages.parts.session.map_results import keep_map, map_key
from pages.parts.session.session import Session
from pages.parts.session.signature_places import keep_place

_FILE = "extras.json"


@dataclass(frozen=True, slots=True)
class QueueExtras:
    """Hold what is computed of each file's face beside its verdict.

    maps: their names; signature: whether its place among the references is found.
    """

    maps: tuple[str, ...] = ()
    signature: bool = False

    @property
    def words(self) -> str:
        """Name what is computed; "" for nothing."""
        count = len(self.maps)
        parts = [f"{count} map{'s' * (count != 1)}"] * bool(count) + ["the signature"] * self.signature
        return " and ".join(parts)


def write_extras(folder: Path, extras: QueueExtras) -> None:
    """Write what a queue computes into its folder."""
    write_json(folder / _FILE, asdict(extras))


def read_extras(folder: Path) -> QueueExtras:
    """Return what a queue computes; nothing where its folder does not say."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = parse_json((folder / _FILE).read_text("utf-8"))
        names = tuple(str(name) for name in found["maps"] if name in EXPLAINERS)
        return QueueExtras(names, bool(found["signature"]))
    return QueueExtras()


def keep_explained(session: Session, packed: bytes, detector: str) -> None:
    """Keep a judged file's maps and place as results, for pages to show.

    Args:
        session: in which the file is open.
        packed: by `pack_explained`.
        detector: the version of the detector that they are of.
    """
    of, maps, place, references = unpack_explained(packed)
    for one in maps:
        keep_map(session, map_key(of, detector, one.method, one.settings, one.target, 0), one)
    if place and references:  # one of before, which does not say among which references it lies, is found anew
        keep_place(session, of, detector, place, references=references)
