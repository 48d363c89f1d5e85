"""Every attack leaves what it always left: images bit for bit, counts, scores and notes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from reference_cases import case, variants

from core.attacks import ATTACKS

TABLE: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("reference_results.json").read_text("utf-8"))
# An image may differ by a last bit on another processor, in bfloat16 everywhere: of these only counts and scores are
# compared.
DELICATE = {"nes", "cw", "adaptive-map", "adaptive-detector"}
CLOSE = {"l2": 0.03, "after": 0.01, "course": 0.01, "attacked": 0.01}

BF16_CLOSE = 0.05  # processors without bfloat16 round elsewhere


def same(found: Any, kept: Any, close: float) -> bool:
    """Whether two nests of lists hold the same numbers, up to `close`."""
    if isinstance(kept, list):
        return len(found) == len(kept) and all(same(a, b, close) for a, b in zip(found, kept, strict=True))
    return found is kept if kept is None or found is None else abs(found - kept) <= close


@pytest.mark.parametrize("name", TABLE)
def test_the_results_are_those_of_the_table(name: str) -> None:
    assert list(TABLE[name]) == variants(name)
    for variant, kept in TABLE[name].items():
        found = case(name, variant)
        assert set(found) == set(kept)
        if name in DELICATE or "bf16" in variant:
            kept, found = ({k: v for k, v in part.items() if k != "images"} for part in (kept, found))
        for key, value in kept.items():
            close = BF16_CLOSE if key in CLOSE and "bf16" in variant else CLOSE.get(key, 0)
            fine = found[key] == value if key == "images" else same(found[key], value, close)
            assert fine, f"{name}, {variant}: {key} is {found[key]} and was {value}"


def test_every_attack_is_in_the_table() -> None:
    assert list(TABLE) == list(ATTACKS)
