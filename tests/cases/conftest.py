"""A signing key and cases of the tests' own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_cases import made_case

from core.cases.bundle import export_case
from core.cases.case_folder import CaseFolder


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One case, made once with the disk's waits, its bundle, and a folder of settings with the key."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROSOPON_CONFIG", str(root / "config"))
        export_case(made_case(root / "case"), root / "bundle.zip")
    return root, root / "config"


@pytest.fixture(autouse=True)
def config(_made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of settings that holds the key of the made case."""
    monkeypatch.setenv("PROSOPON_CONFIG", str(_made[1]))
    return _made[1]


@pytest.fixture
def case(_made: tuple[Path, Path], tmp_path: Path) -> CaseFolder:
    """A copy of the made case, by Ada."""
    shutil.copytree(_made[0] / "case", tmp_path / "case")
    return CaseFolder(tmp_path / "case", "Ada")


@pytest.fixture
def bundle(_made: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of its bundle."""
    return Path(shutil.copyfile(_made[0] / "bundle.zip", tmp_path / "bundle.zip"))
