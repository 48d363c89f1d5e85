"""What decides which measurements are like an exhibit is read off its analysis."""

from __future__ import annotations

from typing import Any

import pytest
from made_cases import record

from core.output.recorded_traits import file_traits
from core.types.file_traits import FileTraits


@pytest.mark.parametrize(
    ("kind", "container", "traits"),
    [
        ("image", {"quantisation": {"quality": 75}}, FileTraits("image", 75, 90)),
        ("video", {}, FileTraits("video", None, 90)),
    ],
)
def test_traits_are_kind_quality_and_the_smallest_judged_face(
    kind: str, container: dict[str, Any], traits: FileTraits
) -> None:
    made = record("one.png") | {"provenance": {"container": container}}
    made["media"]["kind"] = kind
    face = made["faces"][0]
    made["faces"] = [
        {**face, "crop": [90, 110]},
        {**face, "crop": [100, 400]},
        {**face, "crop": [9, 9], "verdict": None},
    ]
    assert file_traits(made) == traits
