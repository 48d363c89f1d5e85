"""Content credentials signed here: unknown signer, trusted by a list, changed after signing."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from media_files import image

from core.media import trust_lists as lists_module
from core.media.file_provenance import read_provenance
from core.media.open import open_media
from core.media.trust_lists import SIGNERS, TIME_STAMPS, trust_lists
from core.output.provenance_words import provenance_sentences
from core.types.provenance import ContentCredentials

c2pa: Any = pytest.importorskip("c2pa")
pytest.importorskip("cryptography")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ACTIONS = {
    "label": "c2pa.actions",
    "data": {
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
            }
        ]
    },
}


def certificate(name: str, key: Any, by: str, by_key: Any) -> Any:
    today = datetime.datetime.now(datetime.UTC)
    authority, day = name == by, datetime.timedelta(days=1)
    names = [
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, one), x509.NameAttribute(NameOID.COMMON_NAME, one)])
        for one in (name, by)
    ]
    made = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
    made = made.serial_number(1 + authority).not_valid_before(today - day).not_valid_after(today + 9 * day)
    usage = x509.KeyUsage(not authority, False, False, False, False, authority, authority, False, False)
    made = made.add_extension(x509.BasicConstraints(authority, None), True).add_extension(usage, True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by_key.public_key()), False)
    if not authority:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    return made.sign(by_key, hashes.SHA256())


@pytest.fixture(scope="module")
def signed() -> tuple[bytes, bytes]:
    """A signed JPEG, and the PEM of the authority behind its signature."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    pems = [
        certificate(name, key, "Authority", keys[1]).public_bytes(serialization.Encoding.PEM)
        for name, key in zip(("Signer", "Authority"), keys, strict=True)
    ]
    private = keys[0].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = c2pa.C2paSignerInfo(
        alg=c2pa.C2paSigningAlg.ES256, sign_cert=pems[0] + pems[1], private_key=private, ta_url=None
    )
    builder = c2pa.Builder(json.dumps({"claim_generator_info": [{"name": "tests"}], "assertions": [ACTIONS]}))
    out = io.BytesIO()
    builder.sign(c2pa.Signer.from_info(info), "image/jpeg", io.BytesIO(image("JPEG")), out)
    return out.getvalue(), pems[1]


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
