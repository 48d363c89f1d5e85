"""The card Provenance on Inspect: three sentences, a table, and a place that is shown on demand."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from media_files import image
from page_runs import page, texts
from PIL import Image

from core.cases.case_folder import new_case
from core.media.open import open_media
from core.types.provenance import CredentialState
from pages.parts.inspect.provenance_card import STATES
from pages.parts.session.case_state import CurrentCase
from pages.parts.session.opened_provenance import keep_provenance, kept_sightings
from pages.parts.session.session import Session

PLACE = "13.4"


def located() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 24.0, 0.0)}
    exif[0x0131] = "Editor <b>*9*\n"
    return image("JPEG", exif=exif)


def test_the_card_says_three_things_and_hides_the_place() -> None:
    desk, data = Session(), located()
    desk.media = open_media(data, "face.jpg")
    keep_provenance(desk, data, desk.media)
    test = page("inspect", desk)
    test.session_state["all-provenance"] = True
    test.run()
    assert not test.exception
    shown = texts(test).replace("\\", "")
    assert "Provenance: unknown" in shown
    assert "No content credentials" in shown
    assert "Editor <b>*9* (other)" in shown
    assert "standard's tables at quality 75" in shown
    assert PLACE not in str([table.value for table in test.table])
    test.checkbox[0].check().run()
    assert PLACE in str([table.value for table in test.table])


def test_the_card_says_which_case_has_seen_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PROSOPON_CASES", str(tmp_path))
    data = image("PNG")
    (tmp_path / "kept.png").write_bytes(data)
    new_case(tmp_path / "case", "An old case").add_file(tmp_path / "kept.png")
    desk = Session()
    desk.media = open_media(data, "again.png")
    keep_provenance(desk, data, desk.media)
    shown = texts(page("inspect", desk).run()).replace("\\", "")
    assert "E1 (kept.png) of the case “An old case”, received 20" in shown


def test_the_open_case_and_those_beside_it_are_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROSOPON_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PROSOPON_CASES", str(tmp_path / "none"))
    data, desk = image("PNG"), Session()
    (tmp_path / "kept.png").write_bytes(data)
    case = new_case(tmp_path / "elsewhere" / "case", "An old case")
    case.add_file(tmp_path / "kept.png")
    desk.media = open_media(data, "again.png")
    keep_provenance(desk, data, desk.media)
    assert kept_sightings(desk, desk.media.id) == ()
    desk.page_state(CurrentCase).folder = case.root
    keep_provenance(desk, data, desk.media)
    assert [one.exhibit for one in kept_sightings(desk, desk.media.id)] == ["E1"]


def test_a_file_whose_provenance_was_not_read_has_no_card() -> None:
    desk = Session()
    desk.media = open_media(image("PNG"))
    test = page("inspect", desk).run()
    assert not test.exception
    assert "Provenance" not in texts(test)


def test_every_state_of_credentials_is_explained() -> None:
    assert [state for state in get_args(CredentialState) if f"**{state}**: " not in STATES] == []
