"""One changed pixel: who is searched for long, and the strongest pixel of a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_pictures import made_pictures
from torch import Tensor, nn

from core.attacks import perturb_classes
from core.studies import picture_attacks, picture_training, strongest_pixel, vgg_networks
from core.studies.picture_folders import Pictures, read_pictures
from core.studies.strongest_pixel import strongest_pixels
from core.studies.vgg_networks import NarrowVgg, for_inference


@pytest.fixture(autouse=True)
def _few_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vgg_networks, "WIDTHS", (8, 16, 32, 64))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_pictures(tmp_path_factory.mktemp("pictures"))


def test_a_short_search_chooses_whom_the_long_one_is_for(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    network, pictures = for_inference(NarrowVgg()), read_pictures(data)[1]
    labels = picture_training.predicted(network, pictures.images)
    asked: list[int] = []

    def seen(network: nn.Module, clean: Tensor, *given: Any, **named: Any) -> Tensor:
        asked.append(len(clean))
        return perturb_classes(network, clean, *given, **named)

    monkeypatch.setattr(picture_attacks, "perturb_classes", seen)
    attack = picture_attacks.probed_one_pixel(8, 2)
    counts = []
    for reach in (0.0, 1e-3, 1.0):  # nobody is given up; some may be; all but the turned are
        asked.clear()
        own = replace(attack, reach=reach)
        found = picture_attacks.attack_pictures(network, Pictures(pictures.images, labels), own, seed=0)
        probed = int((found.tries == 0).sum())
        counts.append(asked[1] if len(asked) > 1 else 0)
        assert asked[0] == len(labels)
        assert counts[-1] <= len(labels) - probed
        changed = (found.images != pictures.images[found.rows]).any(1).flatten(1).sum(1)
        assert (changed == 1).all()
    assert counts[0] == len(labels) - probed
    assert counts[0] >= counts[1] >= counts[2] == 0


def test_the_long_search_is_for_those_whose_margin_the_short_one_moved(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network, pictures = for_inference(NarrowVgg()), read_pictures(data)[1]
    labels = picture_training.predicted(network, pictures.images)
    asked: list[Tensor] = []
    made: list[Tensor] = []

    def seen(network: nn.Module, clean: Tensor, *given: Any, **named: Any) -> Tensor:
        asked.append(clean)
        made.append(perturb_classes(network, clean, *given, **named))
        return made[-1]

    def margins(images: Tensor) -> Tensor:
        logits = picture_training.logits_of(network, images)
        own = logits[torch.arange(len(labels)), labels.long()]
        return own - logits[torch.arange(len(labels)), (~labels.bool()).long()]

    monkeypatch.setattr(picture_attacks, "perturb_classes", seen)
    attack = picture_attacks.probed_one_pixel(8, 2)
    picture_attacks.attack_pictures(network, Pictures(pictures.images, labels), replace(attack, reach=1.0), seed=0)
    before, after = margins(pictures.images), margins((made[0] * 255).round().to(torch.uint8))
    moved, unturned = (before - after) / before, after > 0
    order = moved[unturned].sort().values
    at = int(order.diff().argmax())  # the widest gap: rounding carries nobody over its middle
    reach = float(order[at : at + 2].mean())
    asked.clear()
    picture_attacks.attack_pictures(network, Pictures(pictures.images, labels), replace(attack, reach=reach), seed=0)
    wanted = pictures.images[unturned & (moved >= reach)].float() / 255
    assert 0 < len(wanted) < int(unturned.sum())
    assert torch.equal(asked[1], wanted)


def test_the_strongest_pixel_of_a_linear_network_is_the_best_of_all(tmp_path: Path) -> None:
    side, random = 6, torch.Generator().manual_seed(3)
    linear = nn.Linear(3 * side * side, 2).requires_grad_(False)
    network = nn.Sequential(nn.Flatten(), linear)
    linear.weight.copy_(torch.randn(2, 3 * side * side, generator=random))
    images = torch.randint(0, 256, (3, 3, side, side), dtype=torch.uint8, generator=random)
    pictures = Pictures(images, picture_training.predicted(network, images))
    ended = strongest_pixels(network, pictures, tmp_path, is_over=lambda: True)
    assert (len(ended.before), ended.asked, ended.is_cut) == (1, 3, True), "one at least"
    found = strongest_pixels(network, pictures, tmp_path)
    assert not found.is_cut
    for at, (image, label) in enumerate(zip(images, pictures.labels, strict=True)):
        every = image.repeat(8 * side * side, 1, 1, 1)
        for number, (row, column, corner) in enumerate(np.ndindex(side, side, 8)):
            every[number, :, row, column] = strongest_pixel.CORNERS[corner]
        logits = picture_training.logits_of(network, torch.cat([image[None], every]))
        margins = (logits[:, 1] - logits[:, 0]) * (2 * label - 1)
        assert found.before[at] == pytest.approx(float(margins[0]), abs=1e-5)
        assert found.after[at] == pytest.approx(float(margins[1:].min()), abs=1e-5)
    assert (found.beyond < found.after).all()  # two hundred times the range turns a linear network
    linear.weight.zero_()  # what is kept is not looked for again
    assert np.array_equal(strongest_pixels(network, pictures, tmp_path).after, found.after)
