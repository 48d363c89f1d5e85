"""Controls: who reads the face passes them, who reads something else is found out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from known_models import CARD
from PIL import Image
from torch import nn

from core.detectors import Detector
from core.detectors.detector import prepare
from core.evaluation.shortcut_controls import evaluate_shortcuts
from core.media_attack import samples
from core.output.value_records import value_record
from core.reports.measured_tables import shortcut_rows
from core.types import Array, InputError
from core.types.measurement import Measurement

PAIRS = 12
CONTROLS = ["shuffled labels", "post-processing only", "JPEG table only", "face masked"]


class Part(nn.Module):
    """Two logits, apart by the brightness of the crop's corner or of its middle."""

    def __init__(self, middle: bool) -> None:
        super().__init__()
        self.middle, self.linear = middle, nn.Linear(3, 2)
        self.linear.weight.data = torch.tensor([[0.0] * 3, [7.0] * 3])
        self.linear.bias.data = torch.tensor([10.0, 0.0])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        side = x.shape[-1]
        a, b = (side * 2 // 5, side * 3 // 5) if self.middle else (0, side // 12)
        logits: torch.Tensor = self.linear(x[:, :, a:b, a:b].mean((2, 3)))
        return logits


@pytest.fixture(scope="module")
def face() -> Array:
    return cv2.resize(samples.portrait_face().crop, (160, 160), interpolation=cv2.INTER_AREA)


def folder(path: Path, face: Array) -> Path:
    """Pairs whose forgery is lighter all over, background and face."""
    for kind, light in (("real", 0), ("fake", 40)):
        (path / kind).mkdir(parents=True)
        for i in range(PAIRS):
            Image.fromarray(cv2.convertScaleAbs(face, alpha=1, beta=light + 2 * i)).save(path / kind / f"{i}.png")
    return path


def judge(middle: bool) -> Detector:
    return replace(prepare("part", Part(middle), CARD), calibration=None)


@pytest.mark.parametrize("middle", [True, False])
def test_what_is_read_outside_of_the_face_is_found_out(middle: bool, face: Array, tmp_path: Path) -> None:
    found = evaluate_shortcuts(judge(middle), folder(tmp_path, face))
    as_is, *controls = found.controls
    assert as_is.auc is not None
    assert as_is.auc > 0.9
    assert not as_is.at_chance
    assert [row.control for row in controls] == CONTROLS
    by_name = {row.control: row for row in controls}
    assert by_name["JPEG table only"].auc == pytest.approx(0.5, abs=0.06)
    for row in controls:
        least, most = row.auc_interval or (row.auc, row.auc)
        assert (least or 0) <= (row.auc or 0) <= (most or 0)
    assert by_name["shuffled labels"].at_chance
    assert by_name["face masked"].at_chance == middle
    assert all(row.n == (PAIRS, PAIRS) for row in found.controls)
    assert np.isclose(by_name["face masked"].auc or 0, 0.5 if middle else as_is.auc, atol=0.05)
    one = Measurement("shortcuts", "controls", json.loads(json.dumps(value_record(found))))
    assert one.result == found, "read back as it was written"
    assert next(row["at chance"] for row in shortcut_rows(found)) == "no"


def test_a_folder_without_faces_is_refused(tmp_path: Path) -> None:
    for kind in ("real", "fake"):
        (tmp_path / kind).mkdir()
        Image.fromarray(np.zeros((80, 80, 3), np.uint8)).save(tmp_path / kind / "a.png")
    with pytest.raises(InputError, match="controls need two pairs whose faces can both be judged; there are 0"):
        evaluate_shortcuts(judge(True), tmp_path)
