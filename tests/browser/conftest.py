"""One dashboard and one Chromium for all walks; a session of its own for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from walks import CHROMIUM, LONG, Page, dashboard, expect, sync_api


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard of our own, on a free port."""
    with dashboard(tmp_path_factory.mktemp("dashboard")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: object, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000})  # type: ignore[attr-defined]
    made = context.new_page()
    made.set_default_timeout(LONG)
    made.goto(address)
    expect(made.get_by_role("heading", name="Inspect")).to_be_visible(timeout=LONG)
    yield made
    context.close()
