"""What a person does on the page Impersonation: a gallery from a folder, a face against it, the bench."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from made_people import made_people
from walks import LONG, MARKS, Page, expect, go

from core.detectors import Detector
from core.media_attack import samples

pytestmark = MARKS


def test_a_gallery_a_face_and_the_bench(page: Page, shipped: Detector, tmp_path: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Impersonation")
    page.get_by_role("textbox", name="Folder of the gallery").fill(str(made_people(tmp_path)))
    page.get_by_role("button", name="Build gallery").click()
    expect(page.get_by_text("2 people, 4 photos")).to_be_visible(timeout=LONG)

    page.get_by_role("button", name="Compare with the gallery").click()
    expect(page.get_by_role("heading", name=re.compile("Passes as"))).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        page.get_by_role("button", name="Nearest as CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert {row["person"] for row in rows} == {"ann", "bob"}

    page.get_by_role("tab", name="Bench").click()
    page.get_by_role("spinbutton", name="Made of each kind, a person").fill("1")
    page.get_by_role("button", name="Run the bench").click()
    expect(page.get_by_text("of the deepfakes pass as the person they show")).to_be_visible(timeout=LONG)
    with page.expect_download() as download:
        page.get_by_role("button", name="Bench as JSON").click()
    found = json.loads(Path(download.value.path()).read_text())
    assert found["people"] == 2
    assert set(found["by_kind"]) == {"swap", "blend"}
    assert "DD1" in found["defences"]
