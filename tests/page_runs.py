"""Run one page by itself, with a session that was made for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from pages.parts.session.session import Session

ROOT = Path(__file__).resolve().parents[1]


def page(name: str, desk: Session | None = None) -> AppTest:
    test = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=600)
    if desk is not None:
        test.session_state["session"] = desk
    return test


def texts(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "title", "header", "subheader", "error", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind))


def run(test: AppTest) -> str:
    """Draw a page, and return what it says."""
    test.run()
    assert not test.exception
    return texts(test).replace("\\", "")


def click(test: AppTest, label: str) -> str:
    """Click a button, and return what the page says then."""
    next(button for button in test.button if button.label == label).click()
    return run(test)


def labels_of(test: AppTest, kind: str = "download_button") -> list[str]:
    """List the labels of a kind of element, in their order."""
    return [element.label for element in test.get(kind) if isinstance(element, Element)]


def sent_to(test: AppTest, component: str) -> list[dict[str, Any]]:
    """What the browser draws our own components from, of this name."""
    sent = [one.proto for one in test.get("bidi_component")]
    return [json.loads(proto.json) for proto in sent if proto.component_name.endswith(component)]
