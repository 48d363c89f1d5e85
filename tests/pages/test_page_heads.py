"""What stands first on a page that shows nothing of the open file."""

from __future__ import annotations

import pytest
from page_runs import page, run

from core import pipeline
from core.detectors import Detector
from core.media_attack import samples
from pages.parts.session.session import Session


@pytest.mark.parametrize(("name", "said"), [("methods", "Every method of"), ("queue", "Drop many files")])
def test_a_page_begins_with_what_it_is_though_a_file_is_open(name: str, said: str, shipped: Detector) -> None:
    desk = Session()
    assert run(page(name, desk)).count(said) == 1, "the bar says it where no file is open"
    desk.media = pipeline.open_media(samples.sample("portrait.png", shipped))
    assert run(page(name, desk)).count(said) == 1
