"""A set of one's own in a real Chromium: begun from the open face, chosen, picked from, and back to the shipped one."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image
from walks import LONG, MARKS, Page, choose, expect, go, unfold

from core.types import Array

pytestmark = MARKS


def send(page: Page) -> None:
    page.get_by_role("button", name="Add to the set").click()


def test_a_set_is_begun_extended_and_compared_with(page: Page, tmp_path: Path, forged: Array) -> None:
    Image.fromarray(forged).save(tmp_path / "forged.png")
    for number in range(3):
        Image.fromarray(np.minimum(forged, 255 - 20 * (number + 1))).save(tmp_path / f"{number}.png")
    page.locator("input[type=file]").first.set_input_files(str(tmp_path / "forged.png"))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Signatures")
    unfold(page, "Add faces to a set of your own")
    page.get_by_role("textbox", name="Name of the new set").fill("walk")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="forged", exact=True).click()
    send(page)
    expect(page.get_by_text("1 face added to walk")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Compared with your set walk, not with the shipped one: 1 forged")).to_be_visible(
        timeout=LONG
    )

    page.get_by_role("radio", name="A folder", exact=True).click()
    page.get_by_role("textbox", name="Folder").fill(str(tmp_path))
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="real", exact=True).click()
    send(page)
    expect(page.get_by_text("3 faces added to walk; 1 is in it under another label, which stays")).to_be_visible(
        timeout=LONG
    )

    page.get_by_role("button", name="Place this face").click()
    too_few = page.get_by_role("heading", name=re.compile("^Too few to tell: 3 of the 3 nearest are real"))
    expect(too_few).to_be_visible(timeout=LONG)
    expect(page.get_by_text("This face is in the set; it was left out")).to_be_visible(timeout=LONG)
    table = page.get_by_role("grid", name="The nearest references")
    table.get_by_role("row").nth(1).click()
    expect(page.get_by_role("img", name=re.compile("Face of reference"))).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Take out of the set").click()
    expect(page.get_by_text("The face was taken out of walk.")).to_be_visible(timeout=LONG)

    choose(page, "Compared with", "Shipped references")
    expect(page.get_by_text("Compared with your set walk")).to_have_count(0, timeout=LONG)
    expect(page.get_by_text("How well do signatures tell faces apart?")).to_be_visible(timeout=LONG)
