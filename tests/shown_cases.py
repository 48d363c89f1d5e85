"""Add what the pages of a desk showed to a case, and find it there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from core.cases.case_folder import new_case, open_case
from core.cases.verification import verify
from core.detectors import DEFAULT
from core.engine.case_work import add_records
from core.faces.centerface import FACE_FINDER
from pages.parts.session.session import Session
from pages.parts.session.shown_records import held_of_file, held_of_page

JUDGED = {FACE_FINDER, DEFAULT, f"{DEFAULT} calibration"}
ATTACK_ANSWER = {"attack-signs", "detect-resnet"}
TWO = JUDGED | {"resnet-blend", "resnet-blend calibration"}
RECOGNISED = {FACE_FINDER, "tiny"}
MODELS: dict[str, set[str]] = {  # that records of a kind name in the tests; the others name those that judged
    "attack-answer": JUDGED | ATTACK_ANSWER | {"signature-bank"},
    "detectors": TWO | {"mine"},
    "face-match": RECOGNISED,
    "impersonation-bench": TWO | RECOGNISED,
    "recogniser-attack": RECOGNISED,
    "reference-photo": RECOGNISED,
    "risk": JUDGED - {FACE_FINDER},
    "service": {FACE_FINDER},
    "signatures": JUDGED | {"signature-bank"},
    "story": JUDGED | {"attack-signs"},
    **{kind: set() for kind in ("other-copy", "queue", "study")},  # of none, or of some that their pages do not know
}


def kinds_in_case(desk: Session, root: Path, *, also: Iterable[str] = ()) -> list[str]:
    """Add the records that a desk holds to a new case; the kinds whose files the case then holds, in order.

    `also`: models that each of the records names beside those of its kind.
    """
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
        asked = ATTACK_ANSWER if said["results"].get("attack_answer_after") else set()
        assert set(one.weights) == MODELS.get(one.kind, JUDGED) | asked | set(also), one.kind
        assert said["results"]
        assert {Path(path).name for path in one.files} == {
            Path(one.place).name,
            *(f"{Path(one.place).stem}-{name}" for name in said["files"]),
        }
    assert verify(case.root).ok
    return [one.kind for one in state.records]
