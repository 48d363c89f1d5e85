"""What the tests of the page Explain share: maps of a desk, and the page opened with it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from page_runs import sent_to
from streamlit.testing.v1 import AppTest

from core import pipeline
from core.detectors import Detector
from core.types import Array, Attribution, Target, content_id
from pages.parts.explain import map_columns
from pages.parts.explain.explain_settings import MapSettings
from pages.parts.session.map_results import keep_map
from pages.parts.session.session import Session

ROOT = Path(__file__).resolve().parents[1]
PAGE = str(ROOT / "pages" / "explain.py")
QUICK = ("saliency", "lrp")
CROPS: dict[str, Array] = {}
DETECTORS: dict[str, Detector] = {}


def sides(desk: Session) -> list[map_columns.Side]:
    assert desk.focused
    return map_columns.sides(desk, desk.focused)


def columns(desk: Session) -> list[map_columns.Column]:
    return map_columns.columns(desk, sides(desk))


@functools.cache
def explained(crop: str, version: str, name: str, settings: str, target: Target) -> Attribution:
    """The map of a crop by a detector, both of which stand in `CROPS` and `DETECTORS`; made once a worker."""
    return pipeline.explain_crop(DETECTORS[version], CROPS[crop], name, json.loads(settings), target=target)


def compute(desk: Session) -> None:
    for side in sides(desk):
        for name in desk.page_state(MapSettings).methods:
            settings, target = desk.page_state(MapSettings).values.get(name), desk.page_state(MapSettings).target
            crop, version = content_id(side.crop), desk.detector.version
            CROPS[crop], DETECTORS[version] = side.crop, desk.detector
            found = explained(crop, version, name, json.dumps(settings), target)
            keep_map(desk, map_columns.wanted_key(desk, side, name), found)


def opened(desk: Session, tab: str = "All maps") -> AppTest:
    desk.page_state(MapSettings).tab = tab
    test = AppTest.from_file(PAGE, default_timeout=120)
    test.session_state["session"] = desk
    test.session_state["maps-settings"] = True  # its part of the page is unfolded
    test.run()
    assert not test.exception
    return test


def click(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def texts(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "title", "subheader", "error", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind)).replace("\\", "")


def charts(test: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]


def grids(test: AppTest) -> list[dict[str, Any]]:
    return sent_to(test, "grid")


def grid(test: AppTest) -> dict[str, Any]:
    """What the browser draws the grid of maps from."""
    (found,) = grids(test)
    return found


def grid_cells(test: AppTest) -> list[dict[str, Any] | None]:
    """Its cells, column by column, without those of the face."""
    return [cell for column in grid(test)["columns"][1:] for cell in column["cells"]]


def tables(test: AppTest) -> str:
    return "\n".join(table.value.to_csv() for table in (*test.table, *test.dataframe)).replace("\\", "")


def buttons(test: AppTest) -> dict[str, bool]:
    return {button.label: button.disabled for button in test.button}
