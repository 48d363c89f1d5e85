"""Seal a case folder's log: count and head, signed, beside the log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..storage.files import atomic_write
from ..types.foreign_json import parse_json
from .chain import LogEntry, canonical
from .signing import Signer, is_signed

SEAL = "seal.json"  # a chain alone does not show that its end was cut off
FIELDS = ("case", "entries", "head", "key")


@dataclass(frozen=True, slots=True, eq=False)
class Seal:
    """Hold how long a log was, its head, and who signed that.

    genuine: whether the signature is that of `key` on the rest.
    """

    case: str
    entries: int
    head: str
    key: str
    genuine: bool


def write_seal(folder: Path, case: str, entries: int, head: str, signer: Signer) -> None:
    """Write the seal of a log's present end.

    Args:
        folder: of the case.
        case: the case's id.
        entries: their number.
        head: the hash of the last one.
        signer: of this program.
    """
    said = {"case": case, "entries": entries, "head": head, "key": signer.key}
    signature = signer.sign(canonical(said).encode())
    atomic_write(folder / SEAL, json.dumps({**said, "signature": signature}, indent=1, sort_keys=True) + "\n")


def read_seal(folder: Path) -> Seal | None:
    """Read a seal. None where there is none, not genuine where it is no seal."""
    try:
        said = parse_json((folder / SEAL).read_text("utf-8"))
        body = {name: said[name] for name in FIELDS}
        genuine = set(said) == {*FIELDS, "signature"} and isinstance(body["entries"], int)
        signed = is_signed(canonical(body).encode(), str(said["signature"]), str(body["key"]))
        return Seal(str(body["case"]), int(body["entries"]), str(body["head"]), str(body["key"]), genuine and signed)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        return Seal("", 0, "", "", False)


def covers(seal: Seal, entries: Sequence[LogEntry]) -> bool:
    """Tell whether a seal's log is the whole of these entries."""
    return seal.genuine and seal.entries == len(entries) and bool(entries) and entries[-1].hash == seal.head
