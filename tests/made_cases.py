"""Make small cases without a model: two exhibits, a result with a picture and maps, a note, a mark, a conclusion."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from core.cases.case_folder import CaseFolder, new_case, open_case
from core.cases.case_values import Exhibit, NewResult
from core.cases.case_versions import machine, versions
from core.cases.comparison import ARRAYS
from core.cases.replay import RECORD, SETTINGS
from core.media.images import encode_png
from core.types.attack_answer import SIGNS

WEIGHTS = {"made-detector": "a" * 64}
SETTINGS_MADE = {"detector": "made-detector", "frames": 16, "seed": 7, "maps": ["saliency"]}
DETECTOR = {
    "title": "Made detector",
    "scope": "Made for tests.",
    "rates": ["Of 100 originals it called 4 manipulated."],
}
TOOL = [("E1", "one.png", "Likely manipulated"), ("E2", "two\nlines.png", "Inconclusive")]


def record(name: str) -> dict[str, Any]:
    """The record of an analysis, as `analysis_record` makes it."""
    verdict = {"detector": "made-detector", "p_fake": 0.91, "label": "fake", "band": "Likely manipulated"}
    verdict |= {"calibrated": True, "abstained": None, "interval": [0.8, 0.97], "logits": [-1.0, 1.3]}
    face = {"frame": 0, "track": 0, "box": [1.0, 2.0, 9.0, 9.0], "score": 0.9, "verdict": verdict, "no_verdict": None}
    face |= {"maps": {"saliency": {"quality": {"completeness": 0.1}, "settings": {}}}, "attack": None}
    face |= {
        "attack_answer": {"label": SIGNS, "perturbed": 0.8, "carries": 0.7, "p_attacked": 0.9, "scope": "Made faces."}
    }
    media = {"id": "0" * 64, "name": name, "kind": "image", "width": 12, "height": 12, "frames": 1, "fps": 0.0}
    media |= {"metadata": {"format": "PNG"}, "notes": []}
    whole = {"band": "Likely manipulated", "notes": ["one face"], "p_fake": 0.91}
    return {"media": media, "faces": [face], "verdict": whole, "video": None}


def result_files(name: str) -> dict[str, bytes]:
    """The files of a result."""
    arrays = io.BytesIO()
    np.savez(arrays, frame000000_track0_saliency=np.arange(16.0).reshape(4, 4))
    picture = encode_png(np.full((12, 12, 3), 90, np.uint8))
    said = {"settings": SETTINGS_MADE, "weights": WEIGHTS, "versions": versions()}
    return {
        RECORD: json.dumps(record(name)).encode(),
        ARRAYS: arrays.getvalue(),
        SETTINGS: json.dumps(said).encode(),
        "frame000000_track0_crop.png": picture,
        "frame000000_track0_saliency.png": picture,
    }


def keep(case: CaseFolder, exhibit: Exhibit, *, failed: str | None = None) -> None:
    """Keep a made result of an exhibit."""
    now = "2026-01-31T12:00:00.000000Z"
    said = NewResult(
        settings=SETTINGS_MADE,
        versions=versions(),
        weights=WEIGHTS,
        machine=machine(),
        started=now,
        ended=now,
        zone="UTC (+0000)",
        sha256_before=exhibit.sha256,
        sha256_after=exhibit.sha256,
        detector=DETECTOR,
        failed=failed,
    )
    case.keep_result(exhibit, said, {} if failed else result_files(exhibit.name))


def made_case(root: Path) -> CaseFolder:
    """A whole case: 10 entries."""
    files = root.parent / f"{root.name}-files"
    files.mkdir()
    new_case(root, "A made case", question="Is one.png manipulated?", client="Court of tests", actor="Ada")
    case = open_case(root, actor="Ada")
    for name, content in (("one.png", b"first" * 40), ("two\nlines.png", b"second" * 50)):
        (files / name).write_bytes(content)
        exhibit, _ = case.add_file(files / name)
        keep(case, exhibit)
    first = case.state().exhibits[0]
    case.note("Seen twice.\nLooks soft about the mouth.", first.sha256)
    case.note("Seen twice.")
    case.mark(first.sha256, "look again")
    case.conclude("moderate", "Bela", tool=TOOL, words="The mouth does not fit.")
    return case
