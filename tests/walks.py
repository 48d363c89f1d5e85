"""What walks through the dashboard share: a server of their own, a Chromium, and the way from page to page."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page as Page
else:
    Page = pytest.importorskip("playwright.sync_api").Page
sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MARKS = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
LONG = 120_000  # milliseconds
TRIES = 8  # at a list that a redrawn page closes
STARTS = 1200  # looks at whether the dashboard answers, 0.1 s apart
# Resolves once nothing has changed for so many frames and no animation runs that ends by itself; or after a second.
DRAWN = """(frames) => new Promise((done) => {
  const begun = performance.now();
  let left = frames;
  const changes = new MutationObserver(() => { left = frames; });
  changes.observe(document, {attributes: true, characterData: true, childList: true, subtree: true});
  const moves = (one) => one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity;
  const look = () => {
    left = document.getAnimations().some(moves) ? frames : left - 1;
    if (left > 0 && performance.now() - begun < 1000) return requestAnimationFrame(look);
    changes.disconnect();
    done();
  };
  requestAnimationFrame(look);
})"""
FRAMES = 5  # a twelfth of a second, longer on a machine that is busy


@contextmanager
def dashboard(folder: Path, more: dict[str, str] | None = None) -> Iterator[str]:
    """The address of a fresh dashboard on a free port; whoever ends it wants no traceback in its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "streamlit.log").open("w+")
    places = {"WEIGHTS": "weights", "CASES": "cases", "CONFIG": "config"}
    own = {f"PROSOPON_{name}": str(folder / place) for name, place in places.items()}
    own |= {"XDG_CACHE_HOME": str(folder / "cache"), "PROSOPON_READER": "apart", **(more or {})}  # the cache: queues
    (folder / "cases").mkdir()
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless=true",
        f"--server.port={port}",
        "--server.address=127.0.0.1",
        "--server.fileWatcherType=none",
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env={**os.environ, **own})
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(STARTS):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        yield url
        log.flush()
        log.seek(0)
        assert "Traceback" not in (said := log.read()), said
    finally:
        server.terminate()
        server.wait(LONG / 1000)
        log.close()


def new_context(browser: Any) -> Any:
    """A visitor of their own, with a wide screen."""
    return browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")


def first_page(context: Any, address: str) -> Page:
    """The dashboard as it opens."""
    made: Page = context.new_page()
    made.set_default_timeout(LONG)
    made.goto(address)
    expect(made.get_by_role("heading", name="Inspect")).to_be_visible(timeout=LONG)
    return made


def drawn(page: Page) -> None:
    """Wait until the browser has drawn what it was told last, such as another width."""
    page.evaluate(DRAWN, FRAMES)


def go(page: Page, name: str) -> None:
    """To another page by its link."""
    page.get_by_role("link", name=name).first.click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=LONG)


def unfold(page: Page, name: str) -> None:
    """Open an expander, unless it is open."""
    box = page.locator("details", has=page.locator("summary", has_text=name)).first
    expect(box).to_be_visible(timeout=LONG)
    if box.get_attribute("open") is None:
        box.locator("summary").click()


def open_drawer(page: Page, name: str) -> None:
    """Open a drawer, unless it is open."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_visible(timeout=LONG)
    if button.get_attribute("aria-expanded") != "true":
        button.click()


def choose(page: Page, box: str, option: str, *, exact: bool = True) -> None:
    """Choose from a list; open it again where a page that was still being drawn closed it."""
    for _ in range(TRIES):
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
        page.get_by_role("combobox", name=box, exact=exact).first.click()
        try:
            page.get_by_role("option", name=option, exact=exact).first.click(timeout=LONG / TRIES)
        except sync_api.TimeoutError:
            continue
        return
    raise AssertionError(f"{box} gave no {option} to choose")


def only(page: Page, *titles: str) -> None:
    """Choose just these maps."""
    open_drawer(page, "Maps and their settings")
    page.get_by_role("button", name="Clear all").first.click()
    expect(page.get_by_text("No map is chosen")).to_be_visible(timeout=LONG)
    for title in titles:
        page.get_by_role("combobox", name="Maps").first.fill(title)
        page.get_by_role("option", name=title, exact=True).click()
    page.keyboard.press("Escape")
