"""Evidence bundles: byte-equal, and every change is found, located and named."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cases.bundle import export_case
from core.cases.bundle_reader import BundleReader, open_bundle
from core.cases.case_folder import CaseFolder
from core.cases.case_versions import versions
from core.cases.manifest import MANIFEST, SIGNATURE
from core.cases.replay import replay
from core.cases.signing import Signer, own_signer
from core.cases.verification import verify
from core.output.value_records import value_record
from core.selftest.bundle_tampers import TAMPERS, files_of, packed
from core.selftest.resigned_bundle import sign_anew
from core.types import InputError


def test_a_bundle_is_whole_and_byte_equal(case: CaseFolder, bundle: Path, tmp_path: Path) -> None:
    found = verify(bundle)
    assert value_record(found) == {"ok": True, "findings": [], "entries": 10, "head": case.state().head}
    again = tmp_path / "again.zip"
    export_case(case, again)
    assert again.read_bytes() == bundle.read_bytes()
    files = files_of(bundle)
    said = json.loads(files[MANIFEST])
    assert set(files) == {MANIFEST, SIGNATURE, *said["files"]}
    assert (said["log"]["entries"], said["log"]["head"]) == (10, case.state().head)
    assert said["weights"] == {"made-detector": ["a" * 64]}
    assert said["code"] == {"3": versions(), "5": versions()}
    assert len(versions()["prosopon"]) == 64
    assert {Path(name).suffix for name in files if name.startswith("results/")} == {".json", ".npz", ".png"}


def test_a_folder_holds_the_same(case: CaseFolder, bundle: Path, tmp_path: Path) -> None:
    export_case(case, tmp_path / "folder")
    assert verify(tmp_path / "folder").ok
    with open_bundle(tmp_path / "folder") as folder:
        assert {name: folder.read(name) for name in folder.names()} == files_of(bundle)
    with pytest.raises(InputError, match="there already"):
        export_case(case, tmp_path / "folder")


def test_a_bundle_packed_anew_is_still_whole(bundle: Path, tmp_path: Path) -> None:
    assert verify(packed(files_of(bundle), tmp_path / "packed.zip")).ok


@pytest.mark.parametrize("name", TAMPERS)
def test_a_change_is_found_located_and_named(name: str, bundle: Path, tmp_path: Path) -> None:
    files = files_of(bundle)
    what, places = TAMPERS[name](files, np.random.default_rng(len(name)))
    found = {(one.where, one.what) for one in verify(packed(files, tmp_path / "bad.zip")).findings}
    assert {(place, what) for place in places} <= found


def test_every_byte_of_the_archive_counts(bundle: Path, tmp_path: Path) -> None:
    data, bad = bundle.read_bytes(), tmp_path / "bad.zip"
    for place in range(0, len(data), len(data) // 40):
        bad.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        assert not verify(bad).ok, place
    bad.write_bytes(data[:-200])
    assert [one.what for one in verify(bad).findings] == ["truncated"]
    bad.write_bytes(b"PK")
    assert [one.what for one in verify(bad).findings] == ["truncated"]
    bad.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    (found,) = verify(bad).findings
    assert (found.what, found.where) == ("swapped file", "bad.zip: no archive, so no evidence bundle")


def test_another_key_is_told_from_the_one_that_has_to_have_signed(bundle: Path, tmp_path: Path) -> None:
    own = own_signer()
    assert verify(bundle, signer=own.key).ok
    assert not verify(bundle, signer="0" * 64).ok
    files = files_of(bundle)
    signed = json.loads(files[SIGNATURE])
    files[SIGNATURE] = json.dumps({**signed, "key": "1" * 64}).encode()
    assert {one.where for one in verify(packed(files, tmp_path / "b.zip")).findings} == {SIGNATURE}
    assert isinstance(own, Signer)


def test_a_bundle_signed_anew_by_another_key_is_told(bundle: Path, tmp_path: Path) -> None:
    files, own = files_of(bundle), own_signer().key
    what, (place,) = sign_anew(files, np.random.default_rng(0))
    bad = packed(files, tmp_path / "bad.zip")
    found = verify(bad)
    assert found.ok, "it fits in itself: only who signed it tells"
    assert "which is NOT this program's own" in found.signer_words(own)
    assert "by this program's own key" in verify(bundle).signer_words(own)
    assert [(one.what, one.where) for one in verify(bad, signer=own).findings] == [(what, place)]


def test_a_newer_bundle_is_refused_in_one_sentence(bundle: Path, tmp_path: Path) -> None:
    files, own = files_of(bundle), own_signer()
    files[MANIFEST] = json.dumps({**json.loads(files[MANIFEST]), "format": 3}).encode()
    files[SIGNATURE] = json.dumps(
        {"algorithm": "Ed25519", "key": own.key, "signature": own.sign(files[MANIFEST])}
    ).encode()
    with pytest.raises(InputError, match="format 3, made by a newer version"):
        verify(packed(files, tmp_path / "newer.zip"))


def test_links_and_strangers_in_an_archive_are_named(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        link = zipfile.ZipInfo("results/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "../../../secret")
    assert ("inserted", "results/link.png") in {(one.what, one.where) for one in verify(bundle).findings}
    with pytest.raises(InputError, match="does not exist"):
        verify(tmp_path / "none.zip")
    (tmp_path / "words.zip").write_text("only words")
    assert not verify(tmp_path / "words.zip").ok


def test_a_full_temporary_disk_says_nothing_about_the_bundle(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, full = Path.open, {"name": "log.sqlite"}

    def open_on_full(path: Path, mode: str = "r", **options: Any) -> Any:
        writes = path.name == full["name"] and "w" in mode
        return opened(Path("/dev/full") if writes else path, mode, **options)

    monkeypatch.setattr(Path, "open", open_on_full)
    for full["name"] in ("log.sqlite", "0", "again.zip"):
        with pytest.raises(InputError, match=r"could not be written \(No space left on device\); this says nothing"):
            verify(bundle)
    with open_bundle(bundle) as opened_bundle:
        assert opened_bundle.save(MANIFEST, bundle.with_name("kept")), "another file can be written"


def test_a_replay_never_computes_from_a_part_of_a_file(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = BundleReader.save

    def save(reader: BundleReader, name: str, to: Path) -> bool:
        return saved(reader, name, to) and not name.startswith("original/")

    monkeypatch.setattr(BundleReader, "save", save)
    found = replay(bundle, lambda *_: pytest.fail("a file that could not be read was computed from"))
    assert [one.where.partition("/")[0] for one in found.differences] == ["original", "original"]
