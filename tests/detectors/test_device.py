"""Networks on another device give what they give on the processor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from attack_cases import EVADED, Tiny, quick
from explain_cases import VARIANTS
from known_models import CARD
from other_device import other_device, put_there

from core import attacks, explain, pipeline
from core.__main__ import main
from core.attack_detectors.attack_signs import alignment_signs
from core.attacks import ATTACKS
from core.detectors import Detector
from core.detectors.detector import prepare
from core.detectors.device import CHOICE, chosen_device, set_device
from core.detectors.networks.outputs import LogitSelector
from core.explain.methods.lrp import penultimate_relevance
from core.media.images import to_tensor
from core.types import Array, InputError

ASKING = ("partition", "kernel")  # SHAP's explainers that only ask for outputs, as LIME does, and take long
cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU here")


def test_devices_are_chosen_by_one_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "cpu")
    assert chosen_device() == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (chosen_device(), chosen_device("auto"), chosen_device("cuda")) == ("cpu", "cuda", "cuda")
    set_device("auto")
    assert chosen_device() == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert (chosen_device(), chosen_device("cpu")) == ("cpu", "cpu")
    with pytest.raises(InputError, match="cuda was asked for, and PyTorch finds no GPU here"):
        chosen_device("cuda")
    with pytest.raises(InputError, match="one of auto, cpu, cuda; what came is 'tpu'"):
        chosen_device("tpu")


@pytest.mark.parametrize(
    "command",
    [
        "analyse face.png",
        "study arif",
        "recognise face.png --gallery people",
        "evaluate impersonation --gallery people --fakes made",
        "evaluate recogniser --gallery people",
        "train attack-signs --data faces --out weights",
        "train synthetic-faces --data faces --out weights",
        "evaluate synthetic-faces --data faces",
        "bench queue",
    ],
)
def test_commands_refuse_a_gpu_that_is_missing(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHOICE, "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["core", *command.split(), "--device", "cuda"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "PyTorch finds no GPU here" in capsys.readouterr().err


def test_verdicts_and_signatures_elsewhere(
    random_detector: Detector, crop: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = prepare("random", random_detector.model, CARD)
    with other_device(monkeypatch) as there:
        put_there(random_detector.model, there)
        found, features = random_detector.features(crop)
        relevance = _relevance(random_detector, crop)
        signs = alignment_signs(random_detector.model, crop, 0.0)
        assert there.operations > 50
    monkeypatch.undo()
    assert np.array_equal(found, here.features(crop)[0])
    assert np.array_equal(features, here.features(crop)[1])
    assert np.array_equal(
        relevance, penultimate_relevance(LogitSelector(here.model, "margin"), to_tensor(crop)).numpy()
    )
    assert np.array_equal(signs, alignment_signs(here.model, crop, 0.0))


def _relevance(detector: Detector, crop: Array) -> Array:
    found: Array = penultimate_relevance(LogitSelector(detector.model, "margin"), to_tensor(crop)).cpu().numpy()
    return found


@pytest.mark.parametrize(("name", "settings"), [one for one in VARIANTS if one[1].get("explainer") not in ASKING])
def test_maps_elsewhere(name: str, settings: dict[str, object], crop: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Tiny()
    face = np.ascontiguousarray(crop[:24, 30:54])
    here = explain.run(name, prepare("tiny", model, CARD), face, settings)
    with other_device(monkeypatch) as there:
        detector = prepare("tiny", model, CARD)
        put_there(detector.model, there)
        found = explain.run(name, detector, face, settings)
        assert there.operations
    assert np.allclose(found.map, here.map, atol=1e-6)


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_elsewhere(name: str, crop: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    model, face = Tiny(), np.ascontiguousarray(crop[:24, 30:54])
    evaded = EVADED if ATTACKS[name].facts.needs else None
    here = attacks.run(name, prepare("tiny", model, CARD), face, quick(name), detector_to_evade=evaded, bf16=False)
    with other_device(monkeypatch) as there:
        detector = prepare("tiny", model, CARD)
        put_there(detector.model, there)
        found = attacks.run(name, detector, face, quick(name), detector_to_evade=evaded, bf16=False)
    assert np.array_equal(found.image, here.image)


@cuda
def test_a_gpu_agrees_with_the_processor(crop: Array) -> None:
    """Logits within 0.01, maps with a correlation above 0.99, an attacked face's probability within 0.01."""
    here, there = (pipeline.load_detector(device=device) for device in ("cpu", "cuda"))
    assert np.allclose(there.verdict(crop).logits, here.verdict(crop).logits, atol=1e-2)
    for name in explain.quick():
        one, other = (explain.run(name, detector, crop).map for detector in (here, there))
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99
    attacked = [attacks.run("pgd", detector, crop, {"steps": 4}, bf16=False) for detector in (here, there)]
    assert max(found.linf for found in attacked) <= 16 / 255 + 1e-6
    assert abs(attacked[0].after.p_fake - attacked[1].after.p_fake) < 0.01
    verdicts = [detector.verdict(attacked[1].image) for detector in (here, there)]
    assert np.allclose(verdicts[0].logits, verdicts[1].logits, atol=1e-2)
