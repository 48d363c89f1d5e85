"""Settings of an attack and of a sweep: what stands on the screen is what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_runs import click, page
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.types import Array
from pages.parts.attack.attack_settings import AttackSettings, SweepSettings
from pages.parts.session.session import Session


@pytest.fixture
def desk(forged: Array, tmp_path: Path) -> Session:
    Image.fromarray(forged).save(tmp_path / "forged.png")
    session = Session()
    session.media = pipeline.open_media(tmp_path / "forged.png")
    session.faces = pipeline.analyse(session.media, pipeline.load_detector())
    return session


def opened(desk: Session, tab: str) -> AppTest:
    """Draw the page with a tab open, and its settings too."""
    desk.page_state(AttackSettings).tab = tab
    test = page("attack", desk)
    test.session_state["attack-expert"] = True  # what is folded is drawn once it is open
    test.run()
    return test


def seed_of(test: AppTest) -> object:
    return next(one.value for one in test.number_input if one.label == "seed")


@pytest.mark.slow
def test_every_change_of_a_seed_is_kept_whoever_makes_it(desk: Session) -> None:
    test, settings = opened(desk, "One face"), desk.page_state(AttackSettings)
    for seed in (3, 5, 8):
        next(one for one in test.number_input if one.label == "seed").set_value(seed).run()
        assert settings.seed == seed
    settings.seed = 13  # as an address sets it
    test.run()
    assert (seed_of(test), settings.seed) == (13, 13)


@pytest.mark.slow
def test_a_sweep_has_the_limits_that_stand_on_the_screen(desk: Session) -> None:
    test = opened(desk, "Sweep over epsilon")
    limits = {one.label: one for one in test.number_input}
    limits["faces at most"].set_value(2)
    limits["steps at most"].set_value(3)
    click(test, "Run sweep")
    settings = desk.page_state(SweepSettings)
    assert (settings.max_faces, settings.steps) == (2, 3)
