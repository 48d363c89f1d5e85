"""A hostile bundle whose JSON is nested deep ends `verify` and `replay` with a sentence."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.cases.case_folder import CaseFolder
from core.cases.chain import digest
from core.cases.manifest import MANIFEST, SIGNATURE, signature_bytes
from core.cases.signing import own_signer
from core.cases.verification import verify
from core.selftest.bundle_tampers import LOG, Files, files_of, packed

LEVELS = (600, 100_000)  # what Python's reader takes, and what not even that does


def run(command: str, bundle: Path) -> str:
    """What a command says of a bundle; it ends with status 1 and raises nothing."""
    result = CliRunner().invoke(app, ["case", command, str(bundle), "--json"])
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.output


def manifest_of(files: Files, text: bytes) -> None:
    """Put another manifest in, with a signature that fits."""
    files[MANIFEST] = text
    files[SIGNATURE] = signature_bytes(own_signer().sign(text), own_signer().key)


@pytest.mark.parametrize("levels", LEVELS)
def test_files_of_a_bundle(levels: int, bundle: Path, tmp_path: Path) -> None:
    deep = b'{"a": ' + b"[" * levels + b"]" * levels + b"}"
    whole = files_of(bundle)
    record = next(name for name in whole if name.endswith("analysis.json"))
    for name in (MANIFEST, SIGNATURE, record):
        bad = packed({**whole, name: deep}, tmp_path / f"{Path(name).name}.zip")
        assert name in run("verify", bad)
    files = dict(whole)
    manifest_of(files, json.dumps({**json.loads(whole[MANIFEST]), "code": None}).encode().replace(b"null", deep))
    assert MANIFEST in run("verify", packed(files, tmp_path / "signed.zip"))


@pytest.mark.parametrize("levels", LEVELS)
def test_entries_of_its_log(levels: int, bundle: Path, tmp_path: Path) -> None:
    files, log = files_of(bundle), tmp_path / LOG
    log.write_bytes(files[LOG])
    deep = '{"text": ' + "[" * levels + "]" * levels + "}"
    with closing(sqlite3.connect(log)) as rows:
        rows.execute("UPDATE entries SET subject = ? WHERE action = 'note'", (digest(deep),))
        rows.execute("INSERT INTO subjects VALUES (?, ?)", (digest(deep), deep))
        rows.commit()
    files[LOG] = log.read_bytes()
    bad = packed(files, tmp_path / "bad.zip")
    assert LOG in run("verify", bad)
    run("replay", bad)


@pytest.mark.parametrize("levels", LEVELS)
def test_a_case_whose_seal_is_such(levels: int, case: CaseFolder) -> None:
    (case.root / "seal.json").write_text("[" * levels + "]" * levels)
    assert "seal.json" in [one.where for one in verify(case.root).findings]
