"""Contract of every registered attack, and the two gradient attacks against torchattacks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchattacks

from core.attacks import ATTACKS, AttackWatch, perturb, run
from core.detectors import Detector
from core.images import decode_png, to_tensor
from core.types import Array, InputError, StopRequested

QUICK = {"steps": 4}


def quick(name: str, **more: object) -> dict[str, object]:
    known = {param.name for param in ATTACKS[name].params}
    return {key: value for key, value in {**QUICK, **more}.items() if key in known}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("eps", [1, 16])
def test_budget_range_and_eight_bits(name: str, eps: int, random_detector: Detector, crop: Array) -> None:
    result = run(name, random_detector, crop, quick(name, eps=eps / 255), seed=3)
    saved = decode_png(result.png).astype(int)
    change = np.abs(saved - crop.astype(int))
    assert change.max() <= eps
    assert change.max() > 0, "something changed"
    assert np.array_equal(np.rint(result.image * 255).astype(int), saved), "the picture is what the file holds"
    assert result.linf == pytest.approx(change.max() / 255, abs=1e-6)
    assert result.after.logits == pytest.approx(random_detector.verdict(saved.astype(np.uint8)).logits, abs=1e-6)
    assert result.l2 == pytest.approx(np.sqrt(((change / 255.0) ** 2).sum()), rel=1e-5)
    assert result.queries == len(result.course) >= 1


@pytest.mark.parametrize("name", ATTACKS)
def test_a_seed_repeats_it_and_the_global_state_is_left_alone(
    name: str, random_detector: Detector, crop: Array
) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = run(name, random_detector, crop, quick(name), seed=1)
    again = run(name, random_detector, crop, quick(name), seed=1)
    assert first.id == again.id
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("name", ATTACKS)
def test_the_score_moves_towards_the_target(name: str, random_detector: Detector, crop: Array) -> None:
    result = run(name, random_detector, crop, quick(name), target="real")
    assert result.after.p_fake < result.before.p_fake
    result = run(name, random_detector, crop, quick(name), target="fake")
    assert result.after.p_fake > result.before.p_fake


@pytest.mark.parametrize("name", ATTACKS)
def test_mode_hooks_and_gradients_are_restored_after_a_raise(name: str, random_detector: Detector) -> None:
    class Breaks(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = random_detector.model

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert not self.training
            raise RuntimeError("broken")

    model = Breaks().train()
    with pytest.raises(RuntimeError, match="broken"):
        perturb(model, torch.rand(1, 3, 64, 64), name, quick(name))
    assert model.training
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("name", ATTACKS)
def test_a_batch_is_attacked_as_its_pictures_are(name: str, random_detector: Detector) -> None:
    batch = (torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 255).round() / 255
    settings = quick(name, random_start=False)
    whole = perturb(random_detector.model, batch, name, settings)
    single = torch.cat([perturb(random_detector.model, x[None], name, settings) for x in batch])
    assert (whole - single).abs().gt(1e-6).float().mean() < 0.02  # the sign of a gradient near zero may differ


@pytest.mark.parametrize("name", ATTACKS)
def test_epsilon_zero_gives_the_face_back_and_says_so(name: str, random_detector: Detector, crop: Array) -> None:
    result = run(name, random_detector, crop, quick(name, eps=0.0))
    assert np.array_equal(decode_png(result.png), crop)
    assert result.psnr == float("inf")
    assert "Epsilon is 0" in result.notes[0]


def test_a_face_already_called_real_is_said(random_detector: Detector, crop: Array) -> None:
    label = random_detector.verdict(crop).label
    assert "nothing to turn" in run("fgsm", random_detector, crop, target=label).notes[0]


def test_stopping_keeps_the_best_so_far(random_detector: Detector, crop: Array) -> None:
    seen: list[float] = []
    watch = AttackWatch(on_query=lambda n, p: seen.append(p), should_stop=lambda: len(seen) >= 5)
    result = run("pgd", random_detector, crop, {"steps": 200}, watch=watch)
    assert result.stopped
    assert result.queries == 5
    assert result.after.p_fake == pytest.approx(min(seen), abs=0.02)
    with pytest.raises(StopRequested):
        raise StopRequested


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("fgms", {}, "there is no attack 'fgms'; known are: fgsm, pgd"),
        ("pgd", {"eps": -1 / 255}, "eps has to lie between 0 and 64 /255"),
        ("pgd", {"eps": 65 / 255}, "what came is 65"),
        ("pgd", {"steps": 0}, "steps has to lie between"),
        ("fgsm", {"steps": 3}, "fgsm has no setting steps"),
    ],
)
def test_refusals(name: str, settings: dict, words: str, random_detector: Detector, crop: Array) -> None:
    with pytest.raises(InputError, match=words):
        run(name, random_detector, crop, settings)


def test_refuses_an_unknown_target(random_detector: Detector, crop: Array) -> None:
    with pytest.raises(InputError, match="one of real, fake"):
        run("fgsm", random_detector, crop, target="genuine")


def test_fgsm_equals_torchattacks(random_detector: Detector, crop: Array) -> None:
    x, y = to_tensor(crop), torch.tensor([0])
    peer = torchattacks.FGSM(random_detector.model, eps=8 / 255)
    peer.set_mode_targeted_by_function(lambda images, labels: labels)
    theirs = (peer(x, y) * 255).round() / 255
    ours = perturb(random_detector.model, x, "fgsm", {"eps": 8 / 255, "loss": "cross-entropy"})
    assert (ours - theirs).abs().gt(1e-6).float().mean() < 0.01


def test_pgd_equals_torchattacks(random_detector: Detector, crop: Array) -> None:
    x, y = to_tensor(crop), torch.tensor([0])
    peer = torchattacks.PGD(random_detector.model, eps=8 / 255, alpha=2 / 255, steps=3, random_start=False)
    peer.set_mode_targeted_by_function(lambda images, labels: labels)
    theirs = (peer(x, y) * 255).round() / 255
    settings = {"eps": 8 / 255, "alpha": 2 / 255, "steps": 3, "random_start": False, "loss": "cross-entropy"}
    ours = perturb(random_detector.model, x, "pgd", settings)
    assert (ours - theirs).abs().gt(1e-6).float().mean() < 0.03
