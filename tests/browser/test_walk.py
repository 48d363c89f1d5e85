"""What a person does, in a real Chromium: upload, attack, explain, see the signature, and move about losing nothing."""

from __future__ import annotations

import re
from pathlib import Path

from checkpoints import random_checkpoint, write_checkpoint
from walks import LONG, MARKS, Page, choose, dashboard, expect, go, new_context, only

from core.detectors import FORMATS, Detector
from core.media_attack import samples

pytestmark = MARKS


DRAWN = """canvas => { // where something is drawn, in pixels of the page
  const { width, height } = canvas, fine = width / canvas.clientWidth;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const at = [...Array(data.length / 4).keys()].find((k) => data[4 * k + 3] > 0);
  return [at % width / fine, Math.floor(at / width) / fine + 1];
}"""


def test_a_bookmark_opens_its_page_on_a_fresh_server(browser: object, tmp_path: Path) -> None:
    with dashboard(tmp_path) as fresh:
        context = new_context(browser)
        page = context.new_page()
        page.set_default_timeout(LONG)
        page.goto(f"{fresh}/inspect")
        expect(page.get_by_role("heading", name="Inspect", exact=True)).to_be_visible(timeout=LONG)
        expect(page.get_by_text("Page not found")).to_have_count(0)
        page.goto(f"{fresh}/methods")
        expect(page.get_by_role("heading", name="Methods", exact=True)).to_be_visible(timeout=LONG)
        expect(page.get_by_role("link", name="Was it attacked?")).to_be_visible(timeout=LONG)
        expect(page.get_by_role("link", name="widgets")).to_have_count(0)
        go(page, "Attack")
        context.close()


def test_the_six_pages(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("of “manipulated”")).first).to_be_visible(timeout=LONG)

    go(page, "Attack")
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name=re.compile("The verdict turned"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Attacked face as PNG").click()
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")

    go(page, "Explain")
    only(page, "Integrated Gradients", "LRP")
    page.get_by_role("button", name="Compute maps").click()
    expect(page.get_by_text(re.compile("% of what speaks for"))).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="All maps").click()
    expect(page.get_by_text("completeness error").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("relevance conserved").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("difference", exact=True).first).to_be_visible(timeout=LONG)

    go(page, "Was it attacked?")
    expect(page.get_by_text("forgery.png").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("What it finds and misses")).first).to_be_visible(timeout=LONG)

    go(page, "Signatures")
    page.get_by_role("button", name="Place this face").click()
    expect(page.get_by_role("heading", name=re.compile("nearest"))).to_be_visible(timeout=LONG)
    pick_and_select(page)

    go(page, "Methods")
    page.get_by_role("textbox", name="Search methods").fill("goodfellow fgsm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="FGSM", exact=True)).to_be_visible(timeout=LONG)

    go(page, "Attack")  # nothing was lost on the way
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible(timeout=LONG)
    go(page, "Explain")
    expect(page.get_by_text("difference", exact=True).first).to_be_visible(timeout=LONG)
    go(page, "Inspect")
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)


def pick_and_select(page: Page) -> None:
    """Pick a reference on the plane of signatures by a click, and all of them by a lasso."""
    plane = page.get_by_role("img", name="Reference signatures")
    plane.scroll_into_view_if_needed()
    expect(page.get_by_text(re.compile(r"^reference \d+"))).to_have_count(0)
    x, y = plane.evaluate(DRAWN)
    plane.click(position={"x": x, "y": y}, force=True)
    expect(page.get_by_text(re.compile(r"^reference \d+")).first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Select references by a lasso").click()
    box = plane.bounding_box()
    assert box
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for across, down in ((1, 0), (1, 1), (0, 1)):
        page.mouse.move(box["x"] + 2 + across * (box["width"] - 4), box["y"] + 2 + down * (box["height"] - 4))
    page.mouse.up()
    selected = page.get_by_text(re.compile(r"references selected: \d+ real, \d+ forged, \d+ attacked"))
    expect(selected).to_be_visible()
    page.get_by_role("button", name="Select no reference").click()
    expect(selected).to_have_count(0, timeout=LONG)
    table = page.get_by_role("grid", name="The nearest references")
    table.get_by_role("row").nth(2).click()
    expect(page.get_by_text(re.compile(r"neighbour 2 of \d+"))).to_be_visible(timeout=LONG)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"neighbour 3 of \d+"))).to_be_visible(timeout=LONG)
    expect(table.get_by_role("row", selected=True)).to_have_count(1)


def test_a_video_has_a_time_line_and_both_rules(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("video.mp4", shipped))
    expect(page.get_by_text("Over time")).to_be_visible(timeout=LONG)
    point = page.locator("svg .point").nth(1)
    point.hover(force=True)
    at, tip = point.bounding_box(), page.locator(".frame .tip.there").bounding_box()
    assert at
    assert tip
    assert abs(tip["y"] + tip["height"] - at["y"]) < 60, (at, tip)
    assert tip["x"] <= at["x"] + at["width"] + 60, (at, tip)
    assert at["x"] <= tip["x"] + tip["width"] + 60, (at, tip)
    expect(page.get_by_role("heading", name=re.compile("frames"))).to_be_visible()
    page.get_by_text("How sure is this?").click()
    expect(page.get_by_text(re.compile("Majority of frames")).first).to_be_visible()
    expect(page.get_by_text(re.compile("Mean probability")).first).to_be_visible()


def test_a_click_on_the_time_line_puts_the_frame_in_focus(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("video.mp4", shipped))
    expect(page.get_by_text("Over time")).to_be_visible(timeout=LONG)
    before = page.get_by_text(re.compile(r"^frame \d+, face 1")).first.inner_text()
    points = page.get_by_role("img", name="Score of each judged frame").locator(".point")
    expect(points.nth(1)).to_be_visible(timeout=LONG)
    points.nth(1).hover(force=True)
    expect(page.get_by_text(re.compile(r"Face 1, \d:\d\d \(frame \d+\): 0\.\d{3}, "))).to_be_visible()
    points.nth(1).click(force=True)  # in the half that is not forged; the worst frame is in focus
    expect(page.get_by_text(before)).to_have_count(0, timeout=LONG)
    expect(page.get_by_text(re.compile(r"^frame \d+, face 1")).first).to_be_visible()

    go(page, "Detectors")
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    marks = page.get_by_role("img", name="Each detector's score at each judged frame").locator(".point")
    expect(marks).to_have_count(32, timeout=LONG)
    marks.nth(2).hover(force=True)
    tip = page.get_by_text(re.compile(r", \d:\d\d \(frame \d+\): (likely|inconclusive)"))
    expect(tip).to_be_visible()
    meant = re.search(r"frame \d+", tip.inner_text())
    assert meant
    marks.nth(2).click(force=True)
    expect(page.get_by_text(f"{meant[0]}, face 1").first).to_be_visible(timeout=LONG)


def test_an_own_checkpoint_is_added_and_judges(page: Page, shipped: Detector, tmp_path: Path) -> None:
    layout = FORMATS["meso4"]
    mine = write_checkpoint(layout, random_checkpoint(layout), tmp_path / "mine.h5")
    go(page, "Detectors")
    page.get_by_role("tab", name="Weights").click()
    page.locator("input[type=file]").set_input_files(mine)
    choose(page, "Layout", "MesoInception4 of MesoNet", exact=False)
    expect(page.get_by_text("mine.h5").first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Check and add").click()
    expect(page.get_by_text(re.compile("does not fit.*but the layout meso4", re.S))).to_be_visible(timeout=LONG)
    choose(page, "Layout", "Meso4 of MesoNet", exact=False)
    page.get_by_role("button", name="Check and add").click()
    expect(page.get_by_text("was added and can judge now")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Use", exact=True).last.click()
    expect(page.get_by_text("judges from now on")).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="This detector").click()
    expect(page.get_by_text("Uncalibrated: its score is no probability")).to_be_visible(timeout=LONG)

    go(page, "Inspect")
    page.get_by_role("button", name="Portrait").click()
    expect(page.get_by_text(re.compile("· mine"))).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name=re.compile("uncalibrated"))).to_be_visible(timeout=LONG)


def test_bad_files_get_a_sentence_and_no_traceback(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "words.jpg"
    bad.write_text("these are only words")
    page.locator("input[type=file]").set_input_files(bad)
    expect(page.get_by_text(re.compile("words.jpg.*accepted", re.S))).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.get_by_role("button", name="Portrait")).to_be_visible()


def test_two_sessions_do_not_see_each_other(browser: object, address: str, page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("portrait.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    other = browser.new_context().new_page()  # type: ignore[attr-defined]
    other.goto(address)
    expect(other.get_by_role("button", name="Portrait")).to_be_visible(timeout=LONG)
    expect(other.get_by_text("portrait.png")).to_have_count(0)
    other.context.close()
