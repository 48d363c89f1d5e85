"""What an analyst does at the desk: a queue, one file opened and attacked, a case with its bundle and report."""

from __future__ import annotations

import re
from pathlib import Path

from pypdf import PdfReader
from walks import LONG, MARKS, Page, choose, expect, go

from core.cases.verification import verify
from core.detectors import Detector
from core.engine.job_table import JobTable
from core.media_attack import samples

pytestmark = MARKS


def kept(page: Page, desk: Path, name: str) -> tuple[str, str]:
    """The mark and the note of a file in the one queue's table, once there is a note."""
    (folder,) = (desk / "cache" / "prosopon" / "queues").iterdir()
    for _ in range(LONG // 100):
        with JobTable(folder / "jobs.db") as table:
            row = next(row for row in table.rows() if row.name == name)
        if row.note:
            break
        page.wait_for_timeout(100)
    return row.mark, row.note


def test_from_dropped_files_to_a_signed_report(page: Page, desk: Path, shipped: Detector, tmp_path: Path) -> None:
    (tmp_path / "words.jpg").write_text("only words")
    files = [samples.sample(name, shipped) for name in ("portrait.png", "forgery.png")]
    go(page, "Queue")
    page.locator("input[type=file]").set_input_files([*files, tmp_path / "words.jpg"])
    expect(page.get_by_text("of 2 judged files")).to_be_visible(timeout=3 * LONG)  # a worker loads the model
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("button", name="Empty the queue")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("combobox", name="Sort by")).to_have_count(1, timeout=LONG)
    choose(page, "Sort by", "Name", exact=False)
    expect(page.get_by_role("combobox", name="Sort by")).not_to_be_focused(timeout=LONG)  # keys are the page's again
    card = page.locator(".st-key-current-file")
    expect(card.get_by_text("forgery.png · 1 of 3")).to_be_visible(timeout=LONG)
    page.keyboard.press("j")
    expect(card.get_by_text("portrait.png · 2 of 3")).to_be_visible(timeout=LONG)
    page.keyboard.press("1")
    expect(card.get_by_test_id("stIconMaterial").filter(has_text=re.compile("^check$"))).to_be_visible(timeout=LONG)
    page.keyboard.press("n")
    field = page.get_by_role("textbox", name="Note")
    expect(field).to_be_focused(timeout=LONG)
    field.fill("j: look at the hair")
    field.press("Enter")
    expect(field).not_to_be_focused(timeout=LONG)
    expect(card.get_by_text("portrait.png · 2 of 3")).to_be_visible(timeout=LONG)
    assert kept(page, desk, "portrait.png") == ("1", "j: look at the hair")

    go(page, "Cases")
    page.get_by_role("textbox", name="Title").fill("One face")
    page.get_by_role("textbox", name="Who examines?").fill("Ada")
    page.get_by_role("button", name="Make the case").click()
    expect(page.get_by_text("No conclusion yet")).to_be_visible(timeout=LONG)

    go(page, "Queue")  # it is as it was left
    expect(page.get_by_role("textbox", name="Note")).to_have_value("j: look at the hair", timeout=LONG)
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Inspect", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Add to case").click()
    expect(page.get_by_text("In the case as E1")).to_be_visible(timeout=LONG)

    go(page, "Cases")
    page.get_by_text("Notes", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("The hair is its own.")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_text("The note was added.")).to_be_visible(timeout=LONG)
    page.get_by_text("Conclude", exact=True).first.click()
    page.get_by_role("textbox", name="Reviewer").fill("Bela")
    page.get_by_role("button", name="Conclude").click()  # once the exhibit was judged
    expect(page.get_by_text("Concluded by Ada, reviewed by Bela")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Export the bundle").click()
    expect(page.get_by_role("button", name="Bundle as ZIP")).to_be_visible(timeout=LONG)
    assert verify(desk / "cases" / "one-face.zip").ok
    page.get_by_role("button", name="Write the report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report as PDF").click()
    assert "One face" in PdfReader(download.value.path()).pages[0].extract_text()

    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Nothing was changed in the bundle")).to_be_visible(timeout=LONG)
    (original,) = (desk / "cases" / "one-face" / "original").iterdir()
    original.chmod(0o644)
    original.write_bytes(original.read_bytes()[:-1])
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("1 change found in the case")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("truncated")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("Nothing was changed in the bundle"))).to_be_visible(timeout=LONG)
