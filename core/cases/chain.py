"""Chain log entries by their hashes, over one canonical form of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..types.foreign_json import parse_json

START = "0" * 64  # what stands before the first entry
Json = dict[str, Any]


def canonical(value: object) -> str:
    """Write JSON in its only form: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def json_of(data: bytes | None) -> Any:
    """Parse JSON; None where there is none that can be read."""
    try:
        return parse_json(data or b"null")
    except ValueError:
        return None


def digest(data: bytes | str) -> str:
    """Compute the SHA-256 of bytes, or of ASCII text, as 64 hexadecimal digits."""
    return hashlib.sha256(data.encode("ascii") if isinstance(data, str) else data).hexdigest()


def utc_now() -> str:
    """Return the time in UTC, to the microsecond: 2026-01-31T12:00:00.000000Z."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, eq=False)
class LogEntry:
    """Hold one row of a case's log.

    sequence: from 1 on, without gaps.
    utc: when it was written.
    actor: who wrote it.
    action: of `ACTIONS`.
    subject: SHA-256 of `text`.
    previous: the hash of the entry before, `START` for the first.
    text: what was done, as canonical JSON.
    hash: SHA-256 of the canonical row, as stored; `row_hash` computes it.
    key: public key of the program that wrote it, hexadecimal.
    signature: of `hash` by `key`, hexadecimal.
    """

    sequence: int
    utc: str
    actor: str
    action: str
    subject: str
    previous: str
    text: str
    hash: str
    key: str
    signature: str

    @property
    def row_hash(self) -> str:
        """Compute the SHA-256 of the canonical row (sequence, UTC, actor, action, subject, previous)."""
        return hash_of_row(self.sequence, self.utc, self.actor, self.action, self.subject, self.previous)


def hash_of_row(*row: int | str) -> str:
    """Hash a row (sequence, UTC, actor, action, subject, previous) in its canonical form."""
    return digest(canonical(list(row)))
