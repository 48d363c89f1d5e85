"""From a sample to a saved figure by the keyboard alone, in few presses."""

from __future__ import annotations

import re

from walks import LONG, MARKS, Page, expect

pytestmark = MARKS
MAX_KEYS = 60
FOCUSED = "() => (document.activeElement?.getAttribute('aria-label') || document.activeElement?.innerText || '').trim()"


class Keys:
    """Press keys, and count them."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def to(self, name: str) -> None:
        """Tab until what has this name is in focus."""
        while name not in self.page.evaluate(FOCUSED).splitlines()[-1:]:
            assert self.pressed < MAX_KEYS, (name, self.page.evaluate(FOCUSED))
            self.press("Tab")


def test_a_sample_becomes_a_saved_figure_by_the_keyboard(page: Page) -> None:
    expect(page.get_by_role("button", name="Forgery", exact=True)).to_be_visible(timeout=LONG)
    keys = Keys(page)
    keys.press("Tab")
    keys.press("Enter")  # "Skip to main content"
    keys.to("Forgery")
    keys.press("Enter")
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    keys.press("a")
    expect(page.get_by_role("button", name="Run attack")).to_be_enabled(timeout=LONG)
    keys.press("g")
    expect(page.get_by_role("heading", name=re.compile("The verdict turned"))).to_be_visible(timeout=LONG)
    keys.press("w")
    expect(page.get_by_role("button", name="Compute maps")).to_be_enabled(timeout=LONG)
    keys.press("m")
    expect(page.get_by_text("All are computed with these settings")).to_be_visible(timeout=LONG)
    keys.to("One map")
    keys.press("End")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Figure as PDF")).to_be_visible(timeout=LONG)
    with page.expect_download(timeout=LONG) as download:
        keys.press("s")
    assert download.value.suggested_filename.endswith(".pdf")
    assert keys.pressed <= MAX_KEYS
