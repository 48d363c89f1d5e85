"""What people wait for at the start brings no library that it does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    *("captum", "h5py", "matplotlib", "numba", "pandas", "plotly", "requests", "scipy", "shap"),
    *("skimage", "sklearn", "torchvision", "umap"),
)
HELP = """import runpy, sys
sys.argv = ["core", "analyse", "--help"]
try:
    runpy.run_module("core", run_name="__main__")
except SystemExit as end:
    assert not end.code"""
PAGE = """from streamlit.testing.v1 import AppTest
page = AppTest.from_file("app.py", default_timeout=300).run()
assert page.title[0].value == "Inspect" and not page.exception, page.exception"""
ENTRIES = {
    # Streamlit's test runner brings pandas; every page may draw plots.
    "page": (PAGE, {"pandas", "plotly"}),
    "help": (HELP, set()),
    "analyse": ("import core.pipeline, core.reports.file_analysis", set()),
    "samples": ("import core.media_attack.samples", set()),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_heavy_libraries_wait_until_they_are_used(entry: str) -> None:
    code, allowed = ENTRIES[entry]
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{code}\nimport sys; print(*sys.modules, file=sys.stderr)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    loaded = set(run.stderr.split())
    assert sys.__name__ in loaded
    assert loaded & set(HEAVY) <= allowed
