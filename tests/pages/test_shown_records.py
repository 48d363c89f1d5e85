"""What a page hands in for a case: of a file all that was shown, of no file what the page shows now."""

from __future__ import annotations

from core.output.shown_record import ShownRecord
from pages.parts.session.looked_at import drawn_for
from pages.parts.session.session import Session
from pages.parts.session.shown_records import begin_records, hand_in, held_of_page


def record(words: str, kind: str = "table", **settings: int) -> ShownRecord:
    return ShownRecord(kind, words, settings, {})


def held(session: Session) -> list[str]:
    return [one.words for one in held_of_page(session)]


def test_of_a_page_only_what_it_showed_last_is_offered() -> None:
    session = Session()
    begin_records(session, "Queue")
    hand_in(session, record("A"), of_file=False)
    begin_records(session, "Queue")  # its head still offers what stands below
    assert held(session) == ["A"]
    begin_records(session, "Queue")  # and no longer where that was not drawn again
    assert held(session) == []


def test_a_later_one_takes_the_place_of_one_of_its_kind() -> None:
    session = Session()
    begin_records(session, "Detectors")
    for risk in range(3):
        hand_in(session, record(f"risk {risk}", risk=risk), of_file=False)
    hand_in(session, record("others", "other-detectors"), of_file=False)
    assert held(session) == ["risk 2", "others"]


def test_what_another_visit_of_the_page_showed_is_gone() -> None:
    session = Session()
    begin_records(session, "Studies")
    hand_in(session, record("A"), of_file=False)
    begin_records(session, "Queue")
    assert held(session) == []
    begin_records(session, "Studies")
    assert held(session) == []


def test_what_nobody_looks_at_is_not_recorded() -> None:
    session, made = Session(), []

    def make() -> ShownRecord:
        made.append(1)
        return record("A")

    begin_records(session, "Studies")
    for looked_at in (False, True):
        with drawn_for(session, looked_at):
            hand_in(session, make, of_file=False)
        assert len(made) == looked_at
        assert held(session) == ["A"] * looked_at
