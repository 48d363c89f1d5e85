"""Check a file's content credentials (C2PA), without a look at the network."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ..sandbox.file_numbers import FileNumber
from ..types.provenance import ContentCredentials, CredentialState
from .sniff import clean
from .trust_lists import TrustLists

Source = Path | bytes | FileNumber

MAX_PROBLEMS = 10
LIBRARY = "0.38"  # of c2pa-python: older ones pass over lists of signers without a word
_HEAD = 4 << 20  # bytes of a video that are searched for a manifest where the library is missing
_TRUSTED, _UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff"}
_TYPES |= {"MP4": "video/mp4", "MOV": "video/quicktime", "AVI": "video/avi"}
MEANINGS: Mapping[CredentialState, str] = {
    "none": "No content credentials: where the file comes from is unknown. Most files have none; it speaks for nothing",
    "unknown signer": "The file is unchanged since it was signed, by somebody whom nobody here vouches for: "
    "the name in it can be anybody's",
    "trusted": "The file is unchanged since it was signed, by a signer of the list that is named; "
    "what it shows can still be staged or generated: read what the signer says of it",
    "invalid": "The file or its credentials were changed after signing, or the signature does not hold: "
    "what the credentials say is void",
    "not checked": "There are content credentials, and nothing here can check them: pip install "
    f"'c2pa-python>={LIBRARY}'",
}
_OWN, _SIGNERS, _TIME_STAMPS = "urn:own", "urn:c2pa:signers", "urn:c2pa:time-stamps"  # the library names them back
_ELSEWHERE = "Remote"  # how the library's error begins for a manifest that is not in the file
_NOT_FETCHED = (
    "The file names content credentials that are kept elsewhere: they are not fetched, as that would tell others which "
    "file is looked at, and nothing is known of what they say"
)
# It would tell others which files are looked at: both are on in the library unless switched off.
_OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}}


def check_credentials(source: Source, kind: str, lists: TrustLists) -> ContentCredentials:
    """Check the manifest inside of a file; a missing one means unknown, never fake.

    The library `c2pa-python` (53 MB) is used where it is installed. The C2PA's list of signers vouches for a signer, or
    the user's own: the result names the one that does, else all that were looked at. An authority of time stamps
    vouches for no signer.

    Args:
        source: the file's path, bytes or open file.
        kind: its format, as `recognise` names it.
        lists: of signers, see `trust_lists`.
    """
    media_type = _TYPES.get(kind)
    if media_type is None:
        return _state("none")
    try:
        library = importlib.import_module("c2pa")
    except ImportError:
        library = None
    if library is None or not _is_known(library):
        return _state("not checked" if _has_manifest(source) else "none")
    try:
        return _checked(library, source, media_type, lists)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the boundary to a library that is fed untrusted files
        if str(error).startswith(_ELSEWHERE):
            return _state("not checked", problems=(clean(error),))
        state: CredentialState = "invalid" if _has_manifest(source) else "none"
        return _state(state, problems=(clean(error),) if state == "invalid" else ())


def can_have_credentials(kind: str) -> bool:
    """Say whether credentials are looked for in files of a kind."""
    return kind in _TYPES


def meaning_of(state: CredentialState, problems: Sequence[str]) -> str:
    """Say what a state means; with "not checked", why not."""
    elsewhere = state == "not checked" and any(one.startswith(_ELSEWHERE) for one in problems)
    return _NOT_FETCHED if elsewhere else MEANINGS[state]


def _state(state: CredentialState, **more: Any) -> ContentCredentials:
    return ContentCredentials(state, meaning_of(state, more.get("problems", ())), **more)


def _is_known(library: Any) -> bool:
    """Say whether a version of the library knows lists of signers."""
    numbers = [int(one) for one in re.findall(r"\d+", str(getattr(library, "__version__", "")))[:2]]
    return numbers >= [int(one) for one in LIBRARY.split(".")]


def _checked(library: Any, source: Source, media_type: str, lists: TrustLists) -> ContentCredentials:
    """Let the library check the manifest, with lists that vouch for signers.

    Whatever a list is for, it believes signers and time stamps by any of them, and names any one that holds the
    authority: so lists share none. Where a signer's is an authority of time stamps, it is asked again without those.
    """
    context = library.Context(library.Settings.from_dict(_settings(lists)))
    with _opened(source) as file, context:
        reader = library.Reader.try_create(media_type, file, context=context)
        if reader is None:
            return _state("none")
        with reader:
            store = json.loads(reader.json())
    if store.get("validation_state") == "Trusted" and lists.time_stamps and not _voucher(store, lists):
        return _checked(library, source, media_type, replace(lists, time_stamps=""))
    return _read(store, lists)


def _settings(lists: TrustLists) -> dict[str, Any]:
    known = (
        (_OWN, lists.own, "manifest"),
        (_SIGNERS, lists.signers, "manifest"),
        (_TIME_STAMPS, lists.time_stamps, "tsa"),
    )
    anchors = [{"trust_uri": uri, "trust_anchors": pem, "trust_kind": kind} for uri, pem, kind in known if pem]
    return {**_OFFLINE, "trust": {"anchors": anchors}}


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _has_manifest(source: Source) -> bool:
    with _opened(source) as file:
        data = file.read(_HEAD)
    return b"c2pa" in data and b"jumb" in data


def _read(store: Mapping[str, Any], lists: TrustLists) -> ContentCredentials:
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
        trust_list=_voucher(store, lists) if state == "trusted" else lists.named(),
    )


def _voucher(store: Mapping[str, Any], lists: TrustLists) -> str:
    """Name the list that vouches for the signer, "" if none does."""
    success = store.get("validation_results", {}).get("activeManifest", {}).get("success", [])
    said = " ".join(str(one.get("explanation")) for one in success if one.get("code") == _TRUSTED)
    found = re.search(r"\[(.*?)\]", said)
    return {_OWN: lists.own_name, _SIGNERS: lists.signers_name}.get(found[1], "") if found else ""
