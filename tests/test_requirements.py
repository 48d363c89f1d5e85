"""The lower bounds of what has to be installed: one for each package, none with a known fault."""

from __future__ import annotations

import ast
import re
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
# The first version without the advisory named, or with what is used here.
FIRST = {
    "av": ("17.1", "16.1 cannot scale a frame in one thread"),
    "requests": ("2.33", "CVE-2024-47081: .netrc credentials go to other hosts; CVE-2026-25645"),
    "urllib3": ("2.6.3", "CVE-2025-66418, CVE-2025-66471, CVE-2026-21441: bombs in compressed answers"),
    "streamlit": ("1.67", "server.allowedHosts, on_release of cached resources"),
    "matplotlib": ("3.10", "3.9 does not know the interpolation auto of the figures"),
    "numpy": ("2.0", "pyarrow 26 wants it"),
    "opencv-python": ("5.0", "4.10 to 4.14 find hundreds of faces in noise with CenterFace"),
    "typer": ("0.16", "0.15 holds click below 8.2, which prints errors among results in tests"),
    "torch": ("2.14", "CVE-2025-32434, -2953, -3730, -2999, -3001, -3000: code in weights, and memory faults"),
    "torchvision": ("0.29", "the release that belongs to torch 2.14"),
    "pillow": ("12.3", "parses people's pictures: no release before is looked at"),
    "cryptography": ("50.0", "reads people's certificates: no release before is looked at"),
    "onnxruntime": ("1.32", "runs people's networks: no release before is looked at"),
    "h5py": ("3.11", "parses people's checkpoints: no release before is looked at"),
    "onnx": ("1.21", "CVE-2026-27489, CVE-2026-28500: paths out of a model's folder"),
}


def bounds() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name.lower(): one for one in found}


def lowest(one: Requirement) -> Version:
    (bound,) = [spec.version for spec in one.specifier if spec.operator == ">="]
    return Version(bound)


@pytest.mark.parametrize("name", bounds())
def test_what_is_installed_is_no_older_than_its_only_bound(name: str) -> None:
    assert len(bounds()[name].specifier) == 1
    assert Version(version(name)) >= lowest(bounds()[name])


@pytest.mark.parametrize("name", FIRST)
def test_no_bound_allows_a_version_with_a_known_fault(name: str) -> None:
    first, why = FIRST[name]
    assert lowest(bounds()[name]) >= Version(first), why


def test_every_package_that_core_and_pages_import_has_a_bound() -> None:
    imported = set[str]()
    for path in [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module).split(".")[0])
    owners = packages_distributions()
    needed = {frozenset(re.sub(r"[-_.]+", "-", one).lower() for one in owners[name]) for name in imported & set(owners)}
    assert [sorted(one) for one in needed if not one & set(bounds())] == []
