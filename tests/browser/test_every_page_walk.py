"""Every page in both themes: read by axe, narrow without a scroll sideways, with few words before a file is open."""

from __future__ import annotations

import re

from axe_reading import Scheme, Sizes, barriers
from playwright.sync_api import Locator
from walks import LONG, MARKS, Page, drawn, expect, only, open_drawer, unfold

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
BAR = 58  # pixels of its height
SOON, LATER = 100, 30  # milliseconds, and how often at most, until what moves by itself has moved
SIZES: Sizes = ((1440, 1000), (1024, 768), (390, 844))  # pixels of a screen: a desk, a projector, a telephone
EVERY: dict[Scheme, Sizes] = {"light": SIZES, "dark": SIZES}
SOME: dict[Scheme, Sizes] = {"light": SIZES[:2], "dark": SIZES[::2]}  # of pages that have less on them
# Of each page, with an attacked face: the sentence that says it, and the button.
FIRST = {
    "start": (r"Likely manipulated\.", "Why?"),
    "queue": ("Drop many files", "Upload"),
    "detectors": ("It finds .* of forged faces", ""),
    "attack": ("The verdict turned", "Run attack"),
    "explain": ("% of what", "Compute maps"),
    "attacked": ("As it came: .*; attacked here: ", "Show what the attack detector reads"),
    "signatures": ("Its signature is made from", "Place this face"),
    "impersonation": ("A deepfake fools recognition", "Build gallery"),
    "cases": ("New case", "Make the case"),
    "studies": ("Does a paper's experiment", "Measure"),
    "story": ("Three minutes", "Begin"),
    "methods": ("Every method of", ""),
}
PICTURES = {
    "start": re.compile("."),
    "detectors": re.compile("Reliability diagram"),
    "attack": re.compile("As it came"),
    "explain": re.compile("Saliency of the clean face"),
    "attacked": re.compile("The face as it came"),
}
OPEN_WORDS = {"detectors": 250, "attacked": 275}  # with a file open, the names of icons too
BANDS = ("not manipulated", "inconclusive", "manipulated")
SCROLLED = "all => all.filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1).map(one => one.tagName)"
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
    drawn(page)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)


def to(page: Page, place: str) -> None:
    link = page.locator(f"a[href$='/{'' if place == 'start' else place}']").first
    expect(link).to_be_attached(timeout=LONG)
    link.evaluate("(one) => one.click()")  # also one that is folded into "more"
    expect(page.get_by_role("heading", name=PAGES[place], exact=True)).to_be_visible(timeout=LONG)
    settled(page)


def ends(what: Locator) -> float:
    box = what.bounding_box()
    assert box, what
    return box["y"] + box["height"]


def above_the_fold(page: Page, place: str) -> None:
    """The page's sentence, its picture and its button are seen without a scroll at 1024 x 768."""
    page.set_viewport_size({"width": 1024, "height": 768})
    settled(page)
    expect(page.get_by_text("Prosopon", exact=True)).to_be_visible()
    bar = page.locator(".st-key-bar")
    assert place == "story" or bar.evaluate("(one) => one.offsetHeight") <= BAR, place
    sentence, button = FIRST[place]
    wanted = [page.get_by_test_id("stMain").get_by_text(re.compile(sentence)).first]
    wanted += [page.get_by_role("button", name=button).first] if button else []
    wanted += [page.get_by_label("Search methods")] if place == "methods" else []
    if place in PICTURES:
        image, chart = (page.get_by_role(role, name=PICTURES[place]) for role in ("img", "figure"))
        wanted.append(image.or_(chart).first)
    for what in wanted:
        for _ in range(LATER):  # what is drawn by the browser moves up once
            if ends(what) <= 768:
                break
            page.wait_for_timeout(SOON)
        assert ends(what) <= 768, (place, what)


def narrow(page: Page) -> list[str]:
    """What is wider than a screen of 390 pixels."""
    page.set_viewport_size({"width": 390, "height": 844})
    drawn(page)
    found: list[str] = page.evaluate(WIDER)
    for _ in range(LATER):  # a chart takes its new width a moment later
        if found:
            page.wait_for_timeout(SOON)
            found = page.evaluate(WIDER)
    return found


def test_all_that_begins_a_visit_is_above_the_fold_of_a_projector(page: Page) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    for name in (*(sample.title for sample in samples.SAMPLES), "Show me in three minutes", "Upload"):
        box = page.get_by_role("button", name=name, exact=True).first.bounding_box()
        assert box, name
        assert box["y"] + box["height"] <= 768, (name, box)


def maps_are_drawn(page: Page) -> None:
    """Compute a map of the face, and of the attacked one where there is one."""
    only(page, "Saliency")
    page.get_by_role("button", name="Compute maps").click()
    expect(page.get_by_role("heading", name=re.compile("% of what"))).to_be_visible(timeout=LONG)
    settled(page)


def bands_have_their_words(page: Page) -> None:
    """Each band of the scale is named at any width: in the bar, or below where a word is too wide."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for word in BANDS:
            named = page.locator(".scale").first.locator(".word:visible, .named:visible")
            expect(named.filter(has_text=re.compile(f"^{word}$"))).to_have_count(1)


def tool_bar_is_clear_of_chips(page: Page) -> None:
    """The table's tool bar lies over none of the chips above the table."""
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.get_by_test_id("stDataFrame").hover()
        bar = page.get_by_test_id("stElementToolbar").last.bounding_box()
        assert bar
        for chip in (
            page.get_by_test_id("stMain").get_by_role("button", name=re.compile("^(Service|Recogniser)$")).all()
        ):
            box = chip.bounding_box()
            assert box
            assert box["y"] + box["height"] <= bar["y"] or box["x"] + box["width"] <= bar["x"], (width, box, bar)


def test_no_page_has_a_barrier_or_many_words_before_a_file_is_open(page: Page) -> None:
    for place in PAGES:
        to(page, place)
        words = page.get_by_test_id("stMain").inner_text().split()
        assert len(words) <= WORDS, (place, len(words))
        assert barriers(page, SOME) == {}, place


def test_an_attacked_face_is_shown_without_a_barrier_on_every_page_of_any_width(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    to(page, "explain")
    maps_are_drawn(page)  # of one face, whose pictures are larger
    above_the_fold(page, "explain")
    to(page, "attack")
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_role("heading", name=re.compile("The verdict turned"))).to_be_visible(timeout=LONG)
    for place in PAGES:
        to(page, place)
        if place == "explain":
            maps_are_drawn(page)
        above_the_fold(page, place)
        if place == "start":
            bands_have_their_words(page)
        if place == "methods":
            tool_bar_is_clear_of_chips(page)
        if place in OPEN_WORDS:
            words = page.get_by_test_id("stMain").inner_text().split()
            assert len(words) <= OPEN_WORDS[place], (place, len(words))
        page.set_viewport_size({"width": 1440, "height": 1000})
        if place == "explain":
            open_drawer(page, "Maps and their settings")
        assert barriers(page, EVERY) == {}, place
        assert narrow(page) == [], place
        page.set_viewport_size({"width": 1440, "height": 1000})


def test_a_reload_finds_the_open_file_and_its_attack(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    page.reload()
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()


def test_a_table_of_many_columns_fits_a_telephone(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    to(page, "attacked")
    page.set_viewport_size({"width": 390, "height": 844})
    unfold(page, "How sure is this?")
    tables = page.get_by_test_id("stTable")
    expect(tables.get_by_text("attacks that work")).to_be_visible(timeout=LONG)
    expect(tables.last.get_by_text("unattacked", exact=True)).to_be_visible(timeout=LONG)
    assert page.locator("[data-testid=stTable], [data-testid=stTable] *").evaluate_all(SCROLLED) == []
