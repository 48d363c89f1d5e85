"""Add what the pages of a desk showed to a case, and find it there."""

from __future__ import annotations

import json
from pathlib import Path

from core.cases.case_folder import new_case, open_case
from core.cases.verification import verify
from core.engine.case_work import add_records
from pages.parts.session.session import Session
from pages.parts.session.shown_records import held_of_file, held_of_page

UNWEIGHED = ("other-copy", "queue", "study")  # of no model, or of models that their pages do not know


def kinds_in_case(desk: Session, root: Path) -> list[str]:
    """Add the records that a desk holds to a new case; the kinds whose files the case then holds, in order."""
    case, file = new_case(root / "shown", "Shown", actor="Ada"), root / "shown.bin"
    file.write_bytes(b"the file")
    exhibit, _ = case.add_file(file)
    of_file, of_page = held_of_file(desk), held_of_page(desk)
    assert add_records(case, of_file, exhibit) == len(of_file)
    assert add_records(case, of_page) == len(of_page)
    assert add_records(case, of_file, exhibit) == 0, "nothing is added twice"
    state = open_case(case.root).state()
    for one in state.records:
        said = json.loads((case.root / one.place).read_bytes())
        assert (said["kind"], said["words"], said["settings"]) == (one.kind, one.words, one.settings)
        assert said["words"]
        assert bool(one.weights) == (one.kind not in UNWEIGHED), one.kind
        assert said["results"]
        assert {Path(path).name for path in one.files} == {
            Path(one.place).name,
            *(f"{Path(one.place).stem}-{name}" for name in said["files"]),
        }
    assert verify(case.root).ok
    return [one.kind for one in state.records]
