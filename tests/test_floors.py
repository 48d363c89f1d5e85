"""The house: imports only go down, siblings never import each other, core never imports streamlit."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "core.types": 0,
    "core.registry": 0,
    "core.statistics": 0,
    "core.calibration": 1,
    "core.weights": 1,
    "core.codecs": 1,
    "core.images": 1,
    "core.video": 1,
    "core.media": 1,
    "core.datasets": 1,
    "core.groups": 1,
    "core.writing": 1,
    "core.checkpoints": 1,
    "core.download": 1,
    "core.words": 1,
    "core.faces": 2,
    "core.forge": 2,
    "core.detectors": 2,
    "core.figures": 3,
    "core.attacks": 3,
    "core.explain": 3,
    "core.attack_detectors": 3,
    "core.signatures": 3,
    "core.ensemble": 3,
    "core.regions": 3,
    "core.labelled": 3,
    "core.pipeline": 4,
    "core.report": 4,
    "core.samples": 4,
    "core.critical": 4,
    "core.analysis": 5,
    "core.evaluation": 5,
    "core.attack_evaluation": 5,
    "core.conditions": 5,
    "core.training": 5,
    "core.whole": 5,
    "core.survival": 5,
    "core.bench": 5,
    "core.map_evaluation": 5,
    "core.sweep_evaluation": 5,
    "core.printing": 5,
    "pages._entry": 4,
    "pages._work": 4,
    "pages._attacking": 4,
    "pages._tables": 4,
    "pages._state": 5,
    "pages._widgets": 5,
    "core.__main__": 6,
    "core.cli": 6,
    "pages": 6,
    "app": 7,
}
SAME_FLOOR = {
    ("core.media", "core.video"),
    ("core.__main__", "core.cli"),
    ("core.registry", "core.types"),
    ("pages._widgets", "pages._state"),
}
FILES = [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").glob("*.py"))]


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def home(module: str) -> str | None:
    """The entry of FLOORS that a module lives in."""
    parts = module.split(".")
    return next((".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in FLOORS), None)


def imported(path: Path) -> set[str]:
    """Absolute names of what a file imports from this project."""
    module, found = module_of(path).split("."), set()
    if path.name == "__init__.py":
        module.append("")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = module[: -node.level] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{whole}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("core", "pages", "app", "streamlit")}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_only_go_down(path: Path) -> None:
    here = home(module_of(path))
    if module_of(path) == "core":
        return
    assert here is not None, f"{path.name} has no floor"
    for name in imported(path):
        if name.startswith("streamlit"):
            assert not module_of(path).startswith("core"), "core never imports streamlit"
            continue
        there = home(name)
        if there in (None, here) or (here, there) in SAME_FLOOR:
            continue
        assert FLOORS[there] < FLOORS[here], f"{module_of(path)} (floor {FLOORS[here]}) imports {name}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_are_short_and_state_is_in_one_place(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    if path.name != "_state.py":
        assert "st.session_state" not in text
        assert "st.cache_" not in text
