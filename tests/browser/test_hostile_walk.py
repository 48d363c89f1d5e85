"""One session uploads what harms a decoder; each file is one sentence, and then the session works on."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from media_files import video
from PIL import Image
from walks import LONG, MARKS, Page, dashboard, expect, first_page, new_context

from core.media.images import encode_png
from core.media_attack import samples
from core.selftest.hostile_media import BOMBS

pytestmark = MARKS
TESTS = str(Path(__file__).resolve().parents[1])


@pytest.fixture
def page(browser: object, tmp_path: Path) -> Iterator[Page]:
    """A dashboard whose readers die of files that are named for it."""
    path = os.pathsep.join(filter(None, (TESTS, os.environ.get("PYTHONPATH"))))
    with dashboard(tmp_path, {"PROSOPON_READER": "killer_reader", "PYTHONPATH": path}) as address:
        context = new_context(browser)
        yield first_page(context, address)
        context.close()


def test_a_bomb_a_strip_and_a_killer_video_and_then_a_good_picture(page: Page, tmp_path: Path) -> None:
    strip = io.BytesIO()
    Image.new("1", (5000, 1)).save(strip, "PNG")
    killer = video(tmp_path, "a.mp4", "libx264", frames=4)
    files = [
        ("bomb.png", BOMBS["PNG of 30,000 x 30,000"](), "has 30000 x 30000 pixels|900000000 pixels"),
        ("strip.png", strip.getvalue(), "one side 5,000 times the other"),
        ("crash-opening.mp4", killer, r"made its reader stop: it crashed"),
        ("crash-reading.mp4", video(tmp_path, "b.mp4", "libx264", frames=8), r"made its reader stop: it crashed"),
    ]
    for name, data, words in files:
        page.locator("input[type=file]").first.set_input_files({"name": name, "mimeType": "", "buffer": data})
        said = page.get_by_text(re.compile(f"{re.escape(name)}.*({words})"))
        expect(said).to_have_count(1, timeout=LONG)
        expect(page.get_by_text("encountered an error")).to_have_count(0)
    good = encode_png(samples.portrait())
    page.locator("input[type=file]").first.set_input_files(
        {"name": "good.png", "mimeType": "image/png", "buffer": good}
    )
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("made its reader stop"))).to_have_count(0)
