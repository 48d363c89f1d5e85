"""The frame of all pages: the bar, the keyboard's focus after a result, and a page on paper."""

from __future__ import annotations

import re
from pathlib import Path

from walks import LONG, MARKS, Page, drawn, expect, go

from core.detectors import Detector
from core.media_attack import samples

pytestmark = MARKS
LONG_NAME = "what an analyst was sent yesterday evening by somebody who writes long names.png"
BAR = {1440: 58, 1024: 58, 390: 116}  # pixels of its height by those of the screen's width: one row, or two
FOCUSED = "() => document.activeElement.textContent"
WHITE = "rgb(255, 255, 255)"
FIRST_TO_SEE = (".stMarkdownBadge", "h2", "[data-testid=stImage] img")
# What is seen and has letters too light for white paper.
PALE = """(all) => all.filter((one) => one.checkVisibility()).flatMap((one) => {
  const colour = getComputedStyle(one).color, parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const pale = Math.max(...parts) > 140 && [...one.childNodes].some((of) => of.nodeType === 3);
  return pale ? [one.textContent.slice(0, 60) + " " + colour] : [];
})"""


def focused(page: Page) -> str:
    """What has the keyboard's focus, in words, once the page is drawn."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
    page.wait_for_function("() => document.activeElement !== document.body", timeout=LONG)
    said: str = page.evaluate(FOCUSED)
    return said


def test_the_bar_is_one_row_and_names_product_file_queue_and_verdict(
    page: Page, shipped: Detector, tmp_path: Path
) -> None:
    files = [tmp_path / LONG_NAME, tmp_path / "portrait.png"]
    for file, name in zip(files, ("forgery.png", "portrait.png"), strict=True):
        file.write_bytes(samples.sample(name, shipped).read_bytes())
    page.locator("input[type=file]").set_input_files(files)  # on Start: several go to the queue
    expect(page.get_by_role("heading", name="Queue", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Empty the queue")).to_be_visible(timeout=2 * LONG)
    page.locator(".st-key-open-current button").click()
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    bar = page.locator(".st-key-bar")
    for words in ("Prosopon", LONG_NAME, "1 of 2 in the queue", "Likely manipulated"):
        expect(bar.get_by_text(words).filter(visible=True)).to_have_count(1, timeout=LONG)
    for name in ("Previous", "Next", "Add to case"):
        expect(bar.get_by_role("button", name=name)).to_be_visible()
    for width, most in BAR.items():
        page.set_viewport_size({"width": width, "height": 800})
        drawn(page)
        box, line = (
            bar.bounding_box(),
            bar.get_by_test_id("stMarkdownContainer").filter(has_text=LONG_NAME).bounding_box(),
        )
        assert box
        assert line
        assert box["height"] <= most, (width, box)
        assert line["height"] < 30, "on one line"
        assert line["x"] + line["width"] <= box["x"] + box["width"]
    page.reload()
    expect(bar.get_by_title(LONG_NAME)).to_have_count(1, timeout=LONG)  # whole, where a narrow screen cuts it


def test_a_page_on_paper_has_its_words_pictures_and_badges(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    for scheme in ("dark", "light"):
        page.emulate_media(media="screen", color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme, timeout=LONG)
        page.emulate_media(media="print", color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", WHITE)
        for what in FIRST_TO_SEE:
            expect(page.locator(f"[data-testid=stMain] {what}").filter(visible=True).first).to_be_visible()
        badge = page.locator(".st-key-bar").get_by_text("Likely manipulated").filter(visible=True)
        expect(badge).to_have_css("border-top-style", "solid")
        expect(page.get_by_role("heading", name="Likely manipulated")).to_have_css("color", "rgb(0, 0, 0)")
        assert page.locator("[data-testid=stMain] *:not(svg *)").evaluate_all(PALE) == [], scheme
        for gone in ("header", "button", "[data-testid=stSidebar]", "[data-testid=stFileUploader]"):
            expect(page.locator(gone).filter(visible=True)).to_have_count(0)


def test_a_note_is_grey(page: Page) -> None:
    go(page, "Methods")
    page.get_by_label("Search methods").fill("nothing like it")
    page.get_by_label("Search methods").press("Enter")
    note = page.get_by_test_id("stAlertContainer").filter(has_text="No method has all of these words")
    inks = {"light": "rgb(16, 19, 23)", "dark": "rgb(236, 239, 242)"}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(note).to_have_css("background-color", "rgba(138, 138, 138, 0.16)", timeout=LONG)
        expect(note).to_have_css("color", inks[scheme], timeout=LONG)


def test_focus_stays_where_it_was_after_a_result(page: Page) -> None:
    page.get_by_role("button", name="Forgery", exact=True).click()
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    assert "Likely manipulated" in focused(page), "its button is gone: the headline"

    go(page, "Attack")
    page.get_by_role("button", name="Run attack").press("Enter")
    expect(page.get_by_role("heading", name=re.compile("The verdict turned"))).to_be_visible(timeout=LONG)
    assert "Run attack" in focused(page)

    go(page, "Explain")
    page.get_by_role("button", name="Compute maps").press("Enter")
    expect(page.get_by_text("All are computed with these settings")).to_be_visible(timeout=LONG)
    assert "% of what" in focused(page), "nothing is left to compute: the headline"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "none", "it takes no key"
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Compare these maps").press("Enter")
    expect(page.get_by_role("heading", name="Method to method")).to_be_visible(timeout=LONG)
    focused(page)

    page.get_by_role("tab", name="Compare").focus()
    page.evaluate("document.activeElement.blur()")  # left on purpose
    page.wait_for_timeout(600)
    assert page.evaluate("document.activeElement === document.body")
