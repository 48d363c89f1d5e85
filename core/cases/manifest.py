"""Write what a bundle holds. Every hash, the log's head and count, versions of code and weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .case_log import FORMAT
from .case_values import CaseState
from .chain import Json, canonical

MANIFEST, SIGNATURE, BUNDLE_LOG = "manifest.json", "manifest.json.sig", "log.sqlite"


def manifest_of(state: CaseState, sizes: Mapping[str, int], log: tuple[str, int], signer: str) -> Json:
    """Make a bundle's manifest, from nothing but the case.

    Args:
        state: of the case.
        sizes: bytes of each file by path; those that are missing are left out.
        log: SHA-256 and bytes of the bundle's log.
        signer: public key, hexadecimal.
    """
    weights: dict[str, set[str]] = {}
    for result in state.results:
        for name, sha256 in result.weights.items():
            weights.setdefault(name, set()).add(sha256)
    files = {path: {"sha256": sha, "bytes": sizes[path]} for path, sha in state.files.items() if path in sizes}
    files[BUNDLE_LOG] = {"sha256": log[0], "bytes": log[1]}
    scans = {one.title: dict(one.scan) for one in state.exhibits if one.scan}
    return {
        "format": FORMAT,
        "case": {"id": state.facts.id, "title": state.facts.title, "created": state.facts.created},
        "log": {
            "entries": len(state.entries),
            "head": state.head,
            "hashes": [entry.hash for entry in state.entries],
            "subjects": [entry.subject for entry in state.entries],
        },
        "exhibits": {one.title: one.sha256 for one in state.exhibits},
        "files": files,
        "weights": {name: sorted(found) for name, found in weights.items()},
        "code": {str(at): {**found} for at, found in _versions(state)},
        "signer": signer,
        **({"scans": scans} if scans else {}),  # cases of older versions have none, and their bundles none of this
    }


def _versions(state: CaseState) -> list[tuple[int, Mapping[str, str]]]:
    """List the versions of code by the entry of what was made with it."""
    results = [(one.sequence, one.versions) for one in state.results]
    return results + [(one.sequence, one.versions) for one in state.records]


def manifest_bytes(manifest: Json) -> bytes:
    """Write a manifest in its only form, for people to read."""
    return (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n").encode()


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
