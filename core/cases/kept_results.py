"""Read what a case keeps of an exhibit's analysis. The record and the tool's words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..types.attack_answer import NO_SIGN, PROCESSED, SIGNS, UNDECIDED
from .case_folder import CaseFolder
from .case_values import CaseResult, CaseState, Exhibit
from .chain import json_of
from .places import inside
from .replay import RECORD

NOT_ANALYSED, NOT_ASKED = "not analysed", "not asked"
TELLING = (SIGNS, UNDECIDED, PROCESSED, NO_SIGN)  # what an examiner has to know first
Kept = Mapping[str, Any]  # a record as `analysis_record` makes it


def read_record(case: CaseFolder, state: CaseState, exhibit: Exhibit) -> Kept | None:
    """Read the record of an exhibit's last result. None where there is none that can be read."""
    result = state.result_of(exhibit.sha256)
    return None if result is None else read_result(case, result)


def read_result(case: CaseFolder, result: CaseResult) -> Kept | None:
    """Read the record of a result. None where there is none that can be read."""
    try:
        found = json_of(inside(case.root, f"{result.folder}/{RECORD}").read_bytes())
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None
    return found if isinstance(found, dict) else None


def tool_words(case: CaseFolder, state: CaseState) -> list[tuple[str, str, str]]:
    """Return (exhibit, file, the tool's verdict in words) for each exhibit's last result."""
    found = []
    for exhibit in state.exhibits:
        record = read_record(case, state, exhibit)
        found.append((exhibit.title, exhibit.name, said_of_file(record) if record else NOT_ANALYSED))
    return found


def said_of_file(record: Kept) -> str:
    """Say the verdict on a file, and whether a face of it was attacked. The tool's words."""
    return f"{verdict_words(record)}. Was it attacked? {attack_words(record)}."


def verdict_words(record: Kept) -> str:
    """Say the verdict on a file with its notes. The tool's words, not a person's."""
    verdict = record["verdict"]
    return "; ".join([verdict["band"], *verdict["notes"]])


def attack_words(record: Kept) -> str:
    """Say whether faces of a file were attacked.

    By the most telling answer, and how many faces have it.
    """
    answers = [answer["label"] for face in record["faces"] if (answer := attack_answer_of(face))]
    for label in TELLING:
        if count := answers.count(label):
            return label if len(answers) == 1 else f"{label}, {count} of {len(answers)} faces"
    return NOT_ASKED


def attack_answer_of(face: Kept) -> Kept | None:
    """Return the record of "was it attacked?" for a received face.

    Not for what this program made of it.
    """
    attack = face.get("attack")
    found = attack.get("attack_answer_before") if attack else face.get("attack_answer")
    return found if isinstance(found, dict) else None


def rejection_words(face: Kept) -> str:
    """Say why a face has no verdict, as part of a sentence."""
    return str(face["no_verdict"]).removeprefix("No verdict: ").rstrip(".")


def pictures_of(case: CaseFolder, result: CaseResult) -> dict[str, dict[str, Path]]:
    """Return a result's pictures by face ("frame000000_track0"), then by what they show."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(result.files):
        if path.endswith(".png"):
            frame, track, what = [*Path(path).stem.split("_", 2), "", ""][:3]
            found.setdefault(f"{frame}_{track}", {})[what] = inside(case.root, path)
    return found
