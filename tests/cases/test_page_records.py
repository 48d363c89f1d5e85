"""What pages showed, in a case: named, logged, verified, in the report; what cannot be computed again is named."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from core.cases import case_log, manifest
from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder, new_case, open_case
from core.cases.case_values import RunEnvironment
from core.cases.comparison import Replay
from core.cases.manifest import BUNDLE_LOG, MANIFEST
from core.cases.places import LOG
from core.cases.replay import replay
from core.cases.report.report_words import FINGERPRINT, INSTALL
from core.cases.report.write_report import write_report
from core.cases.verification import verify
from core.engine.case_work import add_records
from core.output.shown_record import Content, ShownRecord, csv_file
from core.output.value_records import value_record
from core.selftest.bundle_tampers import files_of, packed
from core.storage.code_fingerprint import CORE, code_fingerprint
from core.types import InputError

WORDS = "FGSM turns 1 of 2 faces."


WEIGHTS = {"CenterFace": "e" * 64, "attack-signs": "d" * 64}


def sweep(seed: int = 0) -> ShownRecord:
    files: dict[str, Content] = {"sweep.csv": csv_file([{"eps": 1, "word": "=1"}]), "plot.png": lambda: b"picture"}
    return ShownRecord("sweep", WORDS, {"detector": "made", "seed": seed}, {"points": [1, float("nan")]}, files)


@pytest.fixture
def kept(case: CaseFolder) -> CaseFolder:
    """The made case with two sweeps of its first exhibit, and one of none."""
    first = case.state().exhibits[0]
    assert add_records(case, [sweep(), sweep(1), sweep()], first) == 2
    assert add_records(case, [sweep()]) == 1
    return case


def test_records_are_numbered_by_exhibit_and_kind_and_logged(kept: CaseFolder) -> None:
    state = kept.state()
    assert [one.place for one in state.records] == [
        "results/E1/sweep-1.json",
        "results/E1/sweep-2.json",
        "results/case/sweep-1.json",
    ]
    one = state.records[1]
    assert set(one.files) == {f"results/E1/sweep-2{end}" for end in (".json", "-sweep.csv", "-plot.png")}
    assert (kept.root / "results/E1/sweep-2-sweep.csv").read_text() == "eps,word\n1,'=1\n"
    assert (kept.root / "results/E1/sweep-2-plot.png").read_bytes() == b"picture"
    assert (one.kind, one.words, one.settings, one.actor) == ("sweep", WORDS, {"detector": "made", "seed": 1}, "Ada")
    assert json.loads((kept.root / one.place).read_bytes())["results"] == {"points": [1, None]}
    assert len(state.results) == 2, "they take the place of no analysis"


@pytest.mark.parametrize("name", ["results/E1/sweep-1.json", "results/case/sweep-1-plot.png"])
def test_a_change_of_a_record_is_found(name: str, kept: CaseFolder, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.zip"
    export_case(kept, bundle)
    assert verify(kept.root).ok
    assert verify(bundle).ok
    files = files_of(bundle)
    files[name] += b" "
    found = verify(packed(files, tmp_path / "bad.zip")).findings
    assert [(one.what, one.where) for one in found] == [("edited", name)]
    (kept.root / name).chmod(0o644)
    (kept.root / name).write_bytes(files[name])
    assert [(one.what, one.where) for one in verify(kept.root).findings] == [("edited", name)]
    (kept.root / name).unlink()
    assert [(one.what, one.where) for one in verify(kept.root).findings] == [("deleted", name)]


def test_a_record_is_not_computed_again_and_counts_for_nothing(kept: CaseFolder, tmp_path: Path) -> None:
    export_case(kept, tmp_path / "bundle.zip")
    asked: list[str] = []

    def analyse(_: Path, exhibit: object, result: object) -> tuple[dict[str, bytes], dict[str, str]]:
        asked.append(result.folder)  # type: ignore[attr-defined]
        return {}, {}

    found = replay(tmp_path / "bundle.zip", analyse)
    assert found.not_again == [one.place for one in kept.state().records]
    assert found.outcome().not_computed_again == tuple(found.not_again)
    assert len(asked) == 2
    assert not [one for one in found.differences if "sweep" in str(one.where)]
    assert set(value_record(Replay().outcome())) == {"equal", "compared", "differences"}


def test_the_report_lists_records_with_settings_and_a_sentence(kept: CaseFolder, tmp_path: Path) -> None:
    write_report(kept, tmp_path / "report.pdf")
    whole = " ".join(" ".join(one.extract_text().split()) for one in PdfReader(tmp_path / "report.pdf").pages)
    first, _, last = (one.sequence for one in kept.state().records)
    fields = (f"Entry {first}, E1: sweep", f"Entry {last}, no exhibit: sweep", WORDS, '{"detector": "made", "seed": 1}')
    assert [field for field in (*fields, "results/E1/sweep-2.json", "added to E1: sweep") if field not in whole] == []


def test_a_case_of_page_results_alone_names_what_made_them(config: Path, tmp_path: Path) -> None:
    case = new_case(tmp_path / "pages", "Pages", actor="Ada")
    environment = RunEnvironment(
        {"prosopon": "c" * 64, "release": "9.8.7", "torch": "2.0"}, {"cores": "77"}, "XYZ (+0)"
    )
    case.keep_record(replace(sweep(), weights=WEIGHTS), environment)
    case.keep_record(replace(sweep(1), weights=WEIGHTS), environment)
    write_report(case, tmp_path / "report.pdf")
    whole = " ".join(" ".join(one.extract_text().split()) for one in PdfReader(tmp_path / "report.pdf").pages)
    assert "Zone of the machine XYZ (+0)" in whole
    assert "No file was analysed." in whole
    assert "is listed in section 10" in whole
    tools = whole[whole.index("9. Tools") : whole.index("10. Steps")]
    fields = (
        "of log entries 2, 3",
        "Release 9.8.7",
        "c" * 64,
        "torch 2.0",
        "cores: 77",
        "Model attack-signs",
        "d" * 64,
    )
    assert [field for field in fields if field not in tools] == []
    again = whole[whole.index("11. How to reproduce") :]
    assert "release 9.8.7, SHA-256 of its code" in again
    assert INSTALL in again
    for wrong in ("There are no results", "No analysis was made", "No detector was used", "not stated, SHA"):
        assert wrong not in whole


def test_the_weights_behind_page_results_are_kept_and_in_the_manifest(config: Path, tmp_path: Path) -> None:
    case = new_case(tmp_path / "pages", "Pages", actor="Ada")
    add_records(case, [replace(sweep(), weights=WEIGHTS), sweep(1)])
    first, older = case.state().records
    assert (first.weights, older.weights) == (WEIGHTS, {})
    assert "weights" not in json.loads(case.entries()[-1].text), "such a log is as older versions wrote it"
    export_case(case, tmp_path / "bundle.zip")
    assert verify(tmp_path / "bundle.zip").ok
    files = files_of(tmp_path / "bundle.zip")
    manifest = json.loads(files["manifest.json"])
    assert manifest["weights"] == {name: [sha256] for name, sha256 in WEIGHTS.items()}
    manifest["weights"]["attack-signs"] = ["f" * 64]
    files["manifest.json"] = json.dumps(manifest).encode()
    found = verify(packed(files, tmp_path / "bad.zip")).findings
    assert "swapped model" in [one.what for one in found]


def test_the_fingerprint_is_printed_as_the_report_says() -> None:
    found = subprocess.run(["sh", "-c", FINGERPRINT], capture_output=True, text=True, check=True, cwd=CORE.parent)
    assert found.stdout.strip() == code_fingerprint()


@pytest.mark.parametrize(("kind", "file"), [("../sweep", "a.csv"), ("sweep", "../a.csv"), ("", "a.csv")])
def test_names_that_lead_elsewhere_are_refused(kind: str, file: str) -> None:
    with pytest.raises(InputError, match="what came is"):
        ShownRecord(kind, WORDS, {}, {}, {file: b""})


def test_only_what_names_weights_is_of_the_newer_format(case: CaseFolder, tmp_path: Path) -> None:
    def formats(name: str) -> tuple[int, int, int]:
        """Of the log, of the log's copy in a bundle, and of the bundle's manifest."""
        export_case(case, tmp_path / name)
        assert verify(tmp_path / name).ok
        found = []
        for log in (case.root / LOG, tmp_path / name / BUNDLE_LOG):
            with contextlib.closing(sqlite3.connect(f"{log.as_uri()}?mode=ro", uri=True)) as rows:
                found.append(int(rows.execute("PRAGMA user_version").fetchone()[0]))
        return found[0], found[1], json.loads((tmp_path / name / MANIFEST).read_bytes())["format"]

    add_records(case, [sweep()])
    assert formats("as-older-versions-write-it") == (1, 1, 1)
    add_records(case, [replace(sweep(1), weights=WEIGHTS)])
    assert formats("newer") == (2, 2, 2)
    case.note("A note.")
    assert formats("stays") == (2, 2, 2)
    assert len(open_case(case.root).state().records) == 2


def test_a_bundle_that_named_weights_in_the_first_format_is_verified(
    case: CaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        for place in (case_log, manifest):
            before.setattr(place, "format_of", lambda _: 1)
        add_records(case, [replace(sweep(), weights=WEIGHTS)])
        export_case(case, tmp_path / "bundle")
    assert json.loads((tmp_path / "bundle" / MANIFEST).read_bytes())["format"] == 1
    assert verify(tmp_path / "bundle").findings == ()


def test_another_format_in_a_manifest_is_named_at_its_place(case: CaseFolder, tmp_path: Path) -> None:
    add_records(case, [replace(sweep(), weights=WEIGHTS)])
    export_case(case, tmp_path / "bundle")
    place = tmp_path / "bundle" / MANIFEST
    place.write_text(place.read_text().replace('"format": 2', '"format": 1'))
    assert f"{MANIFEST}: format" in [one.where for one in verify(tmp_path / "bundle").findings]
