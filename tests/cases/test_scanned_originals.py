"""A case says of each original whether it was scanned for malware, in its log and its report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import made_cases
import pytest

from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder, new_case
from core.cases.report.report_words import scan_words
from core.cases.verification import verify
from core.engine.case_work import CaseAnalysis, add_to_case
from core.types import InputError

KNOWS = shlex.join([sys.executable, "-c", "import sys; sys.exit(b'known' in sys.stdin.buffer.read())"])


@pytest.fixture
def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CaseFolder:
    monkeypatch.setenv("PROSOPON_SCANNER", KNOWS)
    case = new_case(tmp_path / "case", "Scanned", actor="Ada")
    (tmp_path / "one.png").write_bytes(b"one")
    case.add_file(tmp_path / "one.png")
    monkeypatch.setenv("PROSOPON_SCANNER", "off")
    (tmp_path / "two.png").write_bytes(b"two")
    case.add_file(tmp_path / "two.png")
    return case


def test_log_and_report_say_what_scanned_it(scanned: CaseFolder, tmp_path: Path) -> None:
    one, two = scanned.state().exhibits
    program = Path(sys.executable).name
    assert {**one.scan, "utc": ""} == {"scanner": program, "result": "clean", "reason": "", "utc": ""}
    assert one.received[:10] in one.scan["utc"]
    assert scan_words(one).startswith(f"scanned by {program} on {one.received[:10]}")
    assert "not scanned for malware" in scan_words(two)
    assert "switched off by PROSOPON_SCANNER" in scan_words(two)
    export_case(scanned, tmp_path / "a.zip")
    export_case(scanned, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert verify(tmp_path / "a.zip").ok


def test_what_a_scanner_knows_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_SCANNER", KNOWS)
    case = new_case(tmp_path / "case", "Scanned", actor="Ada")
    (tmp_path / "bad.png").write_bytes(b"known")
    with pytest.raises(InputError, match=r"bad\.png.* is not added: the malware scanner knows it"):
        case.add_file(tmp_path / "bad.png")
    assert not case.state().exhibits
    assert not [path for path in case.root.rglob("*") if path.is_file() and path.read_bytes() == b"known"]
    (problem,) = add_to_case(case, [(tmp_path / "bad.png", "bad.png")], CaseAnalysis())
    assert "is not added" in problem


def test_an_error_of_another_kind_ends_adding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_SCANNER", "no-such-program")
    case = new_case(tmp_path / "case", "Scanned", actor="Ada")
    (tmp_path / "one.png").write_bytes(b"one")
    with pytest.raises(InputError, match="the scanner of PROSOPON_SCANNER fails"):
        add_to_case(case, [(tmp_path / "one.png", "one.png")] * 2, CaseAnalysis())


def test_a_case_that_noted_no_scans_is_still_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append = CaseFolder._append

    def older(self: CaseFolder, action: str, build: Any) -> Any:
        def unscanned(sequence: int) -> Any:
            said, moves = build(sequence)
            return {name: value for name, value in said.items() if name != "scan"}, moves

        return append(self, action, unscanned)

    monkeypatch.setattr(CaseFolder, "_append", older)
    case = made_cases.made_case(tmp_path / "case")
    assert not case.state().exhibits[0].scan
    export_case(case, tmp_path / "a.zip")
    assert verify(tmp_path / "a.zip").ok
    assert "was not noted" in scan_words(case.state().exhibits[0])
