"""A copy of the project with a file more of each kind, found and run through the pipeline; nothing else is changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.media_attack import samples

ROOT = Path(__file__).resolve().parents[1]
ATTACK = '''
"""Darken the image, as far as the budget allows."""

from torch import Tensor

from ..base import ATTACKS, EPS, AttackFacts
from ..engine.query import Query


@ATTACKS.add(
    "darken",
    title="Darken",
    source="A test",
    params=(EPS,),
    facts=AttackFacts(norm="Linf", access="control", passes=lambda settings: (0, 0)),
)
def darken(model: Query, x: Tensor, y: Tensor, *, eps: float) -> Tensor:
    """Subtract eps from every value."""
    return (x - eps).clamp(0, 1)
'''
EXPLAINER = '''
"""Attribute to brightness."""

from ..base import EXPLAINERS, MapFacts
from ..context import AttributionContext, RawAttribution


@EXPLAINERS.add("brightness", title="Brightness", source="A test", facts=MapFacts(passes=1, quick=False))
def brightness(context: AttributionContext) -> RawAttribution:
    """Return the image."""
    return RawAttribution(context.x, lambda: ())
'''
DETECTOR = '''
"""Define a Meso4 of another training."""

from ..base import DETECTORS
from .meso import Meso4

DETECTORS.add("meso4-mine", title="Meso4, mine", source="A test")(Meso4)
'''
ATTACK_DETECTOR = '''
"""Define a second attack detector."""

from .base import ATTACK_DETECTORS
from .detect_resnet import DetectResNet

ATTACK_DETECTORS.add("second", title="Second", source="A test")(DetectResNet)
'''
PAGE = '''
"""Show the mean of the portrait."""

import streamlit as st

from core.media_attack import samples

st.title(f"Mean {samples.portrait().mean():.1f}")
'''
LINE = '        st.Page("pages/mean.py", title="Mean", url_path="mean"),\n'
USE = """
import json

import torch

from core import pipeline
from core.attack_detectors import load as load_attack_detector
from core.attack_detectors.detect_resnet import DetectResNet
from core.detectors import DETECTORS, load
from core.media_attack import samples
from core.storage.cards import save_model
from core.storage.paths import MODELS
from core.types.model_card import AttackDetectorCard, DetectorCard
from streamlit.testing.v1 import AppTest

torch.manual_seed(0)
about = dict(licence="Apache-2.0", papers=("A test",))
card = DetectorCard(name="meso4-mine", title="Meso4, mine", input="any", crop="any", output="two logits", **about)
save_model("meso4-mine", DETECTORS["meso4-mine"].function().state_dict(), card, MODELS)
detector, crop = load("meso4-mine"), samples.portrait_face().crop
watching = AttackDetectorCard(
    name="second", title="Second", detector="meso4-mine", map="brightness", target="margin", warrant="Tests.", **about
)
save_model("second", DetectResNet().state_dict(), watching, MODELS)
result = pipeline.attack(detector, crop, "darken", {"eps": 8 / 255})
found = pipeline.explain_crop(detector, crop, "brightness")
judge = load_attack_detector("second")
test = AppTest.from_file("app.py", default_timeout=60).switch_page("pages/mean.py").run()
print(json.dumps({
    "band": detector.verdict(crop).band,
    "linf": result.linf,
    "map": list(found.map.shape) == list(crop.shape[:2]),
    "p_attacked": judge.verdict(crop, found).p_attacked,
    "fits": judge.fits("meso4-mine"),
    "title": [one.value for one in test.title],
    "errors": len(test.exception),
}))
"""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the copy says of the methods that were added to it."""
    copy = tmp_path_factory.mktemp("project")
    for name in ("core", "pages", "assets", ".streamlit"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    added = {
        "core/attacks/methods/darken.py": ATTACK,
        "core/explain/methods/brightness.py": EXPLAINER,
        "core/detectors/architectures/meso_mine.py": DETECTOR,
        "core/attack_detectors/second.py": ATTACK_DETECTOR,
        "pages/mean.py": PAGE,
        "use.py": USE,
    }
    for path, text in added.items():
        (copy / path).write_text(text.lstrip())
    app = (ROOT / "app.py").read_text("utf-8")
    (copy / "app.py").write_text(app.replace("    ],\n    position", f"{LINE}    ],\n    position"), "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "use.py"], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_an_attack_and_a_map_are_one_file_each(used: dict[str, float]) -> None:
    assert used["linf"] == pytest.approx(8 / 255, abs=1e-3)
    assert used["map"] is True


@pytest.mark.slow
def test_detectors_are_a_file_and_a_card(used: dict[str, object]) -> None:
    assert str(used["band"]).endswith("uncalibrated")
    assert used["fits"] is True
    assert 0 <= float(str(used["p_attacked"])) <= 1


@pytest.mark.slow
def test_a_page_is_a_file_and_a_line(used: dict[str, object]) -> None:
    assert used["errors"] == 0
    assert used["title"] == [f"Mean {samples.portrait().mean():.1f}"]
