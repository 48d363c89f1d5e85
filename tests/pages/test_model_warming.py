"""Models are read after the first page: once a server, silently, never for stand-ins of servers."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from page_runs import page
from streamlit.runtime import Runtime

from core import pipeline
from pages.parts.session import model_warming


class Server(Runtime):
    """A runtime that needs no settings."""

    def __init__(self) -> None:
        pass


@pytest.fixture(autouse=True)
def unwarmed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nothing is started yet; what is judged is noted."""
    judged: list[str] = []
    model_warming._started.clear()
    monkeypatch.setattr(model_warming, "BROWSER_S", 0.0)
    answer = pipeline.answer_attack

    def noted(*given: Any) -> Any:
        found = answer(*given)
        judged.append("grey")
        return found

    monkeypatch.setattr(pipeline, "answer_attack", noted)
    return judged


def test_a_server_reads_its_models_once_after_its_first_run(
    unwarmed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_warming, "Runtime", Server)
    monkeypatch.setattr(Server, "_instance", Server())
    run_ends, judged_before = threading.Event(), []

    def run() -> None:
        model_warming.warm_models()
        model_warming.warm_models()
        judged_before.extend(unwarmed)
        run_ends.wait(10)

    script = threading.Thread(target=run)
    script.start()
    run_ends.set()
    script.join()
    model_warming._started().join()
    assert judged_before == []
    assert unwarmed == ["grey"]


def test_what_fails_is_silent(unwarmed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        unwarmed.append("failed")
        raise RuntimeError("no weights")

    monkeypatch.setattr(pipeline, "answer_attack", fail)
    script = threading.Thread()
    script.start()
    model_warming.read_models(script)
    assert unwarmed == ["failed"]


def test_a_page_that_is_drawn_without_a_server_reads_nothing(unwarmed: list[str]) -> None:
    assert not page("methods").run().exception
    assert not [thread for thread in threading.enumerate() if thread.name == "prosopon-warming"]
    assert unwarmed == []
