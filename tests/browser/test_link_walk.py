"""A copied address: another tab shows its result, another visitor computes it on one click."""

from __future__ import annotations

import re
from typing import Any

from walks import LONG, MARKS, Page, choose, expect, go, new_context, unfold

pytestmark = MARKS

DONE = "judged from the saved 8-bit PNG, re-opened"


def opened(context: Any, address: str) -> Page:
    made: Page = context.new_page()
    made.set_default_timeout(LONG)
    made.goto(address)
    expect(made.get_by_role("heading", name="Attack", exact=True)).to_be_visible(timeout=LONG)
    return made


def test_an_address_shows_its_result_or_offers_it(page: Page, browser: Any) -> None:
    page.get_by_role("button", name="Forgery", exact=True).click()
    expect(page.get_by_text("1 face found")).to_be_visible(timeout=LONG)
    go(page, "Attack")
    unfold(page, "Expert")
    choose(page, "Attack", "FGSM")
    expect(page.get_by_text(re.compile("Goodfellow et al"))).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Run attack").click()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile("attack=fgsm.*attack.seed=0"), timeout=LONG)
    address = page.url
    headline = page.get_by_role("heading", level=2).first.inner_text()

    tab = opened(page.context, address)
    expect(tab.get_by_text("nothing was computed anew")).to_be_visible(timeout=LONG)
    expect(tab.get_by_text(DONE)).to_be_visible(timeout=LONG)
    tab.close()
    page.reload()
    expect(page.get_by_text(DONE)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("the address asks")).to_have_count(0)

    visitor = new_context(browser)
    other = opened(visitor, address)
    expect(other.get_by_text("This result is not kept here")).to_be_visible(timeout=LONG)
    expect(other.get_by_text(DONE)).to_have_count(0)
    other.get_by_role("button", name="Compute as in the address").click()
    expect(other.get_by_text(DONE)).to_be_visible(timeout=LONG)
    expect(other.get_by_role("heading", level=2).first).to_have_text(headline, timeout=LONG)
    expect(other).to_have_url(address, timeout=LONG)
    visitor.close()
