"""Contract of every registered attack: what the door promises, whatever the method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from attack_cases import EVADED, FREE, SEARCHING, Constant, Tiny, attack_logits, constant, quick
from known_models import CARD
from narrowed import some
from recorded_progress import RecordedProgress
from torch import nn

from core.attacks import ATTACKS, AttackCallbacks, EvadedDetector, perturb, run
from core.attacks.base import budget
from core.attacks.engine.quantisation import MAX_TRIES
from core.detectors import Detector
from core.detectors.detector import prepare
from core.media.images import decode_png, to_tensor
from core.types import Array, InputError, StopRequested


@pytest.fixture
def random_detector() -> Detector:
    """A tiny network with random weights, for images of 24 x 24: these tests are many."""
    return prepare("random", Tiny(), CARD)


@pytest.fixture
def crop() -> Array:
    """A smooth image (24, 24, 3) uint8."""
    values = np.random.default_rng(0).uniform(40, 215, (6, 6, 3))
    return np.kron(values, np.ones((4, 4, 1))).round().astype(np.uint8)


@pytest.fixture
def other(random_detector: Detector, crop: Array) -> str:
    """The label that the random detector does not give the face."""
    return "real" if random_detector.verdict(crop).label == "fake" else "fake"


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("part", [0.07, 1.0])
def test_budget_range_and_eight_bits(
    name: str, part: float, random_detector: Detector, crop: Array, other: str
) -> None:
    entry = ATTACKS[name]
    settings = quick(name)
    if "pixels" not in entry.settings():
        settings["eps"] = float(entry.settings()["eps"]) * part
    else:
        settings["pixels"] = 1 if part < 1 else 5
    result = run(name, random_detector, crop, settings, seed=3, target=other, detector_to_evade=EVADED)
    saved = decode_png(result.png).astype(int)
    change = np.abs(saved - crop.astype(int))
    size = {"Linf": change.max() / 255, "L2": np.sqrt(((change / 255) ** 2).sum()), "L0": change.any(2).sum()}
    assert size[entry.facts.norm] <= budget(entry, result.settings) + 1e-6
    assert change.max() > 0, "something changed"
    assert saved.shape == crop.shape
    assert np.array_equal(np.rint(result.image * 255).astype(int), saved), "the image is what the file holds"
    assert result.linf == pytest.approx(size["Linf"], abs=1e-6)
    assert result.l2 == pytest.approx(size["L2"], rel=1e-5)
    assert result.l0 == size["L0"]
    assert result.after.logits == pytest.approx(random_detector.verdict(saved.astype(np.uint8)).logits, abs=1e-6)
    assert result.queries >= len(result.trajectory) >= (name not in FREE)
    forwards, backwards = entry.facts.passes(entry.settings(settings))
    scaled = MAX_TRIES if entry.facts.minimum_norm else 0
    assert result.queries <= forwards + scaled
    assert result.backwards <= backwards


@pytest.mark.parametrize("name", ATTACKS)
def test_a_seed_repeats_it_and_the_global_state_is_left_alone(
    name: str, random_detector: Detector, crop: Array, other: str
) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = run(name, random_detector, crop, quick(name), seed=1, target=other, detector_to_evade=EVADED)
    again = run(name, random_detector, crop, quick(name), seed=1, target=other, detector_to_evade=EVADED)
    assert first.id == again.id
    assert first.trajectory == again.trajectory
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in SEARCHING])
def test_the_score_moves_towards_the_target(name: str, random_detector: Detector, crop: Array, other: str) -> None:
    result = run(name, random_detector, crop, quick(name), target=other, detector_to_evade=EVADED)
    moved = result.after.p_fake - result.before.p_fake
    assert moved > 0 if other == "fake" else moved < 0


class Breaks(nn.Module):
    """A detector that breaks when it is asked, with a hook, a mode and a gradient of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.relu, self.linear = nn.ReLU(), nn.Linear(3, 2)
        self.linear.weight.grad = torch.ones(2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not self.training
        assert not self.linear.weight.requires_grad
        self.relu.register_forward_hook(lambda *_: None)
        raise RuntimeError("broken")


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in FREE])
def test_modes_hooks_and_gradients_are_restored_after_a_raise(name: str) -> None:
    model = Breaks().train()
    model.relu.eval()
    model.relu.register_forward_hook(lambda *_: None)
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="broken"):
        perturb(
            model, torch.rand(1, 3, 16, 16, generator=torch.Generator()), name, quick(name), detector_to_evade=EVADED
        )
    assert (model.training, model.relu.training, model.linear.training) == (True, False, True)
    assert len(model.relu._forward_hooks) == 1
    assert model.linear.weight.requires_grad
    assert torch.equal(some(model.get_parameter("linear.weight").grad), torch.ones(2, 3))
    assert model.linear.bias.grad is None
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("name", ATTACKS)
def test_a_batch_is_attacked_as_its_pictures_are(name: str, random_detector: Detector) -> None:
    batch = (torch.rand(3, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 255).round() / 255
    settings, target = quick(name), "real"
    whole = perturb(random_detector.model, batch, name, settings, target=target, detector_to_evade=EVADED)
    single = torch.cat(
        [
            perturb(random_detector.model, x[None], name, settings, target=target, detector_to_evade=EVADED)
            for x in batch
        ]
    )
    assert whole.shape == batch.shape
    assert (whole - single).abs().gt(1e-6).float().mean() < 0.05  # the sign of a gradient near zero may differ
    assert all(parameter.grad is None for parameter in random_detector.model.parameters())


@pytest.mark.parametrize("name", [name for name in ATTACKS if "eps" in ATTACKS[name].settings()])
def test_epsilon_zero_gives_the_face_back_and_says_so(name: str, random_detector: Detector, crop: Array) -> None:
    result = run(name, random_detector, crop, quick(name, eps=0.0))
    assert np.array_equal(decode_png(result.png), crop)
    assert result.psnr == float("inf")
    assert result.queries == 0
    assert result.notes == ("Epsilon is 0: the face comes back unchanged.",)


@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in FREE])
def test_stopping_keeps_the_best_so_far(name: str, random_detector: Detector, crop: Array, other: str) -> None:
    progress = RecordedProgress(lambda at: len(at.emitted) >= 2)
    callbacks = AttackCallbacks(progress)
    result = run(name, random_detector, crop, quick(name), callbacks=callbacks, target=other, detector_to_evade=EVADED)
    seen = [step.p_fake for step in progress.emitted]
    assert result.stopped or len(seen) < 2
    assert len(result.trajectory) == len(seen) <= 2
    assert "Stopped after" in " ".join(result.notes) or not result.stopped
    entry = ATTACKS[name]
    assert entry.facts.norm != "Linf" or result.linf <= budget(entry, result.settings) + 1e-6
    if name in ("pgd", "apgd", "square"):
        best = max(seen) if other == "fake" else min(seen)
        assert result.after.p_fake == pytest.approx(best, abs=0.002)
    with pytest.raises(StopRequested):
        raise StopRequested


@pytest.mark.parametrize("name", ["pgd", "apgd", "mi-fgsm", "nes", "square"])
def test_no_pass_after_success_when_asked_to_stop_there(
    name: str, linear_detector: Detector, small_picture: Array
) -> None:
    label = linear_detector.verdict(small_picture).label
    target = "real" if label == "fake" else "fake"
    passes: list[int] = []
    handle = linear_detector.model.register_forward_hook(lambda _, inputs, __: passes.append(len(inputs[0])))
    settings = {"steps": 100, "queries": 400, "eps": 32 / 255, "samples": 20}
    settings = {key: value for key, value in settings.items() if key in ATTACKS[name].settings()}
    callbacks = AttackCallbacks(stop_confidence=0.6)
    result = run(name, linear_detector, small_picture, settings, target=target, callbacks=callbacks, bf16=False)
    handle.remove()
    score = np.asarray(result.trajectory) if target == "fake" else 1 - np.asarray(result.trajectory)
    assert result.success
    assert score[-1] >= 0.6
    assert (score[:-1] < 0.6).all(), "the first success is the last pass"
    assert sum(passes) == result.queries + 2, "and one pass each for the verdicts before and after"
    assert result.backwards < result.queries, "no way back from the last image"


def test_fooled_pictures_leave_the_batch(linear_detector: Detector) -> None:
    model = linear_detector.model
    generator = torch.Generator().manual_seed(1)
    batch = (torch.rand(24, 3, 12, 12, generator=generator) * 255).round() / 255
    sizes: list[int] = []
    handle = model.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    settings = {"steps": 60, "alpha": 0.5 / 255, "eps": 32 / 255, "random_start": False}
    out = perturb(model, batch, "pgd", settings, stop_confidence=0.8)
    handle.remove()
    assert sizes[0] == 24
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 24
    assert len(sizes) < 60, "all are fooled, and nobody is asked any more"
    assert (model(out).softmax(1)[:, 0] >= 0.78).all()


class BreaksWhenAttacked(Constant):
    """Not a number as soon as a gradient is wanted."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * (float("nan") if x.requires_grad else 1.0)


def test_what_is_said_beside_the_figures(random_detector: Detector, crop: Array) -> None:
    label = random_detector.verdict(crop).label
    assert "nothing to flip" in run("fgsm", random_detector, crop, target=label).notes[0]
    notes = " ".join(run("pgd", constant(0.0, 0.0), crop, {"steps": 2}, target="fake").notes)
    assert "undecided" in notes
    assert "The gradient was zero at every step: a masked gradient?" in notes
    result = run("pgd", prepare("breaks", BreaksWhenAttacked(), CARD), crop, {"steps": 2}, target="fake")
    assert "not finite" in " ".join(result.notes)
    assert np.isfinite(result.image).all()


def test_a_face_that_is_there_already_costs_nothing(random_detector: Detector, crop: Array) -> None:
    label = random_detector.verdict(crop).label
    result = run("pgd", random_detector, crop, target=label, callbacks=AttackCallbacks(stop_confidence=0.5))
    assert result.queries == 0
    assert np.array_equal(decode_png(result.png), crop)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("fgms", {}, "there is no attack 'fgms'; known are: fgsm, bim, pgd"),
        ("pgd", {"eps": -1 / 255}, "eps has to lie between 0 and 64 /255"),
        ("pgd", {"eps": 65 / 255}, "what came is 65"),
        ("pgd", {"steps": 0}, "steps has to lie between"),
        ("fgsm", {"steps": 3}, "fgsm has no setting steps"),
        ("one-pixel", {"pixels": 0}, "pixels has to lie between 1 and"),
        ("adaptive-map", {"map": "lrp"}, "map has to be one of saliency"),
        ("adaptive-detector", {}, "needs the attack detector that it has to evade"),
    ],
)
def test_refusals(name: str, settings: dict[str, Any], words: str, random_detector: Detector, crop: Array) -> None:
    with pytest.raises(InputError, match=words):
        run(name, random_detector, crop, settings)


def test_refuses_bad_pictures_targets_and_detectors(random_detector: Detector, crop: Array) -> None:
    with pytest.raises(InputError, match="one of real, fake"):
        run("fgsm", random_detector, crop, target="genuine")
    with pytest.raises(InputError, match=r"takes a face \(H, W, 3\); what came is \(24, 24\)"):
        run("fgsm", random_detector, crop[..., 0])
    with pytest.raises(InputError, match=r"lies in \[0, 1\]; what came lies in \[0, 255\]"):
        run("fgsm", random_detector, np.asarray([[[0, 9, 255]]], np.float32))
    with pytest.raises(InputError, match="lie in"):
        perturb(random_detector.model, torch.full((1, 3, 8, 8), float("nan")), "fgsm")
    with pytest.raises(InputError, match=r"images \(N, 3, H, W\)"):
        perturb(random_detector.model, torch.rand(3, 8, 8), "fgsm")
    with pytest.raises(InputError, match="score to stop at"):
        run("fgsm", random_detector, crop, callbacks=AttackCallbacks(stop_confidence=1.5))
    with pytest.raises(InputError, match=r"two logits \[real, fake\], \(1, 2\); this one gives \(1, 1\)"):
        perturb(Constant((0.3,)), to_tensor(crop), "fgsm")
    with pytest.raises(InputError, match="cannot be followed by an attack"):
        run("adaptive-detector", random_detector, crop, detector_to_evade=EvadedDetector(attack_logits, "lrp"))


@pytest.mark.parametrize("name", ATTACKS)
def test_facts_and_presets(name: str) -> None:
    entry = ATTACKS[name]
    assert entry.facts.norm in ("Linf", "L2", "L0")
    assert entry.facts.access in ("white", "black", "control")
    for preset in entry.facts.presets.values():
        entry.settings(preset)
    if name in ("pgd", "fgsm", "apgd", "nes", "square"):
        assert entry.settings(entry.facts.presets["pinhasov2024"])["eps"] == pytest.approx(16 / 255)
