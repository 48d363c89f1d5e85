"""The attacks against a second route: torchattacks, closed forms, and the true gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchattacks
from torch import nn

from core.attacks import ATTACKS, perturb, run
from core.attacks.engine.decision_boundary import dot, dual_norm, intersect, project_onto_hyperplane
from core.attacks.engine.differentiable_maps import MAPS, differentiable_map, with_softplus
from core.attacks.engine.logits import margin
from core.attacks.engine.projection import project
from core.attacks.engine.query import PlainQuery
from core.attacks.methods.apgd import checkpoints
from core.attacks.methods.eot import through_blur, through_jpeg, through_resize
from core.attacks.methods.fab import project_in_box
from core.attacks.methods.nes import estimate_gradient
from core.attacks.methods.square import side_of
from core.detectors import Detector, load
from core.explain import run as explain
from core.faces.detection import find_faces
from core.media.images import to_tensor
from core.media_attack import samples
from core.types import Array

pytestmark = pytest.mark.slow

SETTINGS = {"eps": 8 / 255, "loss": "cross-entropy"}
REAL = torch.tensor([0])


def theirs(attack: torchattacks.attack.Attack, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    attack.set_mode_targeted_by_function(lambda images, labels: labels)
    return (attack(x, y) * 255).round() / 255


@pytest.mark.parametrize(
    ("name", "peer", "settings"),
    [
        ("fgsm", lambda model: torchattacks.FGSM(model, eps=8 / 255), {}),
        ("bim", lambda model: torchattacks.BIM(model, eps=8 / 255, alpha=1 / 255, steps=3), {"steps": 3}),
        (
            "pgd",
            lambda model: torchattacks.PGD(model, eps=8 / 255, alpha=2 / 255, steps=3, random_start=False),
            {"steps": 3, "alpha": 2 / 255, "random_start": False},
        ),
        (
            "mi-fgsm",
            lambda model: torchattacks.MIFGSM(model, eps=8 / 255, alpha=2 / 255, steps=3),
            {"steps": 3, "alpha": 2 / 255},
        ),
    ],
)
def test_the_same_picture_as_torchattacks(
    name: str,
    peer: Callable[[nn.Module], torchattacks.attack.Attack],
    settings: dict[str, Any],
    random_detector: Detector,
    crop: Array,
) -> None:
    x = to_tensor(crop)
    expected = theirs(peer(random_detector.model), x, REAL)
    ours = perturb(random_detector.model, x, name, {**SETTINGS, **settings}, bf16=False)
    assert (ours - expected).abs().gt(1e-6).float().mean() < 0.03  # the sign of a gradient near zero may differ


def images(model: nn.Module, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 3, 12, 12) of multiples of 1/255, and the label that the model does not give them."""
    x = (torch.rand(count, 3, 12, 12, generator=torch.Generator().manual_seed(4)) * 255).round() / 255
    return x, 1 - model(x).argmax(1)


def fooled(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return float((margin(model(x), y) < 0).float().mean())


def by_label(model: nn.Module, x: torch.Tensor, y: torch.Tensor, name: str, settings: dict[str, Any]) -> torch.Tensor:
    out = x.clone()
    for label, target in enumerate(("real", "fake")):
        rows = y == label
        if rows.any():
            out[rows] = perturb(model, x[rows], name, settings, target=target)
    return out


class Curved(nn.Module):
    """A smooth network for images of 12 x 12 whose border is not flat."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.flatten, self.first, self.act = nn.Flatten(), nn.Linear(432, 24), nn.Softplus()
        self.second = nn.Linear(24, 2)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator) / parameter.shape[-1] ** 0.5
        self.second.bias.data.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 3 * self.second(self.act(self.first(self.flatten(x * 2 - 1))))


@pytest.mark.parametrize(
    ("name", "settings", "peer"),
    [
        ("square", {"eps": 8 / 255, "queries": 200}, lambda m: torchattacks.Square(m, eps=8 / 255, n_queries=200)),
        (
            "apgd",
            {"eps": 8 / 255, "steps": 10, "restarts": 1},
            lambda m: torchattacks.APGD(m, eps=8 / 255, steps=10, n_restarts=1),
        ),
        ("fab", {"eps": 32 / 255, "steps": 10}, lambda m: torchattacks.FAB(m, eps=32 / 255, steps=10, n_classes=2)),
        ("cw", {"steps": 50, "searches": 2, "c": 1.0}, lambda m: torchattacks.CW(m, c=1, steps=50, lr=0.01)),
    ],
)
def test_fools_as_many_as_torchattacks(name: str, settings: dict[str, Any], peer: Callable[[nn.Module], Any]) -> None:
    model = Curved().eval().requires_grad_(False)
    x, y = images(model, 24)
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        expected = peer(model)(x, 1 - y)
    ours = by_label(model, x, y, name, settings)
    assert fooled(model, ours, y) >= fooled(model, expected, y) - 0.01


@pytest.mark.parametrize(("name", "order"), [("deepfool", 1), ("deepfool-l2", 2)])
def test_deepfool_finds_the_exact_distance_of_a_linear_model(
    name: str, order: int, linear_detector: Detector, small_picture: Array
) -> None:
    model = linear_detector.model
    weights = model.get_parameter("linear.weight")[1] - model.get_parameter("linear.weight")[0]
    x = to_tensor((small_picture // 2 + 64).astype(np.uint8))  # no pixel meets the box
    y = 1 - model(x).argmax(1)
    entry = ATTACKS[name]
    settings = entry.settings({"overshoot": 1e-4})
    change = (entry.function(PlainQuery(model), x, y, **settings) - x).flatten()
    gap = float(margin(model(x), y))
    norm = change.abs().max() if order == 1 else change.norm()
    assert float(norm) == pytest.approx(gap / float(weights.norm(p=order)), rel=1e-3)
    assert float(margin(model(x + change.view_as(x)), y)) < 1e-3


def test_deepfool_l2_is_as_short_as_torchattacks() -> None:
    model = Curved().eval().requires_grad_(False)
    x, y = images(model, 8)
    expected = torchattacks.DeepFool(model, steps=50, overshoot=0.02)(x, 1 - y)
    settings = ATTACKS["deepfool-l2"].settings({"overshoot": 0.02})
    ours = ATTACKS["deepfool-l2"].function(PlainQuery(model), x, y, **settings)
    ratio = (ours - x).flatten(1).norm(dim=1) / (expected - x).flatten(1).norm(dim=1)
    assert fooled(model, ours, y) == 1
    assert ratio.median() == pytest.approx(1, abs=0.05)
    assert (ratio < 1.05).all(), "no image's change is longer than the sum of Newton's steps"
    saved = by_label(model, x, y, "deepfool-l2", {})
    assert fooled(model, saved, y) == 1, "also as 8 bits"


@pytest.mark.parametrize("norm", ["L2", "Linf"])
def test_the_smallest_change_across_two_borders_is_exact(norm: str) -> None:
    generator = torch.Generator().manual_seed(6)
    for _ in range(20):
        slopes, levels = torch.randn(2, 1, 30, generator=generator), torch.rand(2, 1, generator=generator) + 0.2
        slopes[1] += slopes[0] * 0.5
        nowhere = torch.zeros(1, 30)
        first = intersect(None, nowhere, slopes[0], levels[0], norm)
        short = levels[1] - dot(slopes[1], first.change)
        if short <= 0:
            continue  # there is a new border only where the old one's change did not fool
        both = intersect(first, first.change, slopes[1], short, norm)
        assert dot(slopes[1], both.change) == pytest.approx(float(levels[1]), rel=1e-4)
        # The dual: no change across both is smaller than the way to any weighted mean of the two.
        weights = torch.linspace(0, 1, 2001)[:, None]
        mean = slopes[0] + weights * (slopes[1] - slopes[0])
        least = ((levels[0] + weights[:, 0] * (levels[1] - levels[0])) / dual_norm(mean, norm)).max()
        size = both.change.norm() if norm == "L2" else both.change.abs().max()
        summed = first.change + project_onto_hyperplane(slopes[1], levels[1] - dot(slopes[1], first.change), norm)
        longest = summed.norm() if norm == "L2" else summed.abs().max()
        assert size <= longest * 1.001, "never longer than DeepFool's own step"
        if norm == "L2" and size < longest * 0.999:
            assert size == pytest.approx(float(least), rel=1e-3)
            assert float(dot(slopes[0], both.change)) >= float(levels[0]) * 0.999


def test_borders_that_contradict_each_other_leave_deepfools_own_step() -> None:
    slope, back = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[-1.0, 1e-3, 0.0]])
    first = intersect(None, torch.zeros(1, 3), slope, torch.tensor([1.0]), "L2")
    assert float(first.start.abs().max()) == 0
    second = intersect(first, first.change, back, torch.tensor([0.5]), "L2")
    assert second.change[0].tolist() == pytest.approx([0.5, 5e-4, 0.0], abs=1e-3), "on from where it was met"
    assert torch.equal(second.start, first.change)
    nothing = intersect(first, first.change, torch.zeros(1, 3), torch.tensor([1.0]), "Linf")
    assert torch.isfinite(nothing.change).all()


def test_deepfools_pictures_fool_as_8_bits_within_three_steps() -> None:
    model = Curved().eval().requires_grad_(False)
    x, y = images(model, 8)
    for name in ("deepfool", "deepfool-l2"):
        assert fooled(model, by_label(model, x, y, name, {"steps": 3}), y) == 1


def test_cw_is_no_longer_than_deepfool() -> None:
    model = Curved().eval().requires_grad_(False)
    x, y = images(model, 4)
    near, quick = (
        (by_label(model, x, y, name, settings) - x).flatten(1).norm(dim=1).mean()
        for name, settings in (("cw", {"steps": 60, "searches": 4, "c": 1.0}), ("deepfool-l2", {}))
    )
    assert near <= quick * 1.1


def test_the_smallest_change_in_the_box_is_exact() -> None:
    generator = torch.Generator().manual_seed(0)
    x, gradient = torch.rand(5, 3, 6, 6, generator=generator), torch.randn(5, 3, 6, 6, generator=generator)
    gap = torch.tensor([0.5, 5.0, 20.0, -8.0, 0.0])
    change, size = project_in_box(x, gap, gradient)
    assert ((x + change >= -1e-6) & (x + change <= 1 + 1e-6)).all()
    reached = gap + (gradient * change).flatten(1).sum(1)
    assert reached.abs().max() < 1e-3
    assert change.abs().flatten(1).amax(1) <= size + 1e-6 if size.dim() == 0 else True
    smaller = (gradient.abs() * torch.minimum(change.abs(), (size * 0.99)[:, None, None, None])).flatten(1).sum(1)
    assert (smaller[:4] < gap[:4].abs()).all(), "nothing smaller does"


@pytest.mark.parametrize("pixels", [1, 3, 5])
def test_one_pixel_changes_so_many(pixels: int, linear_detector: Detector, small_picture: Array) -> None:
    label = linear_detector.verdict(small_picture).label
    settings = {"pixels": pixels, "population": 30, "steps": 5}
    result = run("one-pixel", linear_detector, small_picture, settings, target="real" if label == "fake" else "fake")
    assert 1 <= result.l0 <= pixels
    assert abs(result.after.p_fake - result.before.p_fake) > 0.01


def test_nes_estimates_the_true_gradient(linear_detector: Detector, small_picture: Array) -> None:
    x, model = to_tensor(small_picture), linear_detector.model
    torch.manual_seed(7)  # not 0: that draws the weights
    estimate, _ = estimate_gradient(PlainQuery(model), x, REAL, sigma=0.01, samples=800)
    true = (model.get_parameter("linear.weight")[1] - model.get_parameter("linear.weight")[0]).view_as(estimate)
    assert torch.corrcoef(torch.stack([estimate.flatten(), true.flatten()]))[0, 1] > 0.6
    assert float((estimate * true).sum() / true.square().sum()) == pytest.approx(1, abs=0.3), "and its length"


def test_schedules() -> None:
    assert checkpoints(100)[:4] == [22, 41, 57, 70], "Croce and Hein: p = 0.22, 0.41, 0.57, 0.70"
    assert side_of(0.8, 0, 5000, 100, 100) == 89
    assert side_of(0.8, 4999, 5000, 100, 100) == round((0.8 / 512) ** 0.5 * 100)


@pytest.mark.parametrize("norm", ["Linf", "L2", "L0"])
def test_budgets_hold_as_8_bits(norm: str) -> None:
    generator = torch.Generator().manual_seed(1)
    clean = (torch.rand(4, 3, 9, 9, generator=generator) * 255).round() / 255
    changed = clean + torch.randn(4, 3, 9, 9, generator=generator) * 0.1
    changed[3, 0, 0, 0] = float("nan")
    size = {"Linf": 5.5 / 255, "L2": 0.25, "L0": 7}[norm]
    out = project(clean, changed, norm, size)
    assert ((out * 255).round() / 255 == out).all()
    change = out - clean
    of = {
        "Linf": change.abs().flatten(1).amax(1),
        "L2": change.flatten(1).norm(dim=1),
        "L0": (change != 0).any(1).flatten(1).sum(1).float(),
    }[norm]
    assert (of <= size + 1e-6).all()
    assert (of >= size * 0.9).all(), "and is used"


@pytest.mark.parametrize("name", ["saliency", "input-x-gradient"])
def test_the_followed_map_is_the_map_that_is_shown(name: str, random_detector: Detector, crop: Array) -> None:
    x = to_tensor(crop).requires_grad_(True)
    shown = explain(name, random_detector, crop).map
    exact = differentiable_map(random_detector.model, x, name).detach()[0, 0].numpy()
    assert exact == pytest.approx(shown, abs=1e-5 * float(np.abs(shown).max()) + 1e-7)
    soft = differentiable_map(with_softplus(random_detector.model, 500.0), x, name).detach()[0, 0].numpy()
    assert np.corrcoef(soft.ravel(), shown.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("name", MAPS)
def test_every_map_can_be_followed(name: str, random_detector: Detector) -> None:
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
    network = with_softplus(random_detector.model, 10.0, guided=name == "guided-backprop")
    (second,) = torch.autograd.grad(differentiable_map(network, x, name).square().sum(), x)
    assert torch.isfinite(second).all()
    assert second.abs().max() > 0
    assert all(not module._forward_hooks for module in network.modules())


def test_the_ways_media_travel_keep_shape_and_gradient(crop: Array) -> None:
    x = to_tensor(crop).requires_grad_(True)
    for out in (through_jpeg(x, 60), through_resize(x, 0.5), through_blur(x, 1.0)):
        assert out.shape == x.shape
        assert 0 < (out - x).abs().mean() < 0.1
        (gradient,) = torch.autograd.grad(out.sum(), x)
        assert gradient.abs().sum() > 0


@pytest.fixture(scope="module")
def fake() -> Array:
    """The face of the forged sample (S, S, 3) uint8."""
    return find_faces(samples.forged_portrait())[0].crop


@pytest.mark.slow
def test_the_adaptive_attack_keeps_the_map_closer_than_pgd(fake: Array) -> None:
    shipped = load("resnet-blend")

    def moved(name: str, **more: object) -> tuple[float, bool]:
        result = run(name, shipped, fake, {"eps": 8 / 255, "steps": 30, "alpha": 1 / 255, **more})
        before, after = (explain("input-x-gradient", shipped, image).map for image in (fake, result.image))
        return float(np.linalg.norm(after - before) / np.linalg.norm(before)), result.after.label == "real"

    plain, fooled_plain = moved("pgd", random_start=False)
    kept, fooled_kept = moved("adaptive-map", weight=5.0)
    assert fooled_plain
    assert fooled_kept
    assert kept < plain * 0.9
