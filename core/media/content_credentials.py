"""Check a file's content credentials (C2PA), without a look at the network."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ..sandbox.file_numbers import FileNumber
from ..storage.paths import anchors_file
from ..types.provenance import ContentCredentials, CredentialState
from .sniff import clean

Source = Path | bytes | FileNumber

MAX_PROBLEMS = 10
_HEAD = 4 << 20  # bytes of a video that are searched for a manifest where the library is missing
_UNTRUSTED = "signingCredential.untrusted"
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff"}
_TYPES |= {"MP4": "video/mp4", "MOV": "video/quicktime", "AVI": "video/avi"}
MEANINGS: Mapping[CredentialState, str] = {
    "none": "No content credentials: where the file comes from is unknown. Most files have none; it speaks for nothing",
    "unknown signer": "The file is unchanged since it was signed, by somebody whom nobody here vouches for: "
    "the name in it can be anybody's",
    "trusted": "The file is unchanged since it was signed, by a signer of your list of trusted certificates; "
    "what it shows can still be staged or generated: read what the signer says of it",
    "invalid": "The file or its credentials were changed after signing, or the signature does not hold: "
    "what the credentials say is void",
    "not checked": "There are content credentials, and nothing here can check them: pip install c2pa-python",
}
_ELSEWHERE = "Remote"  # how the library's error begins for a manifest that is not in the file
_NOT_FETCHED = (
    "The file names content credentials that are kept elsewhere: they are not fetched, as that would tell others which "
    "file is looked at, and nothing is known of what they say"
)
# It would tell others which files are looked at: both are on in the library unless switched off.
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}}


def check_credentials(source: Source, kind: str, anchors: tuple[str, str]) -> ContentCredentials:
    """Check the manifest inside of a file; a missing one means unknown, never fake.

    The library `c2pa-python` (53 MB) is used where it is installed. No list of trusted signers is shipped, as it would
    go out of date here unnoticed: a user's own certificates stand in `storage.paths.anchors_file()`, and each result
    names that list by its date and hash.

    Args:
        source: the file's path, bytes or open file.
        kind: its format, as `recognise` names it.
        anchors: see `trust_list`.
    """
    media_type = _TYPES.get(kind)
    if media_type is None:
        return _state("none")
    try:
        library = importlib.import_module("c2pa")
    except ImportError:
        return _state("not checked" if _has_manifest(source) else "none")
    try:
        pem, named = anchors
        with _opened(source) as file, library.Context(library.Settings.from_dict(_settings(pem))) as context:
            reader = library.Reader.try_create(media_type, file, context=context)
            if reader is None:
                return _state("none")
            with reader:
                return _read(json.loads(reader.json()), named)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary to a library that is fed untrusted files
        if str(error).startswith(_ELSEWHERE):
            return _state("not checked", problems=(clean(error),))
        state: CredentialState = "invalid" if _has_manifest(source) else "none"
        return _state(state, problems=(clean(error),) if state == "invalid" else ())


def trust_list() -> tuple[str, str]:
    """Return the user's trusted certificates as PEM, and their count, date and hash.

    Both are empty where there is no list. The date is that of its file.
    """
    anchors = anchors_file()
    try:
        pem, changed = anchors.read_text("utf-8"), anchors.stat().st_mtime
    except (OSError, UnicodeDecodeError):
        return "", ""
    count = pem.count("-----BEGIN CERTIFICATE-----")
    day = datetime.fromtimestamp(changed, UTC).strftime("%Y-%m-%d")
    sha256 = hashlib.sha256(pem.encode()).hexdigest()
    return (pem, f"{count} certificate{'s' * (count != 1)} of {day}, SHA-256 {sha256}") if count else ("", "")


def meaning_of(state: CredentialState, problems: Sequence[str]) -> str:
    """Say what a state means; with "not checked", why not."""
    elsewhere = state == "not checked" and any(one.startswith(_ELSEWHERE) for one in problems)
    return _NOT_FETCHED if elsewhere else MEANINGS[state]


def _state(state: CredentialState, **more: Any) -> ContentCredentials:
    return ContentCredentials(state, meaning_of(state, more.get("problems", ())), **more)


def _settings(pem: str) -> dict[str, Any]:
    return {**_OFFLINE, "trust": {"user_anchors": pem}} if pem else dict(_OFFLINE)


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _has_manifest(source: Source) -> bool:
    with _opened(source) as file:
        data = file.read(_HEAD)
    return b"c2pa" in data and b"jumb" in data


def _read(store: Mapping[str, Any], trusted: str) -> ContentCredentials:
    manifest = store.get("manifests", {}).get(store.get("active_manifest"), {})
    failures = store.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    codes = [clean(one.get("code")) for one in failures] or [
        clean(one.get("code")) for one in store.get("validation_status", [])
    ]
    state: CredentialState = {"Trusted": "trusted", "Valid": "unknown signer"}.get(  # type: ignore[assignment]
        store.get("validation_state", ""), "invalid"
    )
    if state == "unknown signer" and set(codes) - {_UNTRUSTED}:
        state = "invalid"
    signature, generators = manifest.get("signature_info") or {}, manifest.get("claim_generator_info") or [{}]
    return _state(
        state,
        signer=clean(signature.get("issuer") or signature.get("common_name") or ""),
        generator=clean(generators[0].get("name") or manifest.get("claim_generator") or ""),
        signed=clean(signature.get("time") or ""),
        problems=tuple(dict.fromkeys(codes))[:MAX_PROBLEMS],
        trust_list=trusted,
    )
