"""What an analyst does at the desk: twelve files, two opened, one attacked, a case with its bundle and report."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
from media_files import image, scene, video
from PIL import Image, ImageOps
from pypdf import PdfReader
from walks import LONG, MARKS, Page, choose, expect, go, unfold

from core.cases.verification import verify
from core.detectors import Detector
from core.engine.job_table import JobTable
from core.media_attack import samples
from core.types.file_rows import FileRow

pytestmark = MARKS


def twelve_files(folder: Path, shipped: Detector) -> list[Path]:
    """Portraits, pictures without a face, two videos, and a file that is no picture."""
    face, forged = (samples.sample(name, shipped) for name in ("portrait.png", "forgery.png"))
    small = Image.open(face).convert("RGB").resize((256, 256))
    contents = {
        "face.png": face.read_bytes(),
        "forged.png": forged.read_bytes(),
        "mirrored.png": image("PNG", ImageOps.mirror(small)),
        "resaved.jpg": image("JPEG", small, quality=60),
        "small.webp": image("WEBP", small),
        "street.bmp": image("BMP", Image.fromarray(scene(5))),
        "street.jpg": image("JPEG"),
        "street.png": image("PNG", Image.fromarray(scene(1))),
        "street.webp": image("WEBP", Image.fromarray(scene(9))),
        "words.jpg": b"only words",
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    video(folder, "tram.mp4", "libx264", 4)
    video(folder, "tram.webm", "libvpx-vp9", 4)
    return [folder / name for name in (*contents, "tram.mp4", "tram.webm")]


def rows_of(desk: Path) -> dict[str, FileRow]:
    """The rows of the one queue's table, by their names."""
    (folder,) = (desk / "cache" / "prosopon" / "queues").iterdir()
    with JobTable(folder / "jobs.db") as table:
        return {row.name: row for row in table.rows()}


def check_report(path: Path, desk: Path) -> None:
    """Read the report as text: what was done, by whom, and the manifest's hash on every page."""
    pages = [page.extract_text() for page in PdfReader(path).pages]
    said = " ".join(" ".join(pages).split())
    for words in ("One face", "E1", "face.png", "Ada", "Reviewer: Bela", "The hair is its own.", "attack"):
        assert words in said, words
    sha256 = hashlib.sha256(zipfile.ZipFile(desk / "cases" / "one-face.zip").read("manifest.json")).hexdigest()
    for number, text in enumerate(pages, 1):
        assert f"{number} of {len(pages)}" in text
        assert sha256 in "".join(text.split())
    if drawer := shutil.which("pdftoppm"):
        drawn = path.parent / "first"
        command = [drawer, "-f", "1", "-l", "1", "-r", "50", "-gray", "-singlefile", str(path), str(drawn)]
        subprocess.run(command, check=True, timeout=60)
        with Image.open(f"{drawn}.pgm") as page:
            dark = np.asarray(page) < 128
        assert 0.005 < dark.mean() < 0.5, "a page with words on it"


def step(page: Page, key: str, shown: str) -> None:
    """Press a key on the queue's page; see the card of the file that is then the current one."""
    page.keyboard.press(key)
    expect(page.locator(".st-key-current-file").get_by_text(shown)).to_be_visible(timeout=LONG)


def open_current(page: Page, found: str) -> None:
    """Open the queue's current file on Inspect."""
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="Inspect", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text(found)).to_be_visible(timeout=LONG)


def test_from_dropped_files_to_a_signed_report(page: Page, desk: Path, shipped: Detector, tmp_path: Path) -> None:
    go(page, "Queue")
    page.locator("input[type=file]").set_input_files(twelve_files(tmp_path, shipped))
    expect(page.get_by_text("of 11 judged files")).to_be_visible(timeout=3 * LONG)  # a worker loads the model
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("button", name="Empty the queue")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("combobox", name="Sort by")).to_have_count(1, timeout=LONG)
    choose(page, "Sort by", "Name", exact=False)
    expect(page.get_by_role("combobox", name="Sort by")).not_to_be_focused(timeout=LONG)  # keys are the page's again
    card = page.locator(".st-key-current-file")
    expect(card.get_by_text("face.png · 1 of 12")).to_be_visible(timeout=LONG)
    table = page.get_by_role("grid", name="12 files of the queue, sorted by name")
    table.get_by_role("row", name="forged.png").get_by_text("Done").click()
    expect(card.get_by_text("forged.png · 2 of 12")).to_be_visible(timeout=LONG)
    page.keyboard.press("ArrowUp")  # a row that was clicked has the keys of the table, and those of the page
    page.keyboard.press("Enter")
    expect(card.get_by_text("face.png · 1 of 12")).to_be_visible(timeout=LONG)
    step(page, "j", "forged.png · 2 of 12")
    page.keyboard.press("1")
    expect(card.get_by_test_id("stIconMaterial").filter(has_text=re.compile("^check$"))).to_be_visible(timeout=LONG)
    page.keyboard.press("n")
    field = page.get_by_role("textbox", name="Note")
    expect(field).to_be_focused(timeout=LONG)
    field.fill("j: look at the hair")
    field.press("Enter")
    expect(field).not_to_be_focused(timeout=LONG)
    expect(card.get_by_text("forged.png · 2 of 12")).to_be_visible(timeout=LONG)
    open_current(page, "1 face found")
    rows = rows_of(desk)
    assert (rows["forged.png"].mark, rows["forged.png"].note) == ("1", "j: look at the hair")
    assert (rows["tram.mp4"].kind, rows["small.webp"].faces, rows["words.jpg"].state) == ("video", 1, "failed")

    go(page, "Cases")
    page.get_by_role("textbox", name="Title").fill("One face")
    page.get_by_role("textbox", name="Who examines?").fill("Ada")
    page.get_by_role("button", name="Make the case").click()
    expect(page.get_by_text("No conclusion yet")).to_be_visible(timeout=LONG)

    go(page, "Queue")  # it is as it was left
    expect(page.get_by_role("textbox", name="Note")).to_have_value("j: look at the hair", timeout=LONG)
    page.get_by_role("grid").get_by_role("button", name="face.png", exact=True).click()
    expect(page.get_by_role("heading", name="Inspect", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    unfold(page, "Expert")
    choose(page, "Attack", "FGSM")  # of one step: it is not the attack that is walked through here
    expect(page.get_by_text(re.compile("Goodfellow et al"))).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Add to case").click()
    expect(page.get_by_text("In the case as E1")).to_be_visible(timeout=LONG)

    go(page, "Cases")
    page.get_by_text("Notes", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("The hair is its own.")
    page.get_by_role("textbox", name="Note").blur()  # the page is drawn again: a click meanwhile may miss the button
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=LONG)
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_text("The note was added.")).to_be_visible(timeout=LONG)
    page.get_by_text("Conclude", exact=True).first.click()
    page.get_by_role("textbox", name="Reviewer").fill("Bela")
    page.get_by_role("button", name="Conclude").click()  # once the exhibit was judged
    expect(page.get_by_text("Concluded by Ada, reviewed by Bela")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Export the bundle").click()
    expect(page.get_by_role("button", name="Bundle as ZIP")).to_be_visible(timeout=LONG)
    assert verify(desk / "cases" / "one-face.zip").ok
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Nothing was changed in the bundle")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Write the report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report as PDF").click()
    check_report(download.value.path(), desk)

    (original,) = (desk / "cases" / "one-face" / "original").iterdir()
    original.chmod(0o644)
    original.write_bytes(original.read_bytes()[:-1])
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("1 change found in the case")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("truncated")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("Nothing was changed in the bundle"))).to_be_visible(timeout=LONG)

    bundle = desk / "cases" / "one-face.zip"
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text(re.compile(r"\d+ changes? found in the bundle"))).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("Nothing was changed in the bundle"))).to_have_count(0, timeout=LONG)
