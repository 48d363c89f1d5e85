"""The story by keys alone, and its pictures: they zoom and move in step, slide, swap, and say their values."""

from __future__ import annotations

import re

from walks import LONG, MARKS, Page, expect

pytestmark = MARKS


def test_the_story_by_keys_and_its_pictures(page: Page, address: str) -> None:
    page.goto(f"{address}/story")
    expect(page.get_by_role("button", name="Begin", exact=False).first).to_be_visible(timeout=LONG)
    for step in range(1, 6):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text(f"Step {step} of 8")).to_be_visible(timeout=LONG)
    compare = page.locator(".compare")
    panes = compare.locator("figure:visible .pane")
    expect(panes).to_have_count(3)

    def moves() -> list[str]:
        return panes.locator("img:first-child").evaluate_all("all => all.map(one => one.style.transform)")

    assert set(moves()) == {"scale(1) translate(0%, 0%)"}
    box = panes.nth(1).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.wheel(0, -100)
    page.mouse.wheel(0, -100)
    expect(compare).to_have_attribute("data-view", re.compile(r"^0\.0[89]\d* 0\.0[89]\d* 1\.5625"))
    assert len(set(moves())) == 1
    said = compare.locator(".values")
    expect(said).to_have_text(re.compile(r"x \d+, y \d+: Forgery \d+ \d+ \d+; Attacked \d+ \d+ \d+; Difference"))
    compare.focus()
    page.keyboard.press("ArrowRight")
    expect(compare).to_have_attribute("data-view", re.compile(r"^0\.18\d* 0\.0[89]"))
    expect(page.get_by_text("Step 5 of 8")).to_be_visible()  # the arrow moved the pictures, not the story
    page.keyboard.press("b")
    expect(compare.locator("figcaption:visible")).to_have_text(["Attacked"])
    page.keyboard.press("b")
    expect(compare.locator("figcaption:visible")).to_have_text(["Forgery"])
    page.keyboard.press("s")
    expect(compare.locator("figcaption:visible")).to_have_text(["Forgery | Attacked"])
    page.keyboard.press("0")
    expect(compare).to_have_attribute("data-view", "0.0000 0.0000 1.0000")
