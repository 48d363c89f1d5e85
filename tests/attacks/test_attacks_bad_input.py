"""Every attack where something is wrong: an undecided detector, a face that is there already, no numbers, a stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch
from attack_cases import EVADED, FREE, Constant, Tiny, constant, quick
from known_models import CARD
from torch import nn

from core.attacks import ATTACKS, AttackCallbacks, perturb, run
from core.attacks.engine.attack_run import AttackRun
from core.attacks.engine.decision_boundary import Halfspace, dot, project_onto_hyperplane
from core.attacks.engine.goal import Goal
from core.attacks.engine.precision import bf16_replica
from core.attacks.engine.quantisation import quantise_step, scale_until_adversarial
from core.detectors import Detector
from core.detectors.architectures.layers import Normalize, Resize
from core.detectors.detector import prepare
from core.media.images import decode_png, to_tensor
from core.types import Array, InputError
from core.types.verdicts import OUTPUTS

ASKING = [name for name in ATTACKS if name not in FREE]


class Resized(nn.Module):
    """A tiny detector for crops of any size, as real ones are: resized and standardised inside."""

    def __init__(self) -> None:
        super().__init__()
        self.resize, self.normalize = Resize(24), Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
        self.rest = Tiny()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.rest(self.normalize(self.resize(x)))


class NoNumber(nn.Module):
    """Decided about the clean image, and not a number about any other."""

    def __init__(self, clean: torch.Tensor) -> None:
        super().__init__()
        self.clean, self.head = clean, nn.Linear(3, 2)
        self.head.weight.data = torch.tensor([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        same = (x - self.clean).abs().flatten(1).amax(1) < 1e-6
        return self.head(x.mean((2, 3))) / same.float()[:, None].where(same[:, None], torch.tensor(float("nan")))


@pytest.fixture
def resized() -> Detector:
    """Any size of crop."""
    return prepare("resized", Resized(), CARD)


@pytest.fixture
def crop() -> Array:
    """A smooth image (24, 24, 3) uint8."""
    values = np.random.default_rng(0).uniform(40, 215, (6, 6, 3))
    return np.kron(values, np.ones((4, 4, 1))).round().astype(np.uint8)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_undecided_detector_is_said(name: str, crop: Array) -> None:
    for target in ("real", "fake"):
        result = run(name, constant(0.0, 0.0), crop, quick(name), target=target, detector_to_evade=EVADED)
        assert "The detector was undecided about this face: its two logits are equal." in result.notes
        assert np.isfinite(result.image).all()
        assert not (target == "fake" and result.success), "equal logits are called real"


@pytest.mark.parametrize("name", ATTACKS)
def test_a_face_that_is_called_real_already_is_said(name: str, resized: Detector, crop: Array) -> None:
    label = resized.verdict(crop).label
    result = run(name, resized, crop, quick(name), target=label, detector_to_evade=EVADED)
    assert f"The larger output was “{OUTPUTS[label]}” before the attack: there was nothing to flip." in result.notes
    if name not in FREE:
        assert result.after.label == label, "and it is still called that"
    asked = run(
        name,
        resized,
        crop,
        quick(name),
        target=label,
        callbacks=AttackCallbacks(stop_confidence=0.5),
        detector_to_evade=EVADED,
    )
    assert (asked.queries, asked.l0) == (0, 0)


def test_a_score_that_was_asked_for_and_not_reached_is_said(resized: Detector, crop: Array) -> None:
    target = "real" if resized.verdict(crop).label == "fake" else "fake"
    callbacks = AttackCallbacks(stop_confidence=0.99)
    result = run("deepfool-l2", resized, crop, target=target, callbacks=callbacks)
    assert result.success, "the smallest change ends at the border"
    assert any("0.99 was asked for and not reached" in note for note in result.notes)
    sure = run("pgd", resized, crop, {"eps": 64 / 255}, target=target, callbacks=callbacks)
    assert not any("was asked for" in note for note in sure.notes)


@pytest.mark.parametrize("name", ASKING)
def test_one_logit_is_refused(name: str, crop: Array) -> None:
    with pytest.raises(InputError, match=r"two logits \[real, fake\]"):
        perturb(Constant((0.3,)), to_tensor(crop), name, quick(name), detector_to_evade=EVADED)


@pytest.mark.parametrize("name", ASKING)
def test_logits_that_are_no_numbers_are_said(name: str, crop: Array) -> None:
    clean = to_tensor(crop)
    detector = prepare("no number", NoNumber(clean), CARD)
    result = run(name, detector, crop, quick(name), detector_to_evade=EVADED)
    assert np.isfinite(result.image).all()
    assert np.array_equal(np.rint(result.image * 255), decode_png(result.png))
    if result.queries > 1 + 2 * (name == "adaptive-map"):
        assert "The detector's logits were not finite during the attack: its result means nothing." in result.notes


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("side", [48, 97])
def test_crops_of_odd_sizes(name: str, side: int, resized: Detector, crop: Array) -> None:
    image = cv2.resize(crop, (side, side + 5), interpolation=cv2.INTER_CUBIC)
    target = "real" if resized.verdict(image).label == "fake" else "fake"
    result = run(name, resized, image, quick(name), target=target, detector_to_evade=EVADED)
    assert decode_png(result.png).shape == (side + 5, side, 3)
    assert result.l0 > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pgd", "deepfool", "deepfool-l2", "square"])
def test_a_large_crop(name: str, resized: Detector, crop: Array) -> None:
    image = cv2.resize(crop, (512, 512), interpolation=cv2.INTER_CUBIC)
    target = "real" if resized.verdict(image).label == "fake" else "fake"
    result = run(name, resized, image, quick(name), target=target)
    assert decode_png(result.png).shape == (512, 512, 3)
    assert result.l0 > 0


def test_two_threads_on_one_detector_do_as_one(resized: Detector, crop: Array) -> None:
    names = ["pgd", "deepfool-l2", "apgd", "square"] * 2
    target = "real" if resized.verdict(crop).label == "fake" else "fake"

    def attacked(name: str) -> str:
        return run(name, resized, crop, quick(name), target=target, bf16=True if name == "pgd" else None).id

    alone = {name: attacked(name) for name in set(names)}
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(attacked, names))
    assert together == [alone[name] for name in names]


def test_the_bf16_replica_shares_all_but_its_weights(resized: Detector) -> None:
    model = resized.model
    passes: list[int] = []
    handle = model.get_submodule("rest.relu").register_forward_hook(lambda *_: passes.append(1))
    replica = bf16_replica(model)
    x = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        half = replica(x).float()
        usual = model(x).float()
    handle.remove()
    assert torch.equal(half, usual), "the same numbers as autocast gives"
    assert len(passes) == 2
    assert all(weight.dtype == torch.float32 for weight in model.parameters())
    assert replica.resize is not model
    assert replica.normalize.mean is model.normalize.mean
    assert not any(weight.requires_grad for weight in replica.parameters())


@pytest.mark.parametrize(("norm", "size"), [("Linf", 3.0), ("L2", 3.0), ("Linf", 2.5 / 255), ("L2", 0.05)])
def test_quantised_images_are_within_budget_and_predicted_to_succeed(norm: str, size: float, resized: Detector) -> None:
    x = (torch.rand(4, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 255).round() / 255
    y = 1 - resized.model(x).argmax(1)
    goal = Goal(x, y, norm, size, minimum_norm=True)
    attack = AttackRun(goal, resized.model, AttackCallbacks())
    at = x.clone().requires_grad_(True)
    logits = attack(at)
    gap = (logits[:, 1] - logits[:, 0]) * (1 - 2 * y)
    (gradient,) = torch.autograd.grad(gap.sum(), at)
    slope, level = -gradient.flatten(1), 1.2 * gap.detach()
    tiny = 1e-5 * project_onto_hyperplane(slope, level, norm)  # all of it would be rounded away
    boundary = Halfspace(slope, level, tiny, torch.zeros_like(tiny))
    out = quantise_step(goal, boundary, slope, level, torch.ones(4, dtype=torch.bool))
    assert ((out * 255).round() / 255 == out).all()
    assert ((out - x).abs().amax() if norm == "Linf" else (out - x).flatten(1).norm(dim=1).amax()) <= size + 1e-6
    if size == 3:
        gained = dot(slope, (out - x).flatten(1))
        assert (gained >= level * 0.999).all()
        assert (attack.linearisation.predicted_margin(out, torch.arange(4)) < -0.19 * gap).all()
        if norm == "L2":
            whole = project_onto_hyperplane(slope, level, norm)
            assert ((out - x).flatten(1).norm(dim=1) < 1.4 * whole.norm(dim=1)).all(), "and little longer than need be"


def test_what_bfloat16_calls_adversarial_too_near_to_the_boundary_is_asked_about_again(
    resized: Detector, crop: Array
) -> None:
    x = to_tensor(crop)
    y = 1 - resized.model(x).argmax(1)
    attack = AttackRun(Goal(x, y, "L2", 3.0, minimum_norm=True), resized.model, AttackCallbacks(), bf16=True)
    attack.candidates.score, attack.candidates.best = torch.tensor([-1.0]), x  # as if it had been adversarial
    for gap, asked in ((-1.0, 0), (-1.5 * attack.tolerance, 1)):
        attack.model.logits = gap * torch.tensor([[0.0, 1.0]]) * (1 - 2 * y)
        before = int(attack.model.forwards[0])
        scale_until_adversarial(attack, x)
        assert (attack.model.forwards[0] - before > 0) == bool(asked)
