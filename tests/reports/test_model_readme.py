"""The page about the models: what the command writes, from cards and measurements, is what lies there."""

from __future__ import annotations

import errno
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.__main__ import app
from core.attack_detectors import ATTACK_DETECTORS
from core.detectors import DEFAULT, DETECTORS
from core.reports.model_readme import FILE, WRITERS, model_readme, table
from core.signatures import DEFAULT_SET
from core.storage import paths
from core.storage.measured_files import read_measurements, record_measurements
from core.storage.paths import MODELS
from core.types import InputError
from core.types.measured_results import MeasuredDetector
from core.types.measurement import KINDS, RESULTS, Measurement

POINT = {"attack": "pgd", "eps_255": 4.0, "faces": 20, "called_fake": 20, "turned": 10, "success": 0.5}
POINT |= {"success_low": 0.3, "success_high": 0.7, "robust": 0.5, "robust_low": 0.3, "robust_high": 0.7}
BENCH = {"attack": "fgsm", "peer": "foolbox", "at": "equal steps", "ratio": 1.5, "interval": [1.4, 1.6]}
BENCH |= {"passes": 2.0, "peer_passes": 3.0, "success": 1.0, "peer_success": 0.5, "peer_success_8bit": 0.25}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["models", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the cards and measurements, which may be changed."""
    for path in MODELS.glob("*.json"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(paths, "MODELS", tmp_path)
    monkeypatch.setattr(paths, "README", shutil.copy(paths.README, tmp_path / "whole.md"))
    return tmp_path


def test_the_page_that_lies_there_is_the_one_that_the_command_writes() -> None:
    wanted = (MODELS / FILE).read_text("utf-8")
    assert model_readme() == wanted, "write it again with: python -m core models --write"
    assert run() == wanted


def test_the_page_holds_every_model_and_every_measurement() -> None:
    page = model_readme()
    for name in (*DETECTORS, *ATTACK_DETECTORS, DEFAULT_SET):
        assert f"`{name}`" in page
    for name in (*DETECTORS, *ATTACK_DETECTORS):
        for one in read_measurements(name):
            assert f"`{one.command}`" in page
            assert one.label in page or one.label == "maps"
    assert not re.search(r"(^|[\s(])/(work|root|tmp|home)/", page), "no folder of a machine"


def test_every_table_has_as_many_cells_in_each_row() -> None:
    for block in re.findall(r"(?:^\|.*\n)+", model_readme(), flags=re.M):
        rows = [re.sub(r"\\\|", "", row).count("|") for row in block.splitlines()]
        assert len(set(rows)) == 1, block


def test_numbers_stand_as_they_were_measured() -> None:
    page = model_readme()
    found = {one.label: one.result for one in read_measurements("resnet-blend")}
    forgeries = found["forgeries (738 test faces, three kinds)"]
    assert isinstance(forgeries, MeasuredDetector)
    assert forgeries.frame
    assert forgeries.frame.intervals.auc
    low, high = forgeries.frame.intervals.auc
    assert f"| AUC | {forgeries.frame.auc:.3f} ({low:.3f} to {high:.3f}) |" in page
    assert "100 faces attacked, 100 then with the larger output “not manipulated”" in page
    assert "the gap is more than chance" in page
    assert "| Input x Gradient | 0.816, worse |" in page


def test_what_is_recorded_is_on_the_page_after_it_is_written_again(models: Path) -> None:
    new = [
        Measurement("sweep", "in the rain", {"points": [POINT], "warnings": ["It is wet."]}, command="sweep it"),
        Measurement("bench-attacks", "a bench", {"pairs": 3, "threads": 1, "rows": [BENCH]}, weights="0" * 64),
        Measurement("gradient", "a | gradient", {"faces": 20, "findings": [{"sign": "none"}]}, date="2026-11-25"),
    ]
    record_measurements(DEFAULT, new, folder=models)
    assert run("--write") == f"{models.name}/{FILE} and the tables of whole.md were written.\n"
    page = (models / FILE).read_text("utf-8")
    assert page == model_readme()
    assert "| PGD | 4 | 50.0% (30.0% to 70.0%) | 50.0% (30.0% to 70.0%) | 20 |" in page
    assert "It is wet." in page
    assert "| fgsm | foolbox | equal steps | 1.50 (1.40 to 1.60) | 2, 3 | 1, 0.5 | 0.25 |" in page
    assert f"The command is not known; with other weights: {'0' * 12}." in page
    assert "recorded on 2026-11-25" in page


def test_every_kind_has_its_writer() -> None:
    written = {kind for kind, result in RESULTS.items() if result in dict(WRITERS)}
    assert set(KINDS) - written == {"conservation", "gradient", "other"}, "the last two are plain tables"


def test_cells_are_escaped_and_empty_columns_left_out() -> None:
    assert table([{"a": "x|y", "b": "", "c": "1\n2"}]) == "| a | c |\n|---|---|\n| x\\|y | 1 2 |"


def test_a_folder_that_cannot_be_written_is_said(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.storage.files.os.fsync", full)
    with pytest.raises(InputError, match="README.md.* cannot be written: No space left on device"):
        run("--write")
    assert not (models / FILE).exists()


def test_a_card_that_is_damaged_is_named(models: Path) -> None:
    (models / f"{DEFAULT}.measured.json").write_text(json.dumps({"measurements": [{}]}))
    with pytest.raises(InputError, match=f"the measurements of {DEFAULT} in .* are damaged"):
        run()
