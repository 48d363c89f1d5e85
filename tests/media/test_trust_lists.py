"""The lists of signers that are shipped: whole, dated, and each certificate signed by whom it says."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from media_files import image

from core.engine.read_files import reading
from core.media import file_provenance
from core.media import trust_lists as lists_module
from core.media.open import open_media
from core.media.readers import read_plain
from core.media.trust_lists import SIGNERS, TIME_STAMPS, bare_names, hashes_in, out_of_date, trust_lists
from core.storage.paths import TRUST

# Its issuer stands in no list: an authority of the company's own.
UNVERIFIED = "Adobe Product Issuing CA vault-a-or2.adobe.net cai"


def common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)


@pytest.mark.parametrize(("file", "count"), [(SIGNERS, 29), (TIME_STAMPS, 22)])
def test_each_certificate_is_signed_by_its_issuer(file: str, count: int) -> None:
    text = (TRUST / file).read_text("utf-8")
    found = x509.load_pem_x509_certificates(text.encode())
    assert len(found) == count
    named = re.findall(r"^# .+ \| (.+) \| trusted since", text, re.MULTILINE)
    assert [common_name(one.subject) for one in found] == named
    assert len({one.public_bytes(Encoding.DER) for one in found}) == count
    by_subject = {one.subject.rfc4514_string(): one for one in found}
    unverified = []
    for one in found:
        assert one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, "an authority"
        try:
            one.verify_directly_issued_by(by_subject[one.issuer.rfc4514_string()])
        except KeyError:
            unverified.append(common_name(one.subject))
    assert unverified == [UNVERIFIED] * (file == SIGNERS)


@pytest.mark.parametrize("file", [SIGNERS, TIME_STAMPS])
def test_source_date_and_terms_stand_in_the_file(file: str) -> None:
    head = (TRUST / file).read_text("utf-8").partition("-----BEGIN")[0]
    assert "conformance-public" in head
    assert re.search("commit [0-9a-f]{40}", head)
    assert "O-UDA-1.0" in head
    assert "WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND" in head
    assert "SHALL HAVE ANY LIABILITY" in head


def test_the_shipped_lists_are_named_with_their_dates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(tmp_path / "none.pem"))
    found = trust_lists()
    assert found.own == found.own_name == ""
    assert found.signers_name.startswith(
        "C2PA trust list of 2026-08-05, next update 2027-08-05, 29 certificates, SHA-256 "
    )
    assert found.time_stamps_name.startswith(
        "C2PA time-stamp list of 2026-08-05, next update 2027-08-05, 22 certificates, SHA-256 "
    )
    assert found.named() == f"{found.signers_name}; {found.time_stamps_name}"
    assert "#" not in found.signers, "what is handed on are certificates only"
    (tmp_path / "none.pem").write_text(found.signers.replace("\n", "\r\n"))
    assert trust_lists() == found, "a copy of the C2PA's list is no list of one's own"


def test_the_age_of_a_list_is_in_no_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(tmp_path / "none.pem"))
    names, read = trust_lists().named(), reading(16)
    monkeypatch.setattr(lists_module, "_today", lambda: date(2027, 8, 4))
    assert (trust_lists().named(), reading(16), out_of_date(names)) == (names, read, ())
    monkeypatch.setattr(lists_module, "_today", lambda: date(2027, 8, 5))
    assert (trust_lists().named(), reading(16)) == (names, read), "what names a result is the same on any day"
    late = ("C2PA trust list of 2026-08-05", "2027-08-05"), ("C2PA time-stamp list of 2026-08-05", "2027-08-05")
    assert out_of_date(names) == late


def test_a_users_list_is_named_by_its_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(own))
    own.write_text((TRUST / TIME_STAMPS).read_text("utf-8"))
    name = trust_lists().own_name
    os.utime(own, (1.77e9, 1.77e9))
    assert trust_lists().own_name == name, "a copy has another time, and the same certificates"
    assert hashes_in(name) == {hashlib.sha256(own.read_bytes()).hexdigest()}
    assert bare_names(name.replace(", SHA", ", 2026-02-02, SHA")) == name, "earlier versions named the file's day"


def test_a_users_list_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(own))
    one = lists_module._certificates(Path(TRUST / TIME_STAMPS).read_text("utf-8"), trust_lists().signers).split(
        "\n-----B"
    )[0]
    own.write_bytes("# Müller\n".encode("latin-1") + one.encode())
    assert trust_lists().own == one, "a letter in a remark is no reason to drop a list"
    assert trust_lists().named().startswith("your list of 1 certificate, SHA-256 ")
    own.write_bytes(one.encode() + b" " * lists_module.MAX_OWN)
    assert (trust_lists().own, trust_lists().own_name) == (
        "",
        "your list, which is not used as it is longer than 512 KiB",
    )
    own.unlink()
    own.mkdir()
    assert (trust_lists().own, trust_lists().own_name) == ("", "your list, which cannot be read")


def test_shared_authorities_are_in_one_list_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(own))
    found, listed = trust_lists(), (TRUST / TIME_STAMPS).read_text("utf-8").count("-----BEGIN")
    apart = found.time_stamps.count("BEGIN")
    assert 0 < apart < listed
    assert lists_module._certificates(found.time_stamps, without=found.signers) == found.time_stamps
    own.write_text(found.time_stamps)
    assert (trust_lists().own.count("BEGIN"), trust_lists().time_stamps) == (apart, "")
    assert trust_lists().time_stamps_name == found.time_stamps_name, "the whole list's"


def test_lists_are_read_once_until_their_files_are_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    monkeypatch.setenv("PROSOPON_C2PA_ANCHORS", str(own))
    one, other = trust_lists().time_stamps.split("-----BEGIN")[-2:]
    own.write_text("-----BEGIN" + one)
    first, again = trust_lists(), trust_lists()
    assert first.own.count("BEGIN") == 1
    assert all(getattr(first, name) is getattr(again, name) for name in ("signers", "time_stamps", "own"))
    own.write_text("-----BEGIN" + one + "-----BEGIN" + other)
    changed = trust_lists()
    assert (changed.own.count("BEGIN"), changed.signers is first.signers) == (2, True)
    own.unlink()
    assert trust_lists().own == ""


@pytest.mark.parametrize(("kind", "sent"), [("BMP", False), ("JPEG", True), ("TIFF", True)])
def test_a_reader_is_sent_lists_where_it_looks_for_credentials(
    kind: str, sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, given = image(kind), dict[str, Any]()
    media = open_media(data)

    def noted(task: str, source: Any, name: str, values: Any, believed: Any) -> Any:
        given.update(values["lists"])
        return read_plain(task, source, name, values, believed)

    monkeypatch.setattr(file_provenance, "read_plain", noted)
    assert file_provenance.read_provenance(data, media).credentials.state == "none"
    assert bool(given["signers"]) is sent
