"""Workers that are forked from one process, which has imported what they need."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

import pytest

from core.engine import local_workers


@pytest.fixture(scope="session")
def fork_server() -> ForkServerContext:
    """A process that imports torch and the judge once; it runs no threads that a fork would copy."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.engine.file_judging", "core.engine.queue_speed"])
    return context


@pytest.fixture
def _forked_workers(fork_server: ForkServerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start local workers in no time; other tests spawn them, as a program does."""
    monkeypatch.setattr(local_workers, "_SPAWN", fork_server)
