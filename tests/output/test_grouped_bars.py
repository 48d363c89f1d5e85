"""Bars in groups: what the browser is sent, and what is refused."""

from __future__ import annotations

import pytest

from core.output.screen import GroupedBars
from core.types import InputError

ROWS = {"clean": ("#111111", (0.2, 0.55)), "attacked": ("#222222", (None, 0.1))}


def test_the_scale_ends_at_the_next_tenth() -> None:
    made = GroupedBars(("eyes", "mouth"), ROWS, (0.3, 0.05), "area", "share").record()
    assert made["end"] == 0.6
    assert made["rows"][1] == {"name": "attacked", "colour": "#222222", "values": [None, 0.1]}
    assert GroupedBars(("eyes",), {"clean": ("", (0.6,))}, (0.0,), "", "").record()["end"] == 0.6
    assert GroupedBars((), {}, (), "", "").record()["end"] == 0.1


@pytest.mark.parametrize(
    ("groups", "marks", "words"),
    [(("eyes",), (0.3,), "1 groups have 1 bars"), (("eyes", "mouth"), (1.2, 0), "shares in")],
)
def test_what_does_not_fit_is_refused(groups: tuple[str, ...], marks: tuple[float, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        GroupedBars(groups, ROWS, marks, "area", "share")
