"""Read a page by axe, in both themes and at several widths."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from walks import LONG, Page, drawn, expect

Scheme = Literal["light", "dark"]
Sizes = tuple[tuple[int, int], ...]
# What is Streamlit's own: its drop zone is a section that can be focused and has the role "presentation".
OWN = {("presentation-role-conflict", "stFileUploaderDropzone")}
ONLY = {"resultTypes": ["violations"]}  # of axe; listing all that passes takes as long as the search


def violations(page: Page) -> list[str]:
    """What axe finds serious or critical, and headings out of order."""
    found = []
    script = "0" if page.evaluate("'axe' in window") else AXE_SCRIPT  # half a megabyte: once a visit
    for rule in Axe(script).run(page, options=ONLY).response["violations"]:
        for node in rule["nodes"]:
            own = any(rule["id"] == name and part in node["html"] for name, part in OWN)
            if not own and (rule["impact"] in ("serious", "critical") or rule["id"] == "heading-order"):
                found.append(f"{rule['id']}: {node['html'][:160]}")
    return found


def barriers(page: Page, sizes: dict[Scheme, Sizes]) -> dict[tuple[Scheme, int], list[str]]:
    """What axe finds in both themes, which are switched as the page stands, at widths of the screen."""
    found: dict[tuple[Scheme, int], list[str]] = {}
    page.mouse.move(0, 0)  # what fades when it is left has done so
    for scheme in sizes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme, timeout=LONG)
        for width, height in sizes[scheme]:
            page.set_viewport_size({"width": width, "height": height})
            drawn(page)
            if these := violations(page):
                found[scheme, width] = these
    page.set_viewport_size({"width": 1440, "height": 1000})
    return found
