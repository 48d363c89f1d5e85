"""JSON of others: what is nested too deep is refused in a sentence, wherever it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.storage.cards import read_card
from core.types import InputError
from core.types.foreign_json import MAX_LEVELS, parse_json
from core.types.model_card import DetectorCard


@pytest.mark.parametrize("levels", [MAX_LEVELS + 1, 900, 100_000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_what_is_nested_too_deep_is_refused(levels: int, pair: str) -> None:
    begin, end = pair[:-1], pair[-1]
    with pytest.raises(InputError, match="more than 100 levels"):
        parse_json(begin * levels + ("1" if end == "}" else "") + end * levels)


def test_other_json_is_read_as_it_is() -> None:
    around = MAX_LEVELS - 2
    found = parse_json(("[" * around + '{"a": [1.5, null, "["]}' + "]" * around).encode())
    for _ in range(around):
        (found,) = found
    assert found == {"a": [1.5, None, "["]}
    with pytest.raises(ValueError, match="Expecting value"):
        parse_json("")


def test_a_card_that_is_nested_too_deep_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text('{"title": ' + "[" * 5000 + "]" * 5000 + "}")
    with pytest.raises(InputError, match=r"the card deep.json of the model deep is damaged: its JSON has more than"):
        read_card("deep", DetectorCard, folder=tmp_path)
