"""Change a bundle, then chain and sign it anew with another key."""

from __future__ import annotations

import dataclasses

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..cases.case_log import read_log, write_log_copy
from ..cases.case_values import read_state
from ..cases.chain import START, LogEntry
from ..cases.manifest import manifest_bytes, manifest_of, signature_bytes
from ..cases.signing import Signer
from ..storage.files import sha256_of
from ..storage.leftovers import temporary_folder
from .bundle_tampers import LOG, MANIFEST, Files, Random, Tamper


def sign_anew(files: Files, rng: Random) -> tuple[str, list[str]]:
    """Put another name into the log, with hashes and a signature that fit."""
    private = Ed25519PrivateKey.from_private_bytes(rng.bytes(32))
    signer = Signer(private, private.public_key().public_bytes_raw().hex())
    with temporary_folder() as folder:
        old, new = folder / "old.sqlite", folder / LOG
        old.write_bytes(files[LOG])
        entries = _chained(read_log(old, frozen=True), signer, int(rng.integers(1, 4)))
        write_log_copy(entries, new)
        files[LOG] = new.read_bytes()
        sizes = {name: len(data) for name, data in files.items()}
        said = manifest_of(read_state(entries), sizes, (sha256_of(new), len(files[LOG])), signer.key)
    files[MANIFEST] = manifest_bytes(said)
    files[f"{MANIFEST}.sig"] = signature_bytes(signer.sign(files[MANIFEST]), signer.key)
    return "edited", [f"{MANIFEST}.sig: signed by another key"]


def _chained(entries: list[LogEntry], signer: Signer, at: int) -> list[LogEntry]:
    """Return the entries with one other actor, linked and signed anew."""
    before, found = START, []
    for number, entry in enumerate(entries):
        actor = "Eve" if number == at else entry.actor
        linked = dataclasses.replace(entry, actor=actor, previous=before, key=signer.key)
        before = linked.row_hash
        found.append(dataclasses.replace(linked, hash=before, signature=signer.sign(before.encode())))
    return found


SIGNER_TAMPERS: dict[str, Tamper] = {"signed anew with another key": sign_anew}  # found where the signer is named
