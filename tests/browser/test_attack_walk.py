"""What a person does on the attack page: a stop in the middle, a whole file, a sweep; nothing is lost on the way."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from walks import LONG, MARKS, Page, choose, expect, go, unfold

from core.detectors import Detector
from core.media_attack import samples

pytestmark = MARKS


def taken(page: Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_a_stop_in_the_middle_keeps_the_best_so_far(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    unfold(page, "Expert")
    choose(page, "Attack", "NES")
    expect(page.get_by_text("Black box: sees the detector's scores only")).to_be_visible(timeout=LONG)
    page.get_by_role("slider", name="How strong?").press("ArrowRight")  # too little to succeed before it is stopped
    expect(page.get_by_text("1/255").first).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text("The attack as it runs")).to_be_visible(timeout=LONG)
    expect(page.get_by_alt_text(re.compile(r"Attacked, query \d+"))).to_be_visible(
        timeout=LONG
    )  # its picture, as it goes
    expect(page.get_by_alt_text("Original")).to_be_visible()  # beside it
    expect(page.get_by_text(re.compile(r"NES, step \d+, score of “manipulated” 0\.\d+, query: \d+ of"))).to_be_visible(
        timeout=LONG
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text(re.compile(r"Stopped after \d+ queries: this is the best image"))).to_be_visible(
        timeout=LONG
    )
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible()
    found = json.loads(taken(page, "Result as JSON"))
    assert found["attack"]["stopped"]
    assert found["attack"]["backwards"] == 0


def test_a_whole_video_and_a_sweep_outlast_the_page(page: Page, shipped: Detector) -> None:
    page.locator("input[type=file]").set_input_files(samples.sample("video.mp4", shipped))
    expect(page.get_by_text("Over time")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    page.get_by_role("tab", name="Whole file").click()
    unfold(page, "Expert")
    choose(page, "Attack", "FGSM")
    expect(page.get_by_text(re.compile("Goodfellow et al"))).to_be_visible(timeout=LONG)
    stop_at = page.get_by_role("spinbutton", name="stop at score")
    expect(stop_at).to_have_count(1, timeout=LONG)  # those of the attack before are gone: the page is drawn
    expect(stop_at).to_be_disabled(timeout=LONG)  # it asks once
    page.get_by_role("spinbutton", name="frames, if not all").fill("4")
    page.get_by_role("button", name="Attack the whole file").click()
    expect(page.get_by_text("Each face")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("4 of 72 frames")).to_be_visible()
    assert taken(page, "MKV, lossless").startswith(b"\x1aE\xdf\xa3")
    assert taken(page, "MP4, lossy")[4:8] == b"ftyp"
    rows = list(csv.DictReader(taken(page, "Faces as CSV").decode().splitlines()))
    assert len(rows) == 4
    assert max(int(row["lossless_change"]) for row in rows) <= 4

    page.get_by_role("tab", name="Sweep over epsilon").click()
    page.get_by_role("textbox", name="epsilons (/255)").fill("0, 8")
    unfold(page, "Limits and seed")
    page.get_by_role("spinbutton", name="faces at most").fill("2")
    page.get_by_role("button", name="Run sweep").click()
    expect(page.get_by_text("Robust accuracy").first).to_be_visible(timeout=LONG)
    swept = json.loads(taken(page, "Sweep as JSON"))
    assert [row["eps_255"] for row in swept["points"]] == [0, 8] * 3
    assert len(swept["faces"]) == 2

    go(page, "Inspect")
    go(page, "Attack")
    expect(page.get_by_text("Robust accuracy").first).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="Whole file").click()
    expect(page.get_by_text("Each face")).to_be_visible(timeout=LONG)
