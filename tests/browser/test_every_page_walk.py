"""Every page in both themes: read by axe, narrow without a scroll sideways, with few words before a file is open."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from walks import LONG, MARKS, Page, expect, only, open_drawer

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
# Of each page, with an attacked face: the sentence that says it, and the button.
FIRST = {
    "start": (r"Likely manipulated\.", "Why?"),
    "queue": ("Images and videos", "Upload"),
    "detectors": ("It finds .* of forged faces", ""),
    "attack": ("The verdict turned", "Run attack"),
    "explain": ("% of what", "Compute maps"),
    "attacked": ("The face as it came", "Look for signs of an attack"),
    "signatures": ("Its signature is made from", "Place this face"),
    "impersonation": ("A deepfake fools recognition", "Build gallery"),
    "cases": ("New case", "Make the case"),
    "studies": ("Does a paper's experiment", "Measure"),
    "story": ("Three minutes", "Begin"),
    "methods": ("Search", ""),
}
PICTURES = {
    "start": re.compile("."),
    "attack": re.compile("As it came"),
    "explain": re.compile("Saliency of the clean face"),
}
WIDTHS = {1440: 1000, 1024: 768, 390: 844}
BANDS = ("not manipulated", "inconclusive", "manipulated")
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
    link = page.locator(f"a[href$='/{'' if place == 'start' else place}']").first
    expect(link).to_be_attached(timeout=LONG)
    link.evaluate("(one) => one.click()")  # also one that is folded into "more"
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


def in_both_themes(page: Page) -> dict[str, list[str]]:
    """What axe finds in the light and in the dark theme, which are switched as the page stands."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme, timeout=LONG)
        page.wait_for_timeout(200)
        found[scheme] = violations(page)
    return found


def above_the_fold(page: Page, place: str) -> None:
    """The page's sentence, its picture and its button are seen without a scroll at 1024 x 768."""
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_timeout(300)
    sentence, button = FIRST[place]
    wanted = [page.get_by_test_id("stMain").get_by_text(re.compile(sentence)).first]
    wanted += [page.get_by_role("button", name=button).first] if button else []
    wanted += [page.get_by_role("img", name=PICTURES[place]).first] if place in PICTURES else []
    for what in wanted:
        box = what.bounding_box()
        assert box, (place, what)
        assert box["y"] + box["height"] <= 768, (place, what, box)


def narrow(page: Page) -> list[str]:
    """What is wider than a screen of 390 pixels."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(500)
    found: list[str] = page.evaluate(WIDER)
    return found


def maps_are_drawn(page: Page) -> None:
    """Compute a map of the face, and of the attacked one where there is one."""
    only(page, "Saliency")
    page.get_by_role("button", name="Compute maps").click()
    expect(page.get_by_role("heading", name=re.compile("% of what"))).to_be_visible(timeout=LONG)
    settled(page)


def bands_have_their_words(page: Page) -> None:
    """Each band of the scale is named at any width: in the bar, or below where a word is too wide."""
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for word in BANDS:
            named = page.locator(".scale").first.locator(".word:visible, .named:visible")
            expect(named.filter(has_text=re.compile(f"^{word}$"))).to_have_count(1)


def tool_bar_is_clear_of_chips(page: Page) -> None:
    """The table's tool bar lies over none of the chips above the table."""
    for width, height in WIDTHS.items():
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
        assert in_both_themes(page) == {"light": [], "dark": []}, place


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
        page.set_viewport_size({"width": 1440, "height": 1000})
        if place == "explain":
            open_drawer(page, "Maps and their settings")
        assert in_both_themes(page) == {"light": [], "dark": []}, place
        assert narrow(page) == [], place
        page.set_viewport_size({"width": 1440, "height": 1000})


def test_a_reload_finds_the_open_file_and_its_attack(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    page.reload()
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="Likely manipulated")).to_be_visible()
