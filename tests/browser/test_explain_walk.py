"""The page Explain in a real Chromium: maps zoomed in step, the strip, the comparison, critical pixels, print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from walks import LONG, MARKS, Page, choose, drawn, expect, first_page, go, new_context, only, open_drawer

from core.detectors import Detector
from core.media_attack import samples

pytestmark = MARKS


@pytest.fixture(scope="module")
def opened(browser: object, address: str, shipped: Detector) -> Iterator[Page]:
    """A forgery under attack, and two maps of it: computed once for all walks here."""
    context = new_context(browser)
    page = first_page(context, address)
    page.locator("input[type=file]").set_input_files(samples.sample("forgery.png", shipped))
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text("judged from the saved 8-bit PNG, re-opened")).to_be_visible(timeout=LONG)
    go(page, "Explain")
    only(page, "Saliency", "LRP")
    expect(page.get_by_text("4 to compute")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Compute maps").click()
    expect(page.get_by_text("All are computed with these settings")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("% of what")).first).to_be_visible(timeout=LONG)
    page.get_by_role("tab", name="All maps").click()
    expect(page.get_by_text("difference", exact=True).first).to_be_visible(timeout=LONG)
    yield page
    context.close()


@pytest.fixture
def page(opened: Page) -> Page:
    """The page Explain at its first tab, with the settings that the maps were made with."""
    go(opened, "Explain")
    opened.get_by_role("tab", name="All maps").click()
    if opened.get_by_text(re.compile("Made with other settings")).count():
        open_drawer(opened, "Maps and their settings")
        choose(opened, "Explained output", "margin", exact=False)
    return opened


def test_maps_are_read_zoomed_measured_and_kept(page: Page) -> None:
    expect(page.get_by_text("Not where the image was edited.")).to_be_visible()
    pictures = page.locator(".linked canvas")
    expect(pictures).to_have_count(9)  # three faces, two maps in three rows
    first = page.get_by_role("img", name="Saliency, clean", exact=True)
    first.scroll_into_view_if_needed()
    box = first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".linked .read")).to_contain_text(
        re.compile(r"Saliency, row \d+, column \d+\s*clean \+?[\d.]+")
    )
    drawn = "(one) => new Set(one.getContext('2d').getImageData(0, 0, one.width, one.height).data).size > 9"
    page.wait_for_function(
        f"[...document.querySelectorAll('.linked canvas')].every({drawn})", timeout=LONG
    )  # none is blank

    page.locator(".linked").get_by_role("button", name="Zoom in").click()
    moved = [picture.evaluate("(one) => one.style.transform") for picture in pictures.all()]
    assert len({*moved}) == 1  # all images show the same part
    assert "scale(1.25)" in moved[0]

    page.get_by_role("button", name="Measure the quality of these maps").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("All maps above are measured")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("deletion AUC").first).to_be_visible()
    expect(page.get_by_text("Lower is better.").first).to_be_visible()

    go(page, "Methods")
    go(page, "Explain")
    expect(page.get_by_text("All maps above are measured")).to_be_visible(timeout=LONG)
    open_drawer(page, "Maps and their settings")
    choose(page, "Explained output", "output “manipulated”", exact=False)
    expect(page.get_by_text(re.compile("Made with other settings"))).to_be_visible(timeout=LONG)
    expect(page.get_by_text("made with other settings", exact=True).first).to_be_visible(timeout=LONG)
    go(page, "Methods")
    go(page, "Explain")
    expect(page.get_by_text(re.compile("Made with other settings"))).to_be_visible(timeout=LONG)


def test_maps_are_compared_and_laid_over_regions(page: Page) -> None:
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Compare these maps").click()
    expect(page.get_by_role("heading", name="Method to method")).to_be_visible(timeout=LONG)
    matrices = page.get_by_role("table", name=re.compile("between methods"))
    expect(matrices).to_have_count(2, timeout=LONG)
    expect(matrices.first.get_by_role("cell", name="1.00")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Clean to attacked as CSV").click()
    lines = Path(download.value.path()).read_text("utf-8").splitlines()
    assert lines[0] == "face,map,other,ssim,rank,top_k,k,degenerate"
    assert len(lines) == 3
    page.get_by_role("tab", name="Regions").click()
    expect(page.get_by_alt_text(re.compile("The face with its regions"))).to_be_visible(timeout=LONG)
    expect(page.get_by_text("share of area").first).to_be_visible(timeout=LONG)


def test_critical_pixels_are_found_and_drawn(page: Page) -> None:
    page.get_by_role("tab", name="Critical pixels").click()
    page.get_by_role("spinbutton", name="SHAP samples").fill("4")
    page.get_by_role("spinbutton", name="SHAP samples").press("Enter")
    page.get_by_role("button", name="Find critical pixels").click()
    expect(page.get_by_role("heading", name=re.compile("of the pixels that the attack acts through"))).to_be_visible(
        timeout=LONG
    )
    page.get_by_text("Tests and charts").click()
    expect(page.get_by_text(re.compile("Welch's t-test"))).to_have_count(2, timeout=LONG)
    expect(page.get_by_text(re.compile("takes every pixel for an independent observation"))).to_be_visible()
    expect(page.get_by_alt_text(re.compile("pixels critical for attack"))).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Tests as JSON").click()
    record = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert record["samples"] == 4
    assert record["detection"]["test"]["t"] is not None


def test_the_figure_for_print_is_seen_sized_and_saved(page: Page) -> None:
    page.get_by_role("tab", name="For print").click()
    preview = page.get_by_alt_text(re.compile("The figure as it will be printed"))
    expect(preview).to_be_visible(timeout=LONG)
    box = preview.bounding_box()
    assert box
    assert abs(box["width"] - 170 / 25.4 * 96) < 1.5
    page.set_viewport_size({"width": 1024, "height": 768})
    drawn(page)
    box, settings = preview.bounding_box(), page.get_by_test_id("stSelectbox").filter(has_text="Width").bounding_box()
    assert box
    assert settings
    assert box["x"] > settings["x"] + settings["width"] / 2, "on a projector the figure stands beside its settings"
    page.set_viewport_size({"width": 1440, "height": 1000})
    choose(page, "Width", "One column, 85 mm", exact=False)
    expect(page.get_by_text(re.compile("In its true width of 85 mm"))).to_be_visible(timeout=LONG)
    heads = {"PDF": b"%PDF", "SVG": b"<?xml", "PNG": b"\x89PNG"}
    for kind, head in heads.items():
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Figure as {kind}").click()
        path = Path(download.value.path())
        assert path.read_bytes().startswith(head)
        if kind == "PNG":
            with Image.open(path) as image:
                assert abs(image.size[0] - 85 / 25.4 * 300) <= 1
                assert json.loads(image.text["Description"])["software"] == "Prosopon"  # type: ignore[attr-defined]
