"""The commands of cases: a whole case on the command line, without a socket; keys and statuses to the letter."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.detectors import Detector
from core.media_attack import samples
from core.selftest.bundle_tampers import edit_file, files_of, packed
from core.types import InputError


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a case opens no socket")

    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PROSOPON_ACTOR", "Ada")
    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)


def case(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["case", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.mark.slow
def test_a_case_from_new_to_report(tmp_path: Path, shipped: Detector) -> None:
    folder, bundle = tmp_path / "case", tmp_path / "bundle.zip"
    named = Path(shutil.copyfile(samples.sample("portrait.png", shipped), tmp_path / "two\nlines.png"))
    (tmp_path / "words.txt").write_text("only words")
    case("new", folder, "--title", "T")
    case("add", folder, named, "--maps", "saliency")
    with pytest.raises(InputError, match=r"words\.txt"):
        case("add", folder, tmp_path / "words.txt")
    case("note", folder, "a note", "--exhibit", "e1")
    case("conclude", folder, "--scale", "very-strong", "--reviewer", "Bela")
    case("export", folder, "--out", bundle)
    for path in (bundle, folder):
        found = json.loads(case("verify", path, "--json"))
        assert set(found) == {"ok", "findings", "entries", "head"}
        assert (found["ok"], found["findings"], found["entries"]) == (True, [], 8)
    again = json.loads(case("replay", bundle, "--json"))
    assert set(again) == {"equal", "compared", "differences"}
    assert again["equal"], again["differences"]
    assert again["compared"] > 50
    case("report", folder, "--out", tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    files = files_of(bundle)
    _, (place,) = edit_file(files, np.random.default_rng(0))
    bad = json.loads(case("verify", packed(files, tmp_path / "bad.zip"), "--json", status=1))
    assert {"what": "edited", "where": place} in bad["findings"]
    assert bad["ok"] is False
    differs = json.loads(case("replay", tmp_path / "bad.zip", "--json", status=1))
    assert place in [one["where"] for one in differs["differences"]]


@pytest.mark.parametrize("command", ["export", "report"])
@pytest.mark.parametrize("name", ["pipe.zip", "pipe"])
def test_no_command_replaces_a_pipe(command: str, name: str, tmp_path: Path) -> None:
    case("new", tmp_path / "case", "--title", "T")
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError, match=f"{name} is a pipe; a new name, or that of a regular file, is needed"):
        case(command, tmp_path / "case", "--out", tmp_path / name)
    assert (tmp_path / name).is_fifo()


def test_bad_words_are_refused_before_anything_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    case("new", folder, "--title", "T")
    refused: dict[str, tuple[object, ...]] = {
        "is no word of the verbal scale": ("conclude", folder, "--scale", "sure", "--reviewer", "B"),
        "nothing was added": ("add", folder, tmp_path / "none.png"),
        "has no exhibit 'E7'; it has: none": ("note", folder, "x", "--exhibit", "E7"),
        "neither a case nor an evidence bundle": ("verify", tmp_path),
        "does not exist; a .zip file": ("replay", tmp_path / "none.zip"),
    }
    for words, arguments in refused.items():
        with pytest.raises(InputError) as error:
            case(*arguments)
        assert words in str(error.value)
    assert json.loads(case("verify", folder, "--json"))["entries"] == 1


def test_a_signer_that_is_not_this_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case("new", tmp_path / "case", "--title", "T")
    assert "signed by this program's own key" in case("verify", tmp_path / "case")
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "of somebody else"))
    assert "which is NOT this program's own" in case("verify", tmp_path / "case")
    told = CliRunner().invoke(app, ["case", "verify", str(tmp_path / "case"), "--json"], catch_exceptions=False)
    assert set(json.loads(told.stdout)) == {"ok", "findings", "entries", "head"}
    assert "which is NOT this program's own" in told.stderr
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "config"))
    told = CliRunner().invoke(app, ["case", "verify", str(tmp_path / "case"), "--json"], catch_exceptions=False)
    assert "own" not in told.stderr
