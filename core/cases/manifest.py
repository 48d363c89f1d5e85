"""Write what a bundle holds. Every hash, the log's head and count, versions of code and weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..output.value_records import value_record
from ..types import InputError
from .case_log import FORMAT, format_of
from .case_values import CaseState
from .chain import canonical
from .places import name_of

MANIFEST, SIGNATURE, BUNDLE_LOG = "manifest.json", "manifest.json.sig", "log.sqlite"


@dataclass(frozen=True, slots=True, eq=False)
class ManifestCase:
    """Name the case: its id, its title, and when it was made."""

    id: str
    title: str
    created: str


@dataclass(frozen=True, slots=True, eq=False)
class ManifestLog:
    """Hold the log's length and end, and the hashes of rows and texts."""

    entries: int
    head: str
    hashes: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ManifestFile:
    """Hold a file's SHA-256 and bytes."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """Hold what a bundle holds.

    exhibits: SHA-256 by title; files: by path; weights: SHA-256 by model; code: versions by log entry; signer: public
    key, hexadecimal.
    """

    format: int
    case: ManifestCase
    log: ManifestLog
    exhibits: Mapping[str, str]
    files: Mapping[str, ManifestFile]
    weights: Mapping[str, tuple[str, ...]]
    code: Mapping[str, Mapping[str, str]]
    signer: str


def manifest_of(state: CaseState, sizes: Mapping[str, int], log: tuple[str, int], signer: str) -> Manifest:
    """Make a bundle's manifest, from nothing but the case.

    Args:
        state: of the case.
        sizes: bytes of each file by path; those that are missing are left out.
        log: SHA-256 and bytes of the bundle's log.
        signer: public key, hexadecimal.
    """
    weights: dict[str, set[str]] = {}
    for result in state.made:
        for name, sha256 in result.weights.items():
            weights.setdefault(name, set()).add(sha256)
    files = {path: ManifestFile(sha, sizes[path]) for path, sha in state.files.items() if path in sizes}
    files[BUNDLE_LOG] = ManifestFile(*log)
    entries = state.entries
    return Manifest(
        format_of(entries),
        ManifestCase(state.facts.id, state.facts.title, state.facts.created),
        ManifestLog(
            len(entries), state.head, tuple(one.hash for one in entries), tuple(one.subject for one in entries)
        ),
        {one.title: one.sha256 for one in state.exhibits},
        files,
        {name: tuple(sorted(found)) for name, found in weights.items()},
        {str(at): found for at, found in _versions(state)},
        signer,
    )


def _versions(state: CaseState) -> list[tuple[int, Mapping[str, str]]]:
    """List the versions of code by the entry of what was made with it."""
    results = [(one.sequence, one.versions) for one in state.results]
    return results + [(one.sequence, one.versions) for one in state.records]


def manifest_bytes(manifest: Manifest) -> bytes:
    """Write a manifest in its only form, for people to read."""
    return (
        json.dumps(value_record(manifest), indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n"
    ).encode()


def signature_bytes(signature: str, key: str) -> bytes:
    """Write the file beside the manifest that signs its bytes."""
    said = {"algorithm": "Ed25519", "key": key, "signature": signature}
    return (json.dumps(said, indent=1, sort_keys=True) + "\n").encode()


def leaves(value: Any, before: str = "") -> dict[str, str]:
    """Flatten JSON: the canonical text of each leaf, by its place."""
    if isinstance(value, Mapping) and value:
        inner = [leaves(one, f"{before}/{name}" if before else str(name)) for name, one in value.items()]
        return {place: text for part in inner for place, text in part.items()}
    return {before: canonical(value)}


def refuse_newer(manifest: Mapping[str, Any] | None, path: Path) -> None:
    """Raise `InputError` where a manifest says that a newer version made its bundle."""
    version = manifest.get("format") if manifest else None
    if isinstance(version, int) and version > FORMAT:
        raise InputError(
            f"{name_of(path)} is of format {version}, made by a newer version; this one reads up to {FORMAT}"
        )
