"""Content credentials signed here: unknown signer, trusted by a list, changed after signing."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest
from media_files import image
from signed_pictures import signed_picture

from core.media import trust_lists as lists_module
from core.media.file_provenance import read_provenance
from core.media.open import open_media
from core.media.trust_lists import SIGNERS, TIME_STAMPS, trust_lists
from core.output.provenance_words import provenance_sentences
from core.types.provenance import ContentCredentials

c2pa: Any = pytest.importorskip("c2pa")


@pytest.fixture(scope="module")
def signed() -> tuple[bytes, bytes]:
    """A signed JPEG, and the PEM of the authority behind its signature."""
    return signed_picture(c2pa)


def read(data: bytes) -> ContentCredentials:
    return read_provenance(data, open_media(data)).credentials


def test_each_state(signed: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, authority = signed
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(tmp_path / "anchors.pem"))
    assert read(image("JPEG")).state == "none"
    found = read(data)
    assert (found.state, found.signer, found.generator) == ("unknown signer", "Signer", "tests")
    changed = bytearray(data)
    changed[-100] ^= 1
    assert read(bytes(changed)).state == "invalid"
    assert "assertion.dataHash.mismatch" in read(bytes(changed)).problems
    (tmp_path / "anchors.pem").write_text("no certificate")
    assert read(data).state == "unknown signer"
    assert read(data).trust_list == trust_lists().named()
    (tmp_path / "anchors.pem").write_bytes(authority)
    found = read(data)
    assert found.state == "trusted"
    sha256 = hashlib.sha256(authority).hexdigest()
    assert found.trust_list == f"your list of 1 certificate, SHA-256 {sha256}", "the one that vouches"
    assert read(bytes(changed)).state == "invalid"


def test_the_c2pas_signers_are_trusted_and_its_time_stamps_vouch_for_nobody(
    signed: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, authority = signed
    monkeypatch.setattr(lists_module, "TRUST", tmp_path)
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(tmp_path / "none.pem"))
    assert (read(data).state, read(data).trust_list) == ("unknown signer", ""), "without any list"
    listed = b"# A list\n# Issued: 2026-03-04T05:06:07Z\n# Next update: 2999-01-01T00:00:00Z\n# Its terms\n" + authority
    (tmp_path / SIGNERS).write_bytes(listed)
    found = read(data)
    assert found.state == "trusted"
    sha256 = hashlib.sha256(listed).hexdigest()
    assert found.trust_list == f"C2PA trust list of 2026-03-04, next update 2999-01-01, 1 certificate, SHA-256 {sha256}"
    said = provenance_sentences(read_provenance(data, open_media(data)))[0]
    assert said.endswith("(signer as named: Signer; vouched for by C2PA trust list of 2026-03-04, 1 certificate).")
    (tmp_path / SIGNERS).write_bytes(listed.replace(b"2999", b"2026"))
    late = "vouched for by C2PA trust list of 2026-03-04, 1 certificate; out of date since 2026-01-01: C2PA trust list"
    assert late in provenance_sentences(read_provenance(data, open_media(data)))[0]
    (tmp_path / SIGNERS).rename(tmp_path / TIME_STAMPS)
    found = read(data)
    assert found.state == "unknown signer", "an authority of time stamps vouches for a time"
    assert found.problems == ("signingCredential.untrusted",)
    assert found.trust_list.startswith("C2PA time-stamp list of 2026-03-04")
    assert (
        "; out of date since 2026-01-01: C2PA time" in provenance_sentences(read_provenance(data, open_media(data)))[0]
    )
    for mine in ("none.pem", SIGNERS):
        (tmp_path / mine).write_bytes(authority)
        for _ in range(6):  # which of two lists the library names is chance
            assert read(data).state == "trusted"
            assert read(data).trust_list.startswith("your list of 1" if mine == "none.pem" else "C2PA trust list of")


def test_credentials_that_are_kept_elsewhere_are_named_and_not_fetched() -> None:
    said = (
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        b"xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
        b"xmlns:dcterms='http://purl.org/dc/terms/' dcterms:provenance='https://example.com/m.c2pa'/>"
        b"</rdf:RDF></x:xmpmeta>"
    )
    whole = image("JPEG")
    found = read(whole[:2] + b"\xff\xe1" + (len(said) + 2).to_bytes(2, "big") + said + whole[2:])
    assert found.state == "not checked"
    assert "kept elsewhere" in found.meaning
    assert "https://example.com/m.c2pa" in found.problems[0]


def test_nothing_is_fetched(signed: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # what is replaced here is not replaced in other processes
    asked: list[Any] = []
    made = c2pa.Settings.from_dict

    def noted(given: Any) -> Any:
        asked.append(given)
        return made(given)

    monkeypatch.setattr(c2pa.Settings, "from_dict", noted)
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(tmp_path / "none.pem"))
    assert read(signed[0]).state == "unknown signer"
    given = asked[-1]
    assert asked == [given] * len(asked)
    assert given["verify"] == {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True}
    assert [one["trust_kind"] for one in given["trust"]["anchors"]] == ["manifest", "tsa"]


def test_without_the_library_a_manifest_is_not_checked(
    signed: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # what is replaced here is not replaced in other processes
    monkeypatch.setattr(c2pa, "__version__", "0.37.9")
    assert read(signed[0]).state == "not checked", "it would pass over the lists"
    monkeypatch.setitem(sys.modules, "c2pa", None)
    assert read(signed[0]).state == "not checked"
    assert read(image("JPEG")).state == "none"


def test_the_library_is_asked_once_where_an_authority_is_in_both_lists(
    signed: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROSOPON_READER", "inside")  # what is replaced here is not replaced in other processes
    monkeypatch.setattr(lists_module, "TRUST", tmp_path)
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(tmp_path / "none.pem"))
    for name in (SIGNERS, TIME_STAMPS):
        (tmp_path / name).write_bytes(signed[1])
    asked: list[Any] = []
    made = c2pa.Settings.from_dict

    def noted(given: Any) -> Any:
        asked.append(given)
        return made(given)

    monkeypatch.setattr(c2pa.Settings, "from_dict", noted)
    found = [read(signed[0]) for _ in range(6)]
    assert {(one.state, one.trust_list[:15]) for one in found} == {("trusted", "C2PA trust list")}
    assert len(asked) == 6
