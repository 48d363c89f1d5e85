"""Every page in both themes: read by axe, narrow without a scroll sideways, with few words before a file is open."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from walks import LONG, MARKS, Page, expect, first_page, unfold

from core.detectors import Detector
from core.media_attack import samples

pytestmark = MARKS
PAGES = {
    "start": "Inspect",
    "queue": "Queue",
    "detectors": "Detectors",
    "attack": "Attack",
    "explain": "Explain",
    "attacked": "Was it attacked?",
    "signatures": "Signatures",
    "impersonation": "Impersonation",
    "cases": "Cases",
    "studies": "Studies",
    "story": "A forged face in eight steps",
    "methods": "Methods",
}
WORDS = 250
# What is Streamlit's own: its drop zone is a section that can be focused and has the role "presentation".
OWN = {("presentation-role-conflict", "stFileUploaderDropzone")}
WIDER = """() => [...document.querySelectorAll("[data-testid=stMain] *")].filter((one) => {
  const box = one.getBoundingClientRect();
  if (box.width === 0 || box.right <= innerWidth + 1) return false;
  for (let at = one; at; at = at.parentElement) {  // what scrolls or is cut by itself is no harm
    const style = getComputedStyle(at);
    if (at.dataset.testid !== "stMain" && /auto|scroll|hidden|clip/.test(style.overflowX)) return false;
  }
  return true;
}).map((one) => one.outerHTML.slice(0, 120))"""


def settled(page: Page) -> None:
    """Wait until the page is drawn and nothing runs."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)
    page.wait_for_timeout(150)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)


def to(page: Page, place: str) -> None:
    page.evaluate("(end) => document.querySelector(`a[href$='/${end}']`).click()", "" if place == "start" else place)
    expect(page.get_by_role("heading", name=PAGES[place], exact=True)).to_be_visible(timeout=LONG)
    settled(page)


def violations(page: Page) -> list[str]:
    """What axe finds serious or critical, and headings out of order."""
    found = []
    for rule in Axe().run(page).response["violations"]:
        for node in rule["nodes"]:
            own = any(rule["id"] == name and part in node["html"] for name, part in OWN)
            if not own and (rule["impact"] in ("serious", "critical") or rule["id"] == "heading-order"):
                found.append(f"{rule['id']}: {node['html'][:160]}")
    return found


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: object, address: str) -> Iterator[Page]:
    context = browser.new_context(  # type: ignore[attr-defined]
        viewport={"width": 1440, "height": 1000}, color_scheme=request.param, reduced_motion="reduce"
    )
    yield first_page(context, address)
    context.close()


def test_no_page_has_a_barrier_or_many_words_before_a_file_is_open(themed: Page) -> None:
    for place in PAGES:
        to(themed, place)
        words = themed.get_by_test_id("stMain").inner_text().split()
        assert len(words) <= WORDS, (place, len(words))
        assert violations(themed) == [], place


def test_an_attacked_face_is_shown_without_a_barrier_on_every_page(themed: Page, shipped: Detector) -> None:
    themed.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(themed.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    to(themed, "attack")
    themed.get_by_role("button", name="Run attack").click()
    expect(themed.get_by_role("heading", name=re.compile("The verdict turned"))).to_be_visible(timeout=LONG)
    for place in PAGES:
        to(themed, place)
        if place == "explain":
            unfold(themed, "Maps and their settings")
        assert violations(themed) == [], place


def test_a_narrow_screen_scrolls_only_down(browser: object, address: str, shipped: Detector) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")  # type: ignore[attr-defined]
    page = first_page(context, address)
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    wide = {}
    for place in PAGES:
        page.goto(f"{address}/{'' if place == 'start' else place}")  # the links are in a drawer here
        expect(page.get_by_role("heading", name=PAGES[place], exact=True)).to_be_visible(timeout=LONG)
        settled(page)
        wide[place] = page.evaluate(WIDER)
    context.close()
    assert {place: found for place, found in wide.items() if found} == {}


@pytest.mark.parametrize("place", ["start", "attack", "explain", "attacked"])
def test_the_sentence_the_picture_and_the_button_are_above_the_fold(
    browser: object, address: str, shipped: Detector, place: str
) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 768}, reduced_motion="reduce")  # type: ignore[attr-defined]
    page = first_page(context, address)
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    to(page, place)
    wanted = {
        "start": (page.get_by_role("heading", name="Likely manipulated"), "Why?"),
        "attack": (page.get_by_text("How little has to change"), "Run attack"),
        "explain": (page.get_by_text("What moved this detector's score"), "Compute maps"),
        "attacked": (page.get_by_role("heading", name="The face as it came"), "Look for signs of an attack"),
    }[place]
    for what in (wanted[0].first, page.get_by_role("button", name=wanted[1]).first):
        box = what.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 768, what
    context.close()


def test_a_reload_finds_the_open_file_and_its_attack(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    page.reload()
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()
