"""What an attack asks and what is kept of it: counted passes, candidates, snapshots judged between steps."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from attack_cases import EVADED, Tiny, quick
from torch import nn

from core.attacks import ATTACKS, AttackCallbacks, perturb, run
from core.attacks.engine.attack_run import AttackRun
from core.attacks.engine.candidates import Candidates
from core.attacks.engine.counted_model import CountedModel, Finished
from core.attacks.engine.goal import Goal
from core.attacks.engine.query import PlainQuery
from core.attacks.methods import square
from core.detectors import Detector
from core.types import Array


def images(count: int) -> torch.Tensor:
    """Images (N, 3, 24, 24), multiples of 1/255."""
    return (torch.rand(count, 3, 24, 24, generator=torch.Generator().manual_seed(0)) * 255).round() / 255


class Sizes(nn.Module):
    """A network that notes how many images each pass was about."""

    def __init__(self) -> None:
        super().__init__()
        self.tiny, self.sizes = Tiny().eval().requires_grad_(False), list[int]()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(x))
        return self.tiny(x)


def test_passes_are_counted_for_each_image_and_retired_ones_cost_none() -> None:
    network, x = Sizes(), images(3)
    model = CountedModel(network, 3)
    with torch.no_grad():
        first = model(x)
        model.keep(first)
        model.retire(torch.tensor([False, True, False]))
        second = model(x.flip(1).repeat(2, 1, 1, 1))
    assert network.sizes == [3, 4]
    assert model.forwards.tolist() == [3, 1, 3]
    assert torch.equal(second[[1, 4]], first[[1, 1]]), "the answer that was kept"
    x = x.clone().requires_grad_(True)
    model(x).sum().backward()
    assert model.backwards.tolist() == [1, 0, 1]
    assert x.grad is not None
    assert x.grad.flatten(1).abs().amax(1).gt(0).tolist() == [True, False, True], "no gradient of a retired one"
    model.add_passes(4)
    assert (model.forwards.tolist(), model.backwards.tolist()) == ([8, 1, 8], [5, 0, 5])
    model.retire(torch.tensor([True, True, True]))
    with pytest.raises(Finished):
        model(x)


@pytest.mark.parametrize(("minimum_norm", "kept"), [(False, [2, 1]), (True, [1, 1])])
def test_the_surest_or_the_nearest_image_is_kept(minimum_norm: bool, kept: list[int]) -> None:
    clean, active = torch.full((2, 3, 4, 4), 0.5), torch.ones(2, dtype=torch.bool)
    candidates = Candidates(Goal(clean, torch.zeros(2, dtype=torch.long), "Linf", 1.0, minimum_norm))
    offered = [clean + 0.1 * step for step in range(4)]
    for image, margins in zip(offered, ([0.5, 0.5], [-0.1, -0.2], [-0.4, 0.1], [0.3, 0.9]), strict=True):
        candidates.offer(image, torch.tensor(margins), active)
    assert candidates.adversarial.all()
    for row, step in enumerate(kept):
        assert torch.equal(candidates.best[row], offered[step][row])


@pytest.mark.parametrize("name", ["pgd", "deepfool", "apgd", "nes", "square", "one-pixel"])
def test_snapshots_are_judged_between_two_steps_as_outside_of_the_attack(
    name: str, linear_detector: Detector, small_picture: Array
) -> None:
    inside, passes, asked = [False], [0], []

    def enter(*_: object) -> None:
        inside[0] = True

    def leave(*_: object) -> None:
        inside[0], passes[0] = False, passes[0] + 1

    def p_attacked(crop: Array) -> float:
        assert not inside[0], "in no forward pass"
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        torch.rand(7)
        asked.append(passes[0])
        return 0.5

    hooks = [
        linear_detector.model.register_forward_pre_hook(enter),
        linear_detector.model.register_forward_hook(leave),
    ]
    target = "real" if linear_detector.verdict(small_picture).label == "fake" else "fake"
    passes[0] = 0
    settings = {key: value for key, value in quick(name, eps=32 / 255).items() if key != "pixels"}
    callbacks = AttackCallbacks(p_attacked=p_attacked)
    result = run(name, linear_detector, small_picture, settings, target=target, callbacks=callbacks)
    for hook in hooks:
        hook.remove()
    assert [step for step, _ in result.detector_trajectory] == list(range(1, len(result.trajectory) + 1))
    assert len(asked) == len(result.trajectory)
    assert asked == sorted(set(asked)), "each before the next pass"


def test_an_observer_that_fails_ends_the_attack_and_leaves_the_detector_as_it_was(
    linear_detector: Detector, small_picture: Array
) -> None:
    def fails(crop: Array) -> float:
        raise RuntimeError("no score")

    state = torch.get_rng_state()
    target = "real" if linear_detector.verdict(small_picture).label == "fake" else "fake"
    with pytest.raises(RuntimeError, match="no score"):
        run("pgd", linear_detector, small_picture, target=target, callbacks=AttackCallbacks(p_attacked=fails))
    assert torch.equal(state, torch.get_rng_state())
    assert not linear_detector.model._forward_hooks
    assert linear_detector.lock.free


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_a_plain_function_of_a_query(name: str) -> None:
    model, x = Tiny().eval().requires_grad_(False), images(2)
    y, entry = 1 - model(x).argmax(1), ATTACKS[name]
    needed = {"detector_to_evade": EVADED} if entry.facts.needs else {}
    out = entry.function(PlainQuery(model), x, y, **entry.settings(quick(name)), **needed)
    assert out.shape == x.shape
    assert torch.isfinite(out).all()
    assert (out != x).any()


def test_methods_know_a_detector_as_a_query_only() -> None:
    for path in Path(square.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"isinstance", "AttackRun", "CountedModel", "PlainQuery"}, path.name


def test_a_confidence_to_stop_at_decides_who_is_retired() -> None:
    x, y = images(2), torch.zeros(2, dtype=torch.long)
    done = torch.tensor([True, False])
    network = Tiny().eval().requires_grad_(False)
    plain = AttackRun(Goal(x, y, "Linf", 0.1), network, AttackCallbacks())
    assert not plain.retire(done)
    assert plain.model.active.tolist() == [False, True]
    sure = AttackRun(Goal(x, y, "Linf", 0.1, stop_confidence=0.9), network, AttackCallbacks())
    assert not sure.retire(torch.tensor([True, True]))
    assert sure.model.active.tolist() == [True, True]
    assert torch.equal(perturb(network, x, "pgd", {"eps": 0.0}), x)
