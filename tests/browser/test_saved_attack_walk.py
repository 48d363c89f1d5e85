"""An attacked face is saved and opened as a new file, as PNG and as JPEG: what the page answers of each."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from walks import LONG, MARKS, Page, expect, first_page, go, new_context

from core.detectors import Detector
from core.media_attack import samples

pytestmark = MARKS


def answer_of(browser: Any, address: str, data: bytes, name: str) -> str:
    """Open a file as somebody who was sent it, and return what the page answers."""
    context = new_context(browser)
    try:
        page = first_page(context, address)
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/*", "buffer": data})
        expect(page.get_by_text(name).first).to_be_visible(timeout=LONG)
        expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
        go(page, "Was it attacked?")
        expect(page.get_by_text(name).first).to_be_visible(timeout=LONG)
        expect(page.get_by_role("button", name="What was measured as CSV")).to_be_visible(timeout=LONG)
        return page.get_by_test_id("stMain").inner_text()
    finally:
        context.close()


def test_a_saved_attack_is_told_when_it_comes_back(page: Page, browser: Any, address: str, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        page.get_by_role("button", name="Attacked face as PNG").click()
    saved = Path(download.value.path()).read_bytes()
    again = io.BytesIO()
    Image.open(io.BytesIO(saved)).save(again, "JPEG", quality=75)

    as_saved = answer_of(browser, address, saved, "sent.png")
    assert "Signs of an attack: the verdict may be the attack's work." in as_saved
    assert "Likely not manipulated" in as_saved, "it turns the verdict still"
    as_sent_on = answer_of(browser, address, again.getvalue(), "sent.jpg")
    assert "No sign of an attack of the kinds it knows" in as_sent_on, "with its scope"
    assert "Likely manipulated" in as_sent_on, "JPEG took the attack's effect"
