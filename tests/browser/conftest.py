"""One dashboard and one Chromium for all walks; a session of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from walks import CHROMIUM, Page, dashboard, first_page, new_context, sync_api


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the dashboard keeps cases, queues and keys."""
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture(scope="session")
def address(desk: Path) -> Iterator[str]:
    """A dashboard of our own, on a free port."""
    with dashboard(desk) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: object, address: str) -> Iterator[Page]:
    context = new_context(browser)
    yield first_page(context, address)
    context.close()
