"""Keep attribution maps of faces by what they were made with."""

from __future__ import annotations

from typing import NamedTuple

from core.engine.results import ResultKey
from core.types import Attribution, Settings, Target
from pages.parts.session.session import Session


class StoredMap(NamedTuple):
    """Pair a map with the key that says what it was made with."""

    key: ResultKey[Attribution]
    attribution: Attribution


def map_key(
    of: str, detector: str, method: str, settings: Settings, target: Target, seed: int
) -> ResultKey[Attribution]:
    """Name a map of a crop.

    Args:
        of: SHA-256 of the crop.
        detector: the version of the detector that it explains.
        method: the name of the method.
        settings: all settings of the method.
        target: the output that it explains.
        seed: of what it samples.
    """
    key: ResultKey[Attribution] = ResultKey("map", of, detector, method)
    return key.with_settings({**settings, "target": target}, seed)


def keep_map(session: Session, key: ResultKey[Attribution], found: Attribution) -> None:
    """Keep a map, also as the last one of its method and crop."""
    session.results.put(key, found, latest=True)


def stored_map(session: Session, key: ResultKey[Attribution]) -> StoredMap | None:
    """Return the map of this key, else the method's last one of its crop."""
    for one in (key, session.results.latest("map", key.of, key.detector, key.method)):
        found = session.results.get(one) if one else None
        if one and found is not None:
            return StoredMap(one, found)
    return None
