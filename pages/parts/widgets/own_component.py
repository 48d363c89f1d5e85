"""Make a component of our own from scripts and styles that lie beside this file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

HERE = Path(__file__).parent


def own_component(name: str, *stems: str) -> Callable[..., Any]:
    """Make a component from its script and style.

    `stems`: the last one draws; those before it are what it shares with others.
    """
    css, js = ("\n".join(_source(f"{stem}.{kind}") for stem in stems) for kind in ("css", "js"))
    return component(f"prosopon_{name}", css=css, js=js)


def _source(name: str) -> str:
    return (HERE / name).read_text("utf-8")
