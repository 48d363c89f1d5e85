"""A file that a case holds already, as itself or as a copy, is found again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from made_cases import keep

from core.cases.case_folder import new_case
from core.cases.replay import RECORD
from core.cases.seen_before import seen_before
from core.media.images import encode_png
from core.media.open import open_media
from core.media.perceptual_hash import perceptual_hash
from core.output.value_records import value_record
from core.types import Array


def test_an_exhibit_and_its_copies_are_found_again(tmp_path: Path, portrait: Array) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    file = tmp_path / "one.png"
    file.write_bytes(encode_png(portrait))
    case = new_case(folder / "first", "First case")
    exhibit, _ = case.add_file(file)
    seen = open_media(file)
    assert [one.comparison.kind for one in seen_before(folder, seen, None)] == ["identical"]

    changed = np.clip(portrait.astype(int) + 2, 0, 255).astype(np.uint8)
    attacked, other = (open_media(encode_png(one)) for one in (changed, portrait[::-1].copy()))
    hashed = perceptual_hash(changed)
    assert seen_before(folder, attacked, hashed) == []  # not analysed: known by its SHA-256 alone
    keep(case, exhibit)
    result = case.state().result_of(exhibit.sha256)
    assert result
    place = case.root / result.folder / RECORD
    said = {"perceptual_hash": value_record(perceptual_hash(portrait))}
    record = json.loads(place.read_text()) | {"provenance": said}
    place.chmod(0o644)
    place.write_text(json.dumps(record))
    (sighting,) = seen_before(folder, attacked, hashed)
    assert (sighting.case, sighting.exhibit, sighting.name) == ("First case", "E1", "one.png")
    assert (sighting.comparison.kind, sighting.comparison.largest) == ("bounded", 2)
    assert seen_before(folder, other, perceptual_hash(other.frame())) == []
    assert seen_before(tmp_path / "nowhere", seen, hashed) == []
