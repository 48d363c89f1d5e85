"""What is drawn of an attack while it runs."""

from __future__ import annotations

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.types import Array, AttackView
from pages.parts.attack import live_view


def test_the_running_attack_stands_beside_the_face_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn_images: dict[str, Array] = {}
    monkeypatch.setattr(live_view, "show_image", lambda image, caption: drawn_images.update({caption: image}))
    clean = np.full((8, 8, 3), 100, np.uint8)
    live_view.show_view(st.empty(), AttackView(3, clean + 4, np.ones((8, 8), np.float32)), clean)
    assert list(drawn_images) == ["Original", "Attacked, query 3", "Difference, 8 times", "Gradient that it follows"]
    assert drawn_images["Original"] is clean


def test_the_running_attacks_pictures_share_a_narrow_screen() -> None:
    def draw() -> None:
        import numpy as np
        import streamlit as st

        from core.types import AttackView
        from pages.parts.attack import live_view

        clean = np.full((8, 8, 3), 100, np.uint8)
        live_view.show_view(st.empty(), AttackView(3, clean, np.ones((8, 8), np.float32)), clean)

    row = next(iter(AppTest.from_function(draw, default_timeout=30).run().main.children.values()))
    flow = row.proto.flex_container
    assert flow.direction == flow.Direction.HORIZONTAL
    assert flow.wrap
    assert len(row.children) == 4, "no columns, of which a narrow screen shows one below another"
