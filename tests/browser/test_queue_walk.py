"""The queue's table by keys: many rows, titles that sort, and what axe finds in it."""

from __future__ import annotations

from pathlib import Path

from axe_reading import barriers
from media_files import image
from PIL import Image
from walks import LONG, MARKS, Page, expect, go

from core.types import Array

pytestmark = MARKS
FILES = 130  # more than are made at once


def test_many_rows_are_reached_sorted_and_read_by_keys(page: Page, portrait: Array, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(FILES - 1):
        (folder / f"{number:03}.jpg").write_bytes(b"no picture")
    (folder / "z.png").write_bytes(image("PNG", Image.fromarray(portrait)))
    go(page, "Queue")
    page.get_by_role("textbox", name="Or a folder on this machine").fill(str(folder))
    page.get_by_role("button", name="Add the folder").click()
    table = page.get_by_role("grid", name=f"{FILES} files of the queue")
    rows = table.locator("tbody tr")
    expect(page.get_by_role("button", name="Empty the queue")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=LONG)
    expect(page.get_by_text(f"{FILES - 1} could not be judged")).to_be_visible(timeout=LONG)
    expect(table).to_have_attribute("aria-rowcount", str(FILES + 1))
    expect(rows).to_have_count(100)

    title = table.get_by_role("button", name="File", exact=True)
    title.press("Enter")
    expect(page.get_by_role("grid", name=f"{FILES} files of the queue, sorted by name")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("columnheader", name="File")).to_have_attribute("aria-sort", "other")
    expect(title).to_be_focused()
    rows.nth(0).press("End")
    expect(rows).to_have_count(FILES)
    expect(rows.nth(FILES - 1)).to_be_focused()
    expect(rows.nth(FILES - 1)).to_contain_text("z.png")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-current-file").get_by_text(f"z.png · {FILES} of {FILES}")).to_be_visible(timeout=LONG)
    page.keyboard.press("k")
    expect(page.locator(".st-key-current-file").get_by_text(f"128.jpg · 129 of {FILES}")).to_be_visible(timeout=LONG)
    expect(rows.nth(FILES - 2)).to_be_focused()
    table.get_by_role("button", name="Score", exact=True).press("Enter")
    expect(rows.nth(0)).to_contain_text("z.png", timeout=LONG)
    assert barriers(page, {"light": ((1440, 1000), (390, 844)), "dark": ((1440, 1000),)}) == {}
